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
    /// Whether a path that isn't given is the daemon's directory for temporary files.
    public let isDaemonDirectory: Bool

    /// How an option's text is read.
    public enum Kind: String, Sendable, CaseIterable {
        case size, duration, count
        /// A path; a client makes it absolute, as the daemon has a directory of its own.
        case path
        case flag
        /// Any text.
        case text
        /// One of a few words.
        case choice
    }

    public init(
        _ name: String, _ kind: Kind, letter: Character? = nil, default value: String? = nil,
        in range: ClosedRange<Int> = 0...Int.max, choices: [String] = [], isDaemonDirectory: Bool = false,
        _ summary: String
    ) {
        self.name = name
        self.letter = letter
        self.kind = kind
        self.value = value
        self.summary = summary
        self.range = range
        self.choices = choices
        self.isDaemonDirectory = isDaemonDirectory
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
        isDaemonDirectory = false
    }

    /// Whether its value is a text, rather than a number.
    public var isText: Bool { kind == .path || kind == .text }

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
