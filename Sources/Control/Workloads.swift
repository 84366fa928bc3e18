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

    public struct Option: Codable, Sendable, Equatable {
        public var name: String
        /// `size`, `duration`, `count`, `path`, `flag` or `choice`.
        public var kind: String
        /// The default, as it would be typed.
        public var value: String?
        public var summary: String

        public init(name: String, kind: String, value: String?, summary: String) {
            self.name = name
            self.kind = kind
            self.value = value
            self.summary = summary
        }
    }

    public init(
        name: String, summary: String, detail: String, unit: String?, rerun: Bool, input: String? = nil,
        options: [Option]
    ) {
        self.name = name
        self.summary = summary
        self.detail = detail
        self.unit = unit
        self.rerun = rerun
        self.input = input
        self.options = options
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
