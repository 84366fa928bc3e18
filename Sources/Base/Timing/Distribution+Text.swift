extension Distribution {
    /// The distribution as a text: the encoding "V2" of HdrHistogram, not compressed, in base64, as other programs read it
    /// too. (HdrHistogram, `EncodableHistogram` and `AbstractHistogram.encodeIntoByteBuffer`.)
    public var text: String { Base64.text(of: bytes) }

    /// Reads such a text; nil where it is none, or of a histogram of another kind.
    public init?(text: String) {
        guard let bytes = Base64.bytes(of: text) else { return nil }
        self.init(bytes: bytes)
    }

    /// Cookie, bytes of the counts, offset of the first index, significant digits, 32 bits each; least and greatest value and
    /// the factor of fractions, 64 bits each. The bytes' order is that of networks.
    private static let headBytes = 40
    private static let cookie: UInt32 = 0x1c84_9313
    private static let digits: UInt32 = 2
    /// An hour, unless something took longer.
    private static let defaultLongest: UInt64 = 3_600_000_000_000
    /// More bytes than any distribution has; what is longer is not looked at.
    private static let maximumBytes = 1 << 17
    /// The places that durations can have.
    private static let maximumBuckets = index(of: longest) + 1

    private var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headBytes + buckets.count * 4)
        func append(_ number: some FixedWidthInteger) {
            withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
        }
        append(Self.cookie)
        // How many bytes of counts there are is known below.
        append(UInt32(0))
        append(UInt32(0))
        append(Self.digits)
        append(UInt64(1))
        append(max(buckets.last?.range.upperBound ?? 0, Self.defaultLongest))
        append((1.0).bitPattern)
        var next = 0
        for bucket in buckets {
            // So many empty ones before it stand as one negative number.
            if bucket.index > next { Self.append(Int64(next - bucket.index), to: &bytes) }
            Self.append(Int64(clamping: bucket.count), to: &bytes)
            next = bucket.index + 1
        }
        withUnsafeBytes(of: UInt32(bytes.count - Self.headBytes).bigEndian) { bytes.replaceSubrange(4..<8, with: $0) }
        return bytes
    }

    private init?(bytes: [UInt8]) {
        guard (Self.headBytes...Self.maximumBytes).contains(bytes.count) else { return nil }
        func word<Word: FixedWidthInteger>(_ offset: Int) -> Word {
            bytes[offset..<offset + MemoryLayout<Word>.size].reduce(0) { $0 << 8 | Word($1) }
        }
        guard word(0) == Self.cookie, word(4) == UInt32(bytes.count - Self.headBytes), word(8) == UInt32(0),
            word(12) == Self.digits, word(16) == UInt64(1), word(32) == (1.0).bitPattern
        else { return nil }
        var rest = bytes[Self.headBytes...]
        var buckets: [Bucket] = []
        var next = 0
        while !rest.isEmpty {
            guard let number = Self.number(&rest) else { return nil }
            if number < 0 {
                guard number >= -Int64(Self.maximumBuckets) else { return nil }
                next += Int(-number)
            } else {
                guard next < Self.maximumBuckets else { return nil }
                if number > 0 { buckets.append(Bucket(index: next, count: UInt64(number))) }
                next += 1
            }
        }
        self.init(buckets)
    }

    // Numbers have seven bits in a byte, the lowest first, and the sign at the lowest bit. A ninth byte has all its eight.

    private static func append(_ number: Int64, to bytes: inout [UInt8]) {
        var rest = UInt64(bitPattern: number << 1 ^ number >> 63)
        for _ in 0..<8 {
            guard rest > 0x7f else { break }
            bytes.append(UInt8(rest & 0x7f | 0x80))
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private static func number(_ bytes: inout ArraySlice<UInt8>) -> Int64? {
        var value: UInt64 = 0
        for place in 0..<9 {
            guard let byte = bytes.popFirst() else { return nil }
            value |= UInt64(place == 8 ? byte : byte & 0x7f) << UInt64(7 * place)
            if place == 8 || byte < 0x80 { break }
        }
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}

/// Bytes as text (RFC 4648). Foundation has it, which takes longer to load than the receipts of a short program.
private enum Base64 {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8?] = {
        var values = [UInt8?](repeating: nil, count: 256)
        for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    static func text(of bytes: [UInt8]) -> String {
        // In place, and without a look at each letter again: every receipt has two of them.
        String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { text in
            letters.withUnsafeBufferPointer { letters in
                var end = 0
                for start in stride(from: 0, to: bytes.count, by: 3) {
                    let count = min(3, bytes.count - start)
                    var word: UInt32 = 0
                    for place in 0..<3 { word = word << 8 | (place < count ? UInt32(bytes[start + place]) : 0) }
                    for place in 0..<4 {
                        text[end] =
                            place > count ? UInt8(ascii: "=") : letters[Int(word >> UInt32(18 - 6 * place) & 63)]
                        end += 1
                    }
                }
                return end
            }
        }
    }

    static func bytes(of text: String) -> [UInt8]? {
        var letters = Array(text.utf8)
        guard letters.count.isMultiple(of: 4) else { return nil }
        for _ in 0..<2 where letters.last == UInt8(ascii: "=") { letters.removeLast() }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(letters.count * 3 / 4)
        var (word, bits) = (UInt32(0), 0)
        for letter in letters {
            guard let value = values[Int(letter)] else { return nil }
            word = word << 6 | UInt32(value)
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
        }
        return bytes
    }
}
