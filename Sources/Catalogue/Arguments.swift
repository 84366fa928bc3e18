/// A workload's options, read and checked: every option of its entry has a value here.
public struct Arguments: Sendable, Equatable {
    /// Sizes in bytes, durations in nanoseconds, counts, flags as 0 or 1, and the places of choices, by option name.
    public let numbers: [String: Int]
    public let texts: [String: String]

    /// Why a text is not a value of its option.
    public struct Mismatch: Error, Sendable, Equatable {
        /// The option's name, or the workload's for an option that it doesn't have.
        public let option: String
        public let value: String
        public let expected: String
    }

    /// Reads `given` (option name to text) for `entry`, with the entry's defaults for what isn't given.
    public init(_ given: [String: String], for entry: Entry) throws(Mismatch) {
        var numbers: [String: Int] = [:]
        var texts: [String: String] = [:]
        if let stranger = given.keys.sorted().first(where: { name in !entry.options.contains { $0.name == name } }) {
            let known = entry.options.map { "--\($0.name)" }.joined(separator: ", ")
            throw Mismatch(
                option: stranger, value: given[stranger] ?? "",
                expected: known.isEmpty
                    ? "no option: \(entry.name) takes none" : "one of \(known), which \(entry.name) takes")
        }
        for option in entry.options {
            let text = given[option.name] ?? option.value
            if option.kind == .path {
                let text = text ?? ""
                guard text.utf8.count <= option.range.upperBound, !text.utf8.contains(0) else {
                    throw Mismatch(option: option.name, value: text, expected: option.expected)
                }
                texts[option.name] = text
                continue
            }
            guard let number = option.number(text) else {
                throw Mismatch(option: option.name, value: text ?? "", expected: option.expected)
            }
            numbers[option.name] = number
        }
        self.numbers = numbers
        self.texts = texts
    }
}
