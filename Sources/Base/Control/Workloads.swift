public import Catalogue

/// A workload as the daemon offers it.
public struct WorkloadDescription: Codable, Sendable, Equatable {
    public var name: String
    public var summary: String
    public var detail: String
    /// What a task's value counts, such as `bytes`.
    public var unit: String?
    /// Whether a task whose worker died is run again.
    public var rerun: Bool
    /// What each task has to be given, such as `command`; nil where tasks are given nothing.
    public var input: String?
    public var options: [Option]
    /// Runs, as typed behind `parctl run`; nil where there are none.
    public var examples: [String]?
    /// What each task tells beside its value, in its record; nil where tasks tell nothing.
    public var columns: [Column]?

    public struct Column: Codable, Sendable, Equatable {
        /// In the record's JSON.
        public var key: String
        /// `ns`, `bytes` or what is counted; nil for a mere number.
        public var unit: String?

        public init(key: String, unit: String? = nil) {
            self.key = key
            self.unit = unit
        }
    }

    public struct Option: Codable, Sendable, Equatable {
        public var name: String
        /// `size`, `duration`, `count`, `path`, `flag`, `choice` or `text`.
        public var kind: String
        /// The default, as it would be typed.
        public var value: String?
        public var summary: String
        /// The least and the most that it may be: bytes, nanoseconds, ones, or the bytes of a text. Nil where any will do.
        public var least: Int?
        public var most: Int?
        /// The words that a choice is made of.
        public var choices: [String]?

        public init(
            name: String, kind: String, value: String?, summary: String, least: Int? = nil, most: Int? = nil,
            choices: [String]? = nil
        ) {
            self.name = name
            self.kind = kind
            self.value = value
            self.summary = summary
            self.least = least
            self.most = most
            self.choices = choices
        }
    }

    public init(
        name: String, summary: String, detail: String, unit: String?, rerun: Bool, input: String? = nil,
        options: [Option], examples: [String]? = nil, columns: [Column]? = nil
    ) {
        self.name = name
        self.summary = summary
        self.detail = detail
        self.unit = unit
        self.rerun = rerun
        self.input = input
        self.options = options
        self.examples = examples
        self.columns = columns
    }
}

public enum ListWorkloads {
    public static let method = "org.pard.Control.ListWorkloads"

    public struct Reply: Codable, Sendable, Equatable {
        public var workloads: [WorkloadDescription]

        public init(workloads: [WorkloadDescription]) {
            self.workloads = workloads
        }
    }
}

// MARK: Between definitions and descriptions

extension WorkloadDescription {
    /// What a client has to know of a workload.
    ///
    /// - Parameter withClientOptions: whether with the options that the client itself sees to, for people.
    public init(_ definition: Definition, withClientOptions: Bool = false) {
        let options = definition.options + (withClientOptions ? definition.clientOptions : [])
        let told = definition.detail.columns.filter { $0.role != .hidden }
        self.init(
            name: definition.name, summary: definition.summary, detail: definition.text, unit: definition.unit,
            rerun: definition.rerun, input: definition.input?.name,
            options: options.map { option in
                // A flag is there or not, and a choice has its words.
                let isOfRange = option.kind != .flag && option.kind != .choice
                let letter = option.letter.map { " (-\($0))" } ?? ""
                return Option(
                    name: option.name, kind: option.kind.rawValue, value: option.value,
                    summary: option.summary + letter,
                    least: isOfRange && option.range.lowerBound > 0 ? option.range.lowerBound : nil,
                    most: isOfRange && option.range.upperBound < .max ? option.range.upperBound : nil,
                    choices: option.choices.isEmpty ? nil : option.choices)
            }, examples: definition.examples.isEmpty ? nil : definition.examples,
            columns: told.isEmpty
                ? nil : told.map { Column(key: $0.key, unit: $0.unit.isEmpty ? nil : $0.unit) })
    }
}

extension Definition {
    /// Tasks are given something that this program doesn't know how to read.
    public struct UnknownInput: Error, Sendable, Equatable {
        public let name: String
    }

    /// A workload of which this program knows no more than what a daemon tells of it: enough for help, for checks and for
    /// asking for runs.
    public convenience init(_ description: WorkloadDescription) throws(UnknownInput) {
        // Of two kinds of input that the interface calls alike, this program's own workload knows which.
        let own = Catalogue.definition(named: description.name)?.input
        let input = try description.input.map { name throws(UnknownInput) in
            if let own, own.name == name { return own }
            guard let input = Input(named: name) else { throw UnknownInput(name: name) }
            return input
        }
        self.init(
            description.name, summary: description.summary, text: description.detail, unit: description.unit,
            rerun: description.rerun, input: input, options: description.options.map { Option($0) },
            detail: Detail(columns: (description.columns ?? []).map { Column($0.key, $0.unit ?? "") }),
            examples: description.examples ?? [])
    }
}

extension Option {
    /// An option that this program can't check any further is a text to it, which the daemon checks.
    fileprivate init(_ description: WorkloadDescription.Option) {
        let choices = description.choices ?? []
        let kind = Kind(rawValue: description.kind) ?? .text
        let least = max(0, description.least ?? 0)
        let most = max(least, description.most ?? .max)
        switch kind {
        case .choice where !choices.isEmpty:
            self.init(
                description.name, .choice, default: description.value, in: 0...choices.count - 1, choices: choices,
                description.summary)
        case .choice: self.init(description.name, .text, default: description.value, description.summary)
        default:
            self.init(description.name, kind, default: description.value, in: least...most, description.summary)
        }
    }
}
