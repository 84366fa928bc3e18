import Bytes
import Glibc

/// An environment: `NAME=value` for each variable, in bytes that need not be UTF-8.
public struct Variables: Sendable, ExpressibleByArrayLiteral {
    /// Ended by 0, each.
    private var texts: [[CChar]]

    public init(_ texts: [String]) {
        self.texts = texts.map(\.cBytes)
    }

    public init(arrayLiteral texts: String...) {
        self.init(texts)
    }

    /// Those that this process was started with, without those whose names are unwanted.
    public init(ofThisProcessWithout isUnwanted: (_ name: Substring) -> Bool) {
        var texts: [[CChar]] = []
        Self.forEach { variable in
            let text = String(cString: variable)
            if !isUnwanted(text.prefix { $0 != "=" }) {
                texts.append(Array(UnsafeBufferPointer(start: variable, count: strlen(variable) + 1)))
            }
        }
        self.texts = texts
    }

    /// All that this process was started with.
    public static var ofThisProcess: Variables { Variables { _ in false } }

    /// Those of this process, as they stand: `NAME=value`.
    public static var ownTexts: [String] {
        var texts: [String] = []
        forEach { texts.append(String(cBytes: $0)) }
        return texts
    }

    /// The values of this process's by name; the first of several of one name counts, as for getenv(3).
    public static var ownValues: [String: String] {
        var values: [String: String] = [:]
        forEach { variable in
            let text = String(cBytes: variable)
            guard let sign = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { return }
            let name = String(text[..<sign])
            if values[name] == nil { values[name] = String(text[text.utf8.index(after: sign)...]) }
        }
        return values
    }

    /// Hands out each variable of this process.
    private static func forEach(_ body: (UnsafeMutablePointer<CChar>) -> Void) {
        var next = environ
        while let variable = next.pointee {
            body(variable)
            next += 1
        }
    }

    public mutating func append(_ text: String) {
        texts.append(text.cBytes)
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
