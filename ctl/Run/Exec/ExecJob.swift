import Bytes
import Glibc

/// One command of a run.
struct ExecJob: Equatable {
    /// From 1, as in the joblog.
    let number: Int
    let words: WordList
    /// What the command reads; nil for nothing.
    var block: [UInt8]?
    /// A descriptor of this process that it reads from.
    var input: Int32?
    /// How often it was run and failed.
    var tries = 0
    /// Its place among those that were begun, from 0; nil before.
    var place: Int?

    init(number: Int, _ words: WordList) {
        self.number = number
        self.words = words
    }

    init(number: Int, arguments: [[UInt8]], block: [UInt8]? = nil, input: Int32? = nil) {
        self.init(number: number, WordList(arguments))
        self.block = block
        self.input = input
    }

    var arguments: [[UInt8]] { words.words }

    /// About what it takes of memory.
    var byteCount: Int { (block?.count ?? 0) + words.bytes.count + 64 }
}

/// Words in one piece of memory, each with a NUL behind it: as programs are handed them, and as a call's block has them.
///
/// A command may have thousands, of which none has to be looked at by itself.
struct WordList: Equatable {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    init() {}

    /// - Parameter words: of which none has a NUL in it.
    init(_ words: [[UInt8]]) {
        bytes.reserveCapacity(words.reduce(0) { $0 + $1.count + 1 })
        for word in words { append(word) }
    }

    /// Adds a word, which has no NUL in it.
    mutating func append(_ word: some Collection<UInt8>) {
        bytes += word
        bytes.append(0)
        count += 1
    }

    mutating func append(_ other: WordList) {
        bytes += other.bytes
        count += other.count
    }

    /// Adds words that stand one behind the other, each with the byte `end` behind it.
    ///
    /// - Parameter ends: the places of those bytes, counted from the first of all words.
    mutating func append(_ words: UnsafeRawBufferPointer, ends: [Int]) {
        let start = bytes.count
        bytes += words
        for end in ends { bytes[start + end] = 0 }
        count += ends.count
    }

    /// Each word by itself.
    var words: [[UInt8]] {
        var words: [[UInt8]] = []
        words.reserveCapacity(count)
        bytes.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count, let base = bytes.baseAddress {
                let end = start + strlen((base + start).assumingMemoryBound(to: CChar.self))
                words.append(Array(bytes[start..<end]))
                start = end + 1
            }
        }
        return words
    }

    /// Each as the text of a call has it.
    var texts: [String] { words.map { String(bytes: $0) } }
}
