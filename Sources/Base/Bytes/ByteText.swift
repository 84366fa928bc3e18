import Glibc

/// Bytes as text, and back, with nothing lost: names of files, arguments and variables are bytes that need not be UTF-8, and JSON
/// has only text.
///
/// What is UTF-8 stands as it is. A byte that is no part of UTF-8, 0x80 to 0xFF, stands as the character U+10FE00 + byte. Those
/// 128 characters are of private use; bytes that are one of them are written in the same way, byte by byte, so that each text
/// stands for one sequence of bytes only. No character of it is a surrogate or a control, so that every reader of JSON hands
/// it on.
public enum ByteText {
    /// The characters that stand for bytes.
    public static let scalars: ClosedRange<UInt32> = 0x10_FE80...0x10_FEFF

    /// The byte that `scalar` stands for; nil where it stands for itself.
    public static func byte(of scalar: Unicode.Scalar) -> UInt8? {
        scalars.contains(scalar.value) ? UInt8(truncatingIfNeeded: scalar.value) : nil
    }

    /// Whether `bytes` have such a character in them: as good as never.
    @usableFromInline static func hasScalars(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = bytes.baseAddress, memchr(base, Int32(lead), bytes.count) != nil else { return false }
        return bytes.indices.contains { isScalar(bytes, at: $0) }
    }

    /// The bytes that `text` stands for.
    @usableFromInline static func bytes(of text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let isByte = isScalar(text, at: index)
            bytes.append(isByte ? text[index + 3] | (text[index + 2] & 1) << 6 : text[index])
            index += isByte ? 4 : 1
        }
        return bytes
    }

    static let lead: UInt8 = 0xF4
    private static let second: UInt8 = 0x8F

    /// Whether one of the characters stands at `index`.
    static func isScalar(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        index + 3 < bytes.count && bytes[index] == lead && bytes[index + 1] == second && bytes[index + 2] | 1 == 0xBB
    }

    /// Appends the character that stands for `byte`.
    static func append(_ byte: UInt8, to text: inout [UInt8]) {
        text += [lead, second, byte < 0xC0 ? 0xBA : 0xBB, byte & 0xBF]
    }

    /// How many bytes the character at `index` has; nil where what stands there is not UTF-8.
    static func length(of bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int? {
        func isFollowed(by count: Int, _ second: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            guard index + count < bytes.count, second.contains(bytes[index + 1]) else { return false }
            return count < 2 || bytes[(index + 2)...(index + count)].allSatisfy { $0 & 0xC0 == 0x80 }
        }
        switch bytes[index] {
        case 0..<0x80: return 1
        case 0xC2...0xDF: return isFollowed(by: 1) ? 2 : nil
        case 0xE0: return isFollowed(by: 2, 0xA0...0xBF) ? 3 : nil
        case 0xED: return isFollowed(by: 2, 0x80...0x9F) ? 3 : nil
        case 0xE1...0xEF: return isFollowed(by: 2) ? 3 : nil
        case 0xF0: return isFollowed(by: 3, 0x90...0xBF) ? 4 : nil
        case 0xF1...0xF3: return isFollowed(by: 3) ? 4 : nil
        case 0xF4: return isFollowed(by: 3, 0x80...0x8F) ? 4 : nil
        default: return nil
        }
    }
}

extension ByteText {
    /// Whether `bytes` are UTF-8.
    static func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        while index < bytes.count {
            // Nearly all text has only bytes below 0x80: eight at a time.
            while index + 8 <= bytes.count, let base = bytes.baseAddress,
                UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                index += 8
            }
            guard index < bytes.count else { break }
            guard let length = length(of: bytes, at: index) else { return false }
            index += length
        }
        return true
    }
}

extension String {
    /// `bytes` as text; nil where they are not UTF-8.
    ///
    /// `String(validating:as:)` finds out anew each time what it is generic in, which takes several times as long as reading a
    /// short text.
    public init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        guard ByteText.isUTF8(bytes) else { return nil }
        self = String(decoding: bytes, as: UTF8.self)
    }

    /// `bytes` as text; nil where they are not UTF-8.
    public init?(utf8 bytes: ArraySlice<UInt8>) {
        guard let text = bytes.withUnsafeBufferPointer({ String(utf8: $0) }) else { return nil }
        self = text
    }

    /// `bytes` as text, see ``ByteText``.
    public init(bytes: UnsafeBufferPointer<UInt8>) {
        if let text = String(utf8: bytes), !ByteText.hasScalars(bytes) {
            self = text
            return
        }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + 16)
        var index = 0
        while index < bytes.count {
            if let length = ByteText.length(of: bytes, at: index), !ByteText.isScalar(bytes, at: index) {
                text += bytes[index..<(index + length)]
                index += length
            } else {
                // The other bytes of such a character are no beginning of one, so they follow here.
                ByteText.append(bytes[index], to: &text)
                index += 1
            }
        }
        self = String(decoding: text, as: UTF8.self)
    }

    /// `bytes` as text, see ``ByteText``.
    public init(bytes: [UInt8]) { self = bytes.withUnsafeBufferPointer { String(bytes: $0) } }

    /// `bytes` as text, see ``ByteText``.
    public init(bytes: ArraySlice<UInt8>) { self = bytes.withUnsafeBufferPointer { String(bytes: $0) } }

    /// The bytes up to a NUL, as text, see ``ByteText``.
    public init(cBytes: UnsafePointer<CChar>) {
        self.init(bytes: Array(UnsafeRawBufferPointer(start: cBytes, count: strlen(cBytes))))
    }

    /// Hands out the bytes that this text stands for, see ``ByteText``.
    @inlinable public func withBytes<Result>(
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result {
        var text = self
        return try text.withUTF8 { utf8 in
            guard ByteText.hasScalars(utf8) else { return try body(utf8) }
            return try ByteText.bytes(of: utf8).withUnsafeBufferPointer(body)
        }
    }

    /// The bytes that this text stands for, see ``ByteText``.
    public var bytes: [UInt8] { withBytes { Array($0) } }

    /// The same with a NUL at their end, as system calls take them.
    public var cBytes: [CChar] { withBytes { $0.map(CChar.init(bitPattern:)) + [0] } }
}
