import ArgumentParser
import Catalogue

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
