import Glibc

/// What a workload's tasks tell beside their records: a row of 64-bit numbers, and words of their own for a failure.
public struct Detail: Sendable, Equatable {
    /// The member of a record's JSON that has them: `command`, `fetch`, or `detail`.
    public let member: String
    /// In the order in which they stand in memory and in JSON.
    public let columns: [Column]
    /// Room for a failure's own words, in bytes; 0 where its kind says all.
    public let reasonBytes: Int

    public init(_ member: String = "detail", columns: [Column] = [], reasonBytes: Int = 0) {
        self.member = member
        self.columns = columns
        self.reasonBytes = reasonBytes
    }

    /// Whether it tells where in its worker's files stands what a task has written.
    public var hasOutputs: Bool { place(of: "stdout_offset") != nil }

    public var isEmpty: Bool { columns.isEmpty && reasonBytes == 0 }

    /// Where the column of `key` stands; nil where there is none.
    public func place(of key: String) -> Int? { columns.firstIndex { $0.key == key } }
}

/// One number that each task tells.
public struct Column: Sendable, Equatable {
    /// Its key in JSON.
    public let key: String
    /// What it counts: `ns`, `bytes` or a noun; empty for a mere number.
    public let unit: String
    /// What its numbers stand for, from 0 on: JSON has these instead. An empty one is not told. Empty for numbers.
    public let choices: [String]
    /// How a receipt sums it up; nil where it doesn't.
    public let summary: Summary?
    /// What else the daemon takes it for.
    public let role: Role?

    /// How a receipt sums up what the tasks of a run tell.
    public struct Summary: Sendable, Equatable {
        public let name: String
        /// The columns that must not be 0 in a task for it to count.
        public let over: [String]
        /// What people are shown of it.
        public let parts: [Part]

        public init(_ name: String, over: [String], parts: [Part] = Part.allCases) {
            self.name = name
            self.over = over
            self.parts = parts
        }
    }

    /// A figure of a summary.
    public enum Part: String, Sendable, CaseIterable {
        case sum, p50, p99, max

        /// Of what can't be added up over tasks.
        public static let spread: [Part] = [.p50, .p99, .max]
    }

    /// What the daemon takes some columns for.
    public enum Role: Sendable {
        /// Processor time that the task had outside its worker, in nanoseconds.
        case processorTime
        /// How often the task was tried.
        case tries
        /// Between daemon and workers, and not told to clients.
        case hidden
    }

    public init(
        _ key: String, _ unit: String = "", choices: [String] = [], summary: Summary? = nil, role: Role? = nil
    ) {
        self.key = key
        self.unit = unit
        self.choices = choices
        self.summary = summary
        self.role = role
    }
}

/// A kind of failure in a workload's own table.
public struct FailureKind: Sendable, Equatable {
    /// As it stands in a record; 1 or more.
    public let number: UInt16
    public let text: String
    public let code: Code

    /// What the code beside the number is.
    public enum Code: Sendable {
        /// The system's error; 0 for a result that is wrong.
        case errno
        /// A number that completes the text, such as a status.
        case number
        /// The same, and one that may be below 0.
        case signed
        /// Nothing.
        case none
        /// Nothing: the task's own words say all. The first line of them says what, the others say where.
        case words
    }

    /// Words for a person.
    func description(code value: Int32) -> String {
        switch code {
        case .errno: value == 0 ? "\(text): the result is wrong" : "\(text): \(systemErrorText(value))"
        case .number: "\(text) \(value)"
        case .signed: "\(text) \(Int16(truncatingIfNeeded: value))"
        case .none, .words: text
        }
    }
}

/// A workload's failures as its code names them. The definition has them as ``FailureKind``s.
public protocol FailureTable: RawRepresentable<UInt16>, CaseIterable, Sendable {
    var text: String { get }
    var code: FailureKind.Code { get }
}

extension FailureTable {
    public var code: FailureKind.Code { .errno }

    /// All of them, for a definition.
    static var kinds: [FailureKind] {
        allCases.map { FailureKind(number: $0.rawValue, text: $0.text, code: $0.code) }
    }
}

extension Definition {
    /// Words for a failure of one of its tasks.
    ///
    /// - Parameters:
    ///   - number: that of the kind.
    ///   - code: as the kind says.
    public func text(ofFailure number: UInt16, code: Int32) -> String {
        failures.first { $0.number == number }?.description(code: code) ?? "unknown failure \(number), code \(code)"
    }
}

extension Definition {
    /// Whether a task's own words are all that is to be said of its failure.
    public func speaksForItself(_ number: UInt16) -> Bool { failures.first { $0.number == number }?.code == .words }
}

/// The C library's words for an errno.
func systemErrorText(_ number: Int32) -> String { String(cString: strerror(number)) }
