import Glibc

/// JSON text as it is written, from its beginning to its end: for what there may be a million of, or one in each run.
///
/// It has memory of its own, as most pieces are shorter than what an array takes to append them; and what appends them is
/// inlined, so that those that are known beforehand are stored rather than copied.
public struct JSONWriter: ~Copyable {
    @usableFromInline var memory: UnsafeMutablePointer<UInt8>
    @usableFromInline var capacity: Int
    @usableFromInline var used = 0

    /// - Parameter expected: about how many bytes are to be written.
    public init(expecting expected: Int = 256) {
        capacity = max(expected, 1)
        memory = Self.room(of: capacity, for: nil)
    }

    deinit { free(memory) }

    /// Where there is no memory left, this can't be gone on with, as with an array.
    private static func room(of bytes: Int, for old: UnsafeMutablePointer<UInt8>?) -> UnsafeMutablePointer<UInt8> {
        guard let room = realloc(old, bytes) else { fatalError("no memory for \(bytes) bytes of JSON") }
        return room.assumingMemoryBound(to: UInt8.self)
    }

    /// How many bytes have been written.
    @inlinable public var count: Int { used }

    /// A copy of what has been written.
    public var bytes: [UInt8] { Array(UnsafeBufferPointer(start: memory, count: count)) }

    public var first: UInt8? { count == 0 ? nil : memory[0] }
    public var last: UInt8? { count == 0 ? nil : memory[count - 1] }

    /// Forgets what has been written.
    public mutating func removeAll() { used = 0 }

    @inlinable @inline(__always)
    mutating func makeRoom(for more: Int) {
        if capacity - count < more { grow(by: more) }
    }

    @usableFromInline @inline(never)
    mutating func grow(by more: Int) {
        capacity = max(capacity * 2, count + more)
        memory = Self.room(of: capacity, for: memory)
    }

    // MARK: Pieces of text

    @inlinable
    public mutating func append(_ byte: UInt8) {
        makeRoom(for: 1)
        memory[count] = byte
        used += 1
    }

    /// Appends bytes as they are.
    public mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        makeRoom(for: bytes.count)
        (memory + count).update(from: start, count: bytes.count)
        used += bytes.count
    }

    public mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { append($0) }
    }

    /// Appends `text` as it is.
    @inlinable @inline(__always)
    public mutating func append(_ text: StaticString) {
        let bytes = text.utf8CodeUnitCount
        makeRoom(for: bytes)
        UnsafeMutableRawPointer(memory + count).copyMemory(from: text.utf8Start, byteCount: bytes)
        used += bytes
    }

    // MARK: Values

    /// Appends `text` with quotes around it.
    public mutating func append(quoted text: String) {
        var text = text
        text.withUTF8 { utf8 in
            makeRoom(for: utf8.count + 2)
            append(UInt8(ascii: "\""))
            var plain = 0
            for index in utf8.indices where Self.isEscaped(utf8[index]) {
                append(UnsafeBufferPointer(rebasing: utf8[plain..<index]))
                plain = index + 1
                append(escaped: utf8[index])
            }
            append(UnsafeBufferPointer(rebasing: utf8[plain...]))
            append(UInt8(ascii: "\""))
        }
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func append(escaped byte: UInt8) {
        if byte >= 0x20 {
            append(UInt8(ascii: "\\"))
            append(byte)
        } else {
            append(byte < 0x10 ? "\\u000" : "\\u001")
            let digit = byte & 0xF
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }

    /// Appends the digits of `number`. A String of each would take three times as long.
    public mutating func append(_ number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        makeRoom(for: Self.digits)
        let room = memory + count
        var first = Self.digits
        var rest = number.magnitude
        // Found last to first, at the end of the room, and then moved to where they belong.
        repeat {
            let (tens, digit) = rest.quotientAndRemainder(dividingBy: 10)
            first -= 1
            room[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
            rest = tens
        } while rest > 0
        room.update(from: room + first, count: Self.digits - first)
        used += Self.digits - first
    }

    /// The most that 64 bits take.
    private static let digits = 20

    /// Appends `number`; null where it is no number of JSON.
    public mutating func append(_ number: Double) {
        guard number.isFinite else { return append("null") }
        var text = number.description
        text.withUTF8 { append($0) }
    }

    public mutating func append(_ flag: Bool) { append(flag ? "true" : "false") }

    /// Appends each of `values` by `one`, with commas between them.
    @inlinable @inline(__always)
    public mutating func append<Value>(
        list values: some Sequence<Value>, one: (Value, inout JSONWriter) -> Void
    ) {
        var isFirst = true
        for value in values {
            if !isFirst { append(UInt8(ascii: ",")) }
            isFirst = false
            one(value, &self)
        }
    }
}

// Members of objects: their key, with what stands before and after it, as it is, and their value.
extension JSONWriter {
    @inlinable
    public mutating func append(_ key: StaticString, _ number: Int) {
        append(key)
        append(number)
    }

    @inlinable
    public mutating func append(_ key: StaticString, numberOrNull number: Int?) {
        append(key)
        if let number { append(number) } else { append("null") }
    }

    @inlinable
    public mutating func append(_ key: StaticString, fractionOrNull number: Double?) {
        append(key)
        if let number { append(number) } else { append("null") }
    }

    @inlinable
    public mutating func append(_ key: StaticString, _ flag: Bool) {
        append(key)
        append(flag)
    }

    @inlinable
    public mutating func append(_ key: StaticString, quoted text: String) {
        append(key)
        append(quoted: text)
    }

    @inlinable
    public mutating func append(_ key: StaticString, quotedOrNull text: String?) {
        append(key)
        if let text { append(quoted: text) } else { append("null") }
    }

    @inlinable
    public mutating func append(_ key: StaticString, texts: [String]) {
        append(key)
        append("[")
        append(list: texts) { $1.append(quoted: $0) }
        append("]")
    }

    @inlinable
    public mutating func append(_ key: StaticString, numbers: [Int]) {
        append(key)
        append("[")
        append(list: numbers) { $1.append($0) }
        append("]")
    }
}
