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
        let lists = tasks.count + 1
        func room(_ words: [String]) -> Int { words.reduce(0) { $0 + $1.utf8.count + 1 } }
        let count = tasks.reduce(8 * lists + room(shared)) { $0 + room($1) }
        var isText = true
        // Written in one piece and in place: it may be many MiB.
        bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            var end = 8 * lists
            for list in 0..<lists {
                for word in list == 0 ? shared : tasks[list - 1] {
                    for byte in word.utf8 {
                        if byte == 0 { isText = false }
                        buffer[end] = byte
                        end += 1
                    }
                    buffer[end] = 0
                    end += 1
                }
                UnsafeMutableRawBufferPointer(buffer).storeBytes(
                    of: UInt64(end), toByteOffset: 8 * list, as: UInt64.self)
            }
            written = end
        }
        if !isText { return nil }
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
