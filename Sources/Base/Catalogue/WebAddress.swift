/// The addresses that `download` and `api` take: absolute ones of HTTP.
public enum WebAddress {
    /// The longest one, in bytes.
    public static let longest = 8192

    /// What is wrong with `text`, to be said after it; nil where nothing is. The server may still not be there.
    public static func fault(in text: String) -> String? {
        guard text.utf8.count <= longest else { return "is longer than \(longest) bytes" }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
            return "has a space or a control character in it: write it as %20 or the like"
        }
        guard let end = text.utf8.firstRange(of: "://".utf8) else {
            return "is no URL: it takes the form http://host/path or https://host/path"
        }
        let scheme = text[..<end.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return "has the scheme '\(scheme)': only http and https do" }
        let authority = text[end.upperBound...].prefix { !"/?#".contains($0) }
        let place = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        let (host, port) = split(place)
        guard !host.isEmpty else { return "names no host" }
        guard let port else { return nil }
        guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(port),
            (1...65_535).contains(number)
        else { return "has the port '\(port)': it is a number from 1 to 65535" }
        return nil
    }

    /// What is wrong with all of `texts`, by the first; nil where any can be asked, as those that can't fail alone.
    public static func fault(inAllOf texts: some Sequence<String>) -> (text: String, fault: String)? {
        var first: (String, String)?
        for text in texts {
            guard let fault = fault(in: text) else { return nil }
            first = first ?? (text, fault)
        }
        return first
    }

    /// Host and port; an IPv6 address is in brackets.
    private static func split(_ place: Substring) -> (host: Substring, port: Substring?) {
        let colon =
            place.hasPrefix("[")
            ? place.lastIndex(of: "]").flatMap { end in place[end...].firstIndex(of: ":") } : place.lastIndex(of: ":")
        guard let colon else { return (place, nil) }
        return (place[..<colon], place[place.index(after: colon)...])
    }

    /// Whether `text` can be a header of a request: a name, a colon, and a value on the same line.
    public static func isHeader(_ text: String) -> Bool {
        let name = text.utf8.prefix { $0 != UInt8(ascii: ":") }
        guard name.count < text.utf8.count, !name.isEmpty else { return false }
        return name.allSatisfy { $0 > 0x20 && $0 < 0x7f } && text.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x09 }
    }

    /// A name for the file of what is at `text`, which is no path and stays in its directory: the last part of the URL's
    /// path, or `index.html`.
    public static func fileName(of text: String) -> String {
        let rest = text.utf8.firstRange(of: "://".utf8).map { text[$0.upperBound...] } ?? text[...]
        let path = rest.prefix { !"?#".contains($0) }.split(separator: "/", omittingEmptySubsequences: false)
            .dropFirst()
        let bytes = decoded(path.last ?? "").map { byte in
            // Nothing that leads elsewhere, and nothing that a terminal would obey.
            byte < 0x20 || byte == 0x7f || byte == UInt8(ascii: "/") ? UInt8(ascii: "_") : byte
        }
        var name = String(decoding: bytes, as: UTF8.self)
        while name.utf8.count > longestName { name.removeLast() }
        // A name that begins with a dot is hidden, or names a directory.
        if name.hasPrefix(".") { name = "_" + name.dropFirst() }
        return name.isEmpty ? "index.html" : name
    }

    /// With room for what tells two of one name apart, and below what file systems take.
    private static let longestName = 200

    /// `text` with its %XX read; one that is none stands for itself.
    private static func decoded(_ text: Substring) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16),
                !digits.hasPrefix("+")
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }
}
