/// What a job's tasks are given, each a list of words and one list that all share, as it stands in shared memory:
///
/// ```
/// 0               the end of each list, 8 bytes each: the shared one's, then each task's
/// 8 × (tasks + 1) the lists, one after the other; each word ended by a NUL
/// ```
public struct TaskInputs: Sendable, Equatable {
    public let bytes: [UInt8]

    /// - Parameters:
    ///   - shared: the words of all tasks.
    ///   - tasks: each task's words.
    /// - Returns: nil if a word has a NUL in it.
    public init?(shared: [String], tasks: [[String]]) {
        var ends: [UInt64] = []
        ends.reserveCapacity(tasks.count + 1)
        var text: [UInt8] = []
        let base = UInt64(8 * (tasks.count + 1))
        for words in [shared] + tasks {
            for word in words {
                let count = text.count
                text.append(contentsOf: word.utf8)
                if text[count...].contains(0) { return nil }
                text.append(0)
            }
            ends.append(base + UInt64(text.count))
        }
        bytes = ends.withUnsafeBytes { Array($0) } + text
    }

    static func words(_ index: Int, at base: UnsafeMutableRawPointer, tasks: Int) -> Words {
        func end(_ index: Int) -> Int {
            index < 0 ? 8 * (tasks + 1) : Int(base.load(fromByteOffset: 8 * index, as: UInt64.self))
        }
        let start = end(index - 1)
        return Words(UnsafeRawBufferPointer(start: base + start, count: end(index) - start))
    }
}

/// Words that stand one after the other in memory, each ended by a NUL: as C takes strings, without a copy.
public struct Words: Sequence {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The words as C strings, valid for as long as the job's memory.
    public func makeIterator() -> AnyIterator<UnsafePointer<CChar>> {
        var rest = bytes[...]
        return AnyIterator {
            guard let end = rest.firstIndex(of: 0), let base = bytes.baseAddress else { return nil }
            defer { rest = rest[(end + 1)...] }
            return (base + rest.startIndex).assumingMemoryBound(to: CChar.self)
        }
    }

    /// The words as text.
    public var strings: [String] { map { String(cString: $0) } }
}
