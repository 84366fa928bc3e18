/// What a workload is called, takes and returns: all that a client or a help text needs, and nothing that runs.
public struct Entry: Sendable, Equatable {
    public let id: WorkloadID
    /// One line.
    public let summary: String
    /// What it really does, and what its figures do and don't say.
    public let detail: String
    /// What a task's value counts, such as `bytes`; nil where it returns none.
    public let unit: String?
    /// Whether a task whose worker died may be run again.
    public let rerun: Bool
    /// The runtime that its workers are made of, by name.
    public let runtime: String
    /// What each task has to be given; nil where tasks are given nothing.
    public let input: Input?
    public let options: [Option]
    /// Options that the client itself sees to, so that the daemon never hears of them.
    public let clientOptions: [Option]

    /// What a task can be given.
    public enum Input: String, Sendable {
        /// A program and its arguments.
        case command
        /// An address, and what is to be sent there.
        case url
    }

    public var name: String { id.name }

    public init(
        _ id: WorkloadID, summary: String, detail: String, unit: String? = nil, rerun: Bool = true,
        runtime: String = "native", input: Input? = nil, options: [Option] = [],
        clientOptions: [Option] = []
    ) {
        self.id = id
        self.summary = summary
        self.detail = detail
        self.unit = unit
        self.rerun = rerun
        self.runtime = runtime
        self.input = input
        self.options = options
        self.clientOptions = clientOptions
    }

    /// The option that is typed as `word`, by its name or by its letter, for the daemon or for the client.
    public func option(typed word: some StringProtocol) -> Option? {
        (options + clientOptions).first { "--\($0.name)" == word || $0.letter.map { "-\($0)" == word } == true }
    }
}

/// An option of a workload.
public struct Option: Sendable, Equatable {
    /// As typed, without the dashes.
    public let name: String
    /// The letter that stands for it after a single dash; nil for none.
    public let letter: Character?
    public let kind: Kind
    /// The default, as it would be typed; nil where there is none.
    public let value: String?
    public let summary: String
    /// The values a size, duration or count may take, in bytes, nanoseconds or ones.
    public let range: ClosedRange<Int>
    /// The words that a choice is made of.
    public let choices: [String]

    /// How an option's text is read.
    public enum Kind: String, Sendable, CaseIterable {
        case size, duration, count
        /// A path; a client makes it absolute, as the daemon has a directory of its own.
        case path
        case flag
        /// Any text; of the client's own options only.
        case text
        /// One of a few words.
        case choice
    }

    public init(
        _ name: String, _ kind: Kind, letter: Character? = nil, default value: String? = nil,
        in range: ClosedRange<Int> = 0...Int.max, _ summary: String
    ) {
        self.name = name
        self.letter = letter
        self.kind = kind
        self.value = value
        self.summary = summary
        self.range = range
        choices = []
    }

    /// An option that is one of `choices`, by default the first.
    public init(_ name: String, oneOf choices: [String], _ summary: String) {
        self.name = name
        letter = nil
        kind = .choice
        value = choices.first
        self.summary = summary
        range = 0...max(0, choices.count - 1)
        self.choices = choices
    }

    /// Reads a text as the option's value: bytes, nanoseconds, ones, 0 or 1 for a flag, or the place of a choice. Nil
    /// where it is none, or out of range; a path has none.
    public func number(_ text: String?) -> Int? {
        let number: Int? =
            switch (kind, text) {
            case (.flag, nil), (.flag, "false"): 0
            case (.flag, "true"), (.flag, ""): 1
            case (.size, let text?): Quantity.bytes(text)
            case (.duration, let text?): Quantity.nanoseconds(text)
            case (.count, let text?): Quantity.count(text)
            case (.choice, let text?): choices.firstIndex(of: text)
            default: nil
            }
        return number.flatMap { range.contains($0) ? $0 : nil }
    }

    /// What the option takes, for a person.
    public var expected: String {
        switch kind {
        case .size:
            "a size such as 64KiB or 8MiB, "
                + (range.lowerBound > 0 ? "at least \(range.lowerBound >> 20) and " : "")
                + "at most \(range.upperBound >> 20) MiB"
        case .duration:
            "a duration such as 250us, 10ms or 2s, a bare number being seconds, at most "
                + "\(range.upperBound / 1_000_000_000) s"
        case .count: "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .text: "a text of at most \(range.upperBound) bytes"
        case .path: "a path of at most \(range.upperBound) bytes"
        case .flag: "no value, or true or false"
        case .choice: "one of " + choices.joined(separator: ", ")
        }
    }
}
