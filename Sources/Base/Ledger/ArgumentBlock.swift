import Bytes

/// A job's arguments by name, as they stand in its memory and as every worker reads them once a job.
///
/// ```
/// 0   bytes of the name      1 byte
/// 1   what the value is      1 byte, see Kind
/// 2   bytes of the value     2 bytes
/// 4   the name, then the value; the next argument follows
/// ```
public struct ArgumentBlock: Sendable, Equatable {
    /// Room for all of them.
    public static let capacity = Job.argumentRoom
    static let headBytes = 4

    public private(set) var bytes: [UInt8] = []

    enum Kind {
        static let number: UInt8 = 1
        static let text: UInt8 = 2
    }

    /// An argument for which there is no room beside those that are there.
    public struct Full: Error, Sendable, Equatable {
        public let name: String
        /// Bytes that there would be with it.
        public let needed: Int
    }

    public init() {}

    public mutating func add(_ name: String, _ number: Int64) throws(Full) {
        let start = try begin(name, Kind.number, MemoryLayout<Int64>.size)
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: number, toByteOffset: start, as: Int64.self) }
    }

    public mutating func add(_ name: String, _ text: String) throws(Full) {
        let text = text.bytes
        let start = try begin(name, Kind.text, text.count)
        for (index, byte) in text.enumerated() { bytes[start + index] = byte }
    }

    /// Makes room for an argument and writes all of it but its value.
    ///
    /// - Returns: where the value is to stand.
    private mutating func begin(_ name: String, _ kind: UInt8, _ valueBytes: Int) throws(Full) -> Int {
        let name = name.utf8
        let needed = bytes.count + Self.headBytes + name.count + valueBytes
        guard name.count <= UInt8.max, needed <= Self.capacity else {
            throw Full(name: String(name), needed: needed)
        }
        bytes.reserveCapacity(needed)
        bytes += [
            UInt8(name.count), kind, UInt8(truncatingIfNeeded: valueBytes), UInt8(truncatingIfNeeded: valueBytes >> 8),
        ]
        bytes += name
        let start = bytes.count
        for _ in 0..<valueBytes { bytes.append(0) }
        return start
    }
}

/// Reads the arguments of a job where they are. Others may have written there by a fault of theirs: what doesn't hold
/// together reads as if it were not there.
public struct ArgumentReader {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The argument `name`, which is a number; nil where there is none.
    public func number(_ name: String) -> Int64? {
        guard let value = value(of: name, ArgumentBlock.Kind.number), value.count == MemoryLayout<Int64>.size else {
            return nil
        }
        return value.loadUnaligned(as: Int64.self)
    }

    /// The argument `name`, which is a text; nil where there is none.
    public func text(_ name: String) -> String? {
        value(of: name, ArgumentBlock.Kind.text).map { String(bytes: $0.bindMemory(to: UInt8.self)) }
    }

    private func value(of name: String, _ kind: UInt8) -> UnsafeRawBufferPointer? {
        let name = name.utf8
        var rest = bytes[...]
        while rest.count >= ArgumentBlock.headBytes {
            let start = rest.startIndex
            let nameBytes = Int(rest[start])
            let valueBytes = Int(rest[start + 2]) | Int(rest[start + 3]) << 8
            let end = start + ArgumentBlock.headBytes + nameBytes + valueBytes
            guard end <= rest.endIndex else { return nil }
            let own = rest[(start + ArgumentBlock.headBytes)..<(end - valueBytes)]
            if rest[start + 1] == kind, own.elementsEqual(name) {
                return UnsafeRawBufferPointer(rebasing: rest[(end - valueBytes)..<end])
            }
            rest = rest[end...]
        }
        return nil
    }
}
