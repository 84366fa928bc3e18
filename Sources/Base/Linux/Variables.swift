import Glibc

/// An environment: `NAME=value` for each variable, in bytes that need not be UTF-8.
public struct Variables: Sendable, ExpressibleByArrayLiteral {
    /// Ended by 0, each.
    private var texts: [[CChar]]

    public init(_ texts: [String]) {
        self.texts = texts.map { Array($0.utf8CString) }
    }

    public init(arrayLiteral texts: String...) {
        self.init(texts)
    }

    /// Those that this process was started with, but for those whose names are unwanted.
    public init(ofThisProcessWithout isUnwanted: (_ name: Substring) -> Bool) {
        texts = []
        var next = environ
        while let variable = next.pointee {
            let text = String(cString: variable)
            if !isUnwanted(text.prefix { $0 != "=" }) {
                texts.append(Array(UnsafeBufferPointer(start: variable, count: strlen(variable) + 1)))
            }
            next += 1
        }
    }

    public mutating func append(_ text: String) {
        texts.append(Array(text.utf8CString))
    }

    /// Runs `body` with them as execve(2) takes them.
    func withCStrings<Result>(_ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result) -> Result {
        var bytes = texts.flatMap(\.self)
        return bytes.withUnsafeMutableBufferPointer { all in
            var pointers: [UnsafeMutablePointer<CChar>?] = []
            var place = 0
            for text in texts {
                pointers.append(all.baseAddress.map { $0 + place })
                place += text.count
            }
            pointers.append(nil)
            return pointers.withUnsafeMutableBufferPointer { buffer in
                // A buffer of at least the terminator always has a base address.
                body(buffer.baseAddress.unsafelyUnwrapped)
            }
        }
    }
}
