import Bytes

/// What a zygote tells of the runtime that it has become: how long that took, and what it depends on.
///
/// As it comes from foreign code, it may say anything; whoever reads it takes it for no more than that.
public struct RuntimeReport: Sendable, Equatable {
    /// What somebody's code read while it was loaded.
    public struct Read: Sendable, Equatable {
        /// The variable; `*` for all of them.
        public var name: String
        /// The module that read it.
        public var reader: String

        public init(name: String, reader: String) {
            self.name = name
            self.reader = reader
        }
    }

    /// A file that the runtime was made of, or a directory that is looked through for such files.
    public struct Source: Sendable, Equatable {
        public var path: String
        /// As it was, see ``Linux/FileStamp``.
        public var identity: String

        public init(path: String, identity: String) {
            self.path = path
            self.identity = identity
        }
    }

    /// When the program had begun and when all was loaded, ``Linux/Monotonic`` times; 0 where that is not told.
    public var begunAt: UInt64 = 0
    public var loadedAt: UInt64 = 0
    /// Whether only one of its threads runs its code at a time.
    public var takesTurns = false
    /// As people know it: `Python 3.13.0`.
    public var version = ""
    public var environment: [Read] = []
    public var sources: [Source] = []
    /// What may go wrong with it, for people.
    public var warnings: [String] = []
    /// Why it can't be had; nil where it can.
    public var refusal: String?

    public init() {}

    /// As it is sent: lines of words, each word ended by a NUL. A line is ended by an empty word.
    public init(_ bytes: [UInt8]) {
        var words: [String] = []
        for word in bytes.split(separator: 0, omittingEmptySubsequences: false) {
            if !word.isEmpty {
                words.append(String(bytes: word))
                continue
            }
            take(words)
            words = []
        }
    }

    private mutating func take(_ words: [String]) {
        guard let kind = words.first else { return }
        let rest = Array(words.dropFirst())
        switch (kind, rest.count) {
        case ("begun", 1): begunAt = UInt64(rest[0]) ?? 0
        case ("loaded", 1): loadedAt = UInt64(rest[0]) ?? 0
        case ("turns", 0): takesTurns = true
        case ("version", 1): version = rest[0]
        case ("read", 2): environment.append(Read(name: rest[0], reader: rest[1]))
        case ("source", 2): sources.append(Source(path: rest[0], identity: rest[1]))
        case ("warning", 1): warnings.append(rest[0])
        case ("refusal", 1): refusal = rest[0]
        // Of a newer program.
        default: break
        }
    }
}
