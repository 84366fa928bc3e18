/// How names are spelled: https://varlink.org/Interface-Definition
enum InterfaceNames {
    static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || isCapital(byte)
    }

    static func isCapital(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// The name of a type, method or error: a capital, then letters and digits.
    static func isMember(_ name: String) -> Bool {
        name.utf8.first.map(isCapital) == true && name.utf8.allSatisfy(isAlphanumeric)
    }

    /// The name of a field: letters and digits, a letter first, with single underscores between them.
    static func isField(_ name: String) -> Bool {
        let words = name.split(separator: "_", omittingEmptySubsequences: false)
        return name.utf8.first.map(isLetter) == true
            && words.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isAlphanumeric) }
    }

    /// The name of an interface: two or more labels joined by dots, the first starting with a letter; hyphens only inside a
    /// label.
    static func isInterface(_ name: String) -> Bool {
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2 && name.utf8.first.map(isLetter) == true
            && labels.allSatisfy { label in
                label.utf8.first.map(isAlphanumeric) == true && label.utf8.last.map(isAlphanumeric) == true
                    && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
            }
    }
}
