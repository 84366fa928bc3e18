/// A workload's options, read and checked: every option of its definition has a value here.
///
/// There are a few of them, so that a list does.
public struct Arguments: Sendable, Equatable {
    /// In the definition's order.
    public let values: [(name: String, value: Value)]

    public enum Value: Sendable, Equatable {
        /// A size in bytes, a duration in nanoseconds, a count, a flag as 0 or 1, or the place of a choice.
        case number(Int)
        case text(String)
    }

    /// Why a text is not a value of its option.
    public struct Mismatch: Error, Sendable, Equatable {
        /// The option's name, or the workload's for an option that it doesn't have.
        public let option: String
        public let value: String
        public let expected: String
    }

    /// Reads `given` (option name to text) for `definition`, with the definition's defaults for what isn't given.
    public init(_ given: [String: String], for definition: Definition) throws(Mismatch) {
        let options = definition.options
        if let stranger = given.keys.sorted().first(where: { name in !options.contains { $0.name == name } }) {
            let known = options.map { "--\($0.name)" }.joined(separator: ", ")
            throw Mismatch(
                option: stranger, value: given[stranger] ?? "",
                expected: known.isEmpty
                    ? "no option: \(definition.name) takes none" : "one of \(known), which \(definition.name) takes")
        }
        values = try options.map { option throws(Mismatch) in
            (name: option.name, value: try Self.read(given[option.name] ?? option.value, as: option))
        }
        for exclusion in definition.exclusions
        where number(exclusion.option) == 1 && number(exclusion.other) == 1 {
            throw Mismatch(option: exclusion.option, value: "true", expected: exclusion.expected)
        }
    }

    private static func read(_ text: String?, as option: Option) throws(Mismatch) -> Value {
        if option.isText {
            let text = text ?? ""
            guard text.utf8.count <= option.range.upperBound, !text.utf8.contains(0) else {
                throw Mismatch(option: option.name, value: text, expected: option.expected)
            }
            return .text(text)
        }
        guard let number = option.number(text) else {
            throw Mismatch(option: option.name, value: text ?? "", expected: option.expected)
        }
        return .number(number)
    }

    /// The value of the option `name`, which is a number; nil where there is no such option.
    public func number(_ name: String) -> Int? {
        if case .number(let number) = values.first(where: { $0.name == name })?.value { number } else { nil }
    }

    /// The value of the option `name`, which is a text; nil where there is no such option.
    public func text(_ name: String) -> String? {
        if case .text(let text) = values.first(where: { $0.name == name })?.value { text } else { nil }
    }

    public static func == (one: Arguments, other: Arguments) -> Bool {
        one.values.elementsEqual(other.values) { $0.name == $1.name && $0.value == $1.value }
    }
}
