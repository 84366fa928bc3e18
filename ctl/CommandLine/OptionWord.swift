import ArgumentParser
import Catalogue

/// One of parctl's own options as a command line has it.
///
/// What the argument parser knows of an option can only be asked by a parse, which costs more than all the rest of a short
/// run. What has to be known without one stands here; a test compares it with what the parser says of itself.
struct OptionWord<Values>: Sendable {
    /// Without its dashes.
    let name: String
    /// Whether it goes without a value.
    let isFlag: Bool
    /// What it means where it has no value of its own; nil where it takes the next word.
    let bare: String?
    /// Puts its value, which is empty for a flag, where the parser would.
    let put: @Sendable (inout Values, String) throws -> Void

    static func flag(_ name: String, _ put: @escaping @Sendable (inout Values) -> Void) -> OptionWord {
        OptionWord(name: name, isFlag: true, bare: nil) { values, _ in put(&values) }
    }

    static func value(
        _ name: String, bare: String? = nil, _ put: @escaping @Sendable (inout Values, String) throws -> Void
    ) -> OptionWord {
        OptionWord(name: name, isFlag: false, bare: bare, put: put)
    }

    /// The same option of what has these values as a part, which `open` hands out.
    func within<Whole>(
        _ open: @escaping @Sendable (inout Whole, (inout Values) throws -> Void) throws -> Void
    ) -> OptionWord<Whole> {
        OptionWord<Whole>(name: name, isFlag: isFlag, bare: bare) { [put] whole, value in
            try open(&whole) { try put(&$0, value) }
        }
    }

    /// Whether it takes the next word for its value.
    var takesNext: Bool { !isFlag && bare == nil }
}

/// A value that is one of a few words.
enum Choice {
    /// None of them; which there are, the parser says.
    struct Unknown: Error {}

    static func read<Value: RawRepresentable<String>>(_ text: String) throws(Unknown) -> Value {
        guard let value = Value(rawValue: text) else { throw Unknown() }
        return value
    }
}

/// Whole numbers and times on the command line.
enum Count {
    /// A number of 1 or more.
    static func positive(_ text: String) throws -> Int {
        guard let number = Quantity.count(text), number > 0 else {
            throw ValidationError("it takes a whole number of 1 or more.")
        }
        return number
    }

    /// A number of 0 or more.
    static func orNone(_ text: String) throws -> Int {
        guard let number = Quantity.count(text) else { throw ValidationError("it takes a whole number of 0 or more.") }
        return number
    }

    /// Nanoseconds of a time such as `30s`; 0 for no limit.
    static func nanoseconds(_ text: String) throws -> Int {
        guard let number = Quantity.nanoseconds(text) else {
            throw ValidationError("it takes a time such as 500ms, 30s or 5m.")
        }
        return number
    }
}
