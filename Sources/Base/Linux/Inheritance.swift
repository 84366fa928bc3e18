import CLinux

/// What a process has from the one that started it and hands on to programs, beside its directory, umask and environment.
public struct Inheritance: Sendable, Equatable {
    /// The numbers of signals that are ignored.
    public var ignored: [Int]?
    /// -20 to 19.
    public var nice: Int?
    /// Class and level of its turn at the disk, as ioprio_get(2) has them.
    public var io: Int?
    /// How likely the kernel ends it where memory is short, -1000 to 1000.
    public var oom: Int?
    /// How its turns at a processor are scheduled, as sched_getscheduler(2) has it.
    public var policy: Int?
    /// The numbers of the processors that it may run on.
    public var cpus: [Int]?
    /// The soft and the hard limit of each resource, in the order of their numbers (`RLIMIT_CPU` is 0); -1 for none.
    public var limits: [Int]?

    /// Signals that there are.
    public static let signals = 1...64
    /// Numbers in ``limits``: there are 16 resources.
    public static let limitCount = PAR_INHERITED_CPUS - PAR_INHERITED_LIMITS
    /// Processors that can be told apart.
    public static let cpuCount = 32 * (PAR_INHERITED_COUNT - PAR_INHERITED_CPUS)

    public init(
        ignored: [Int]? = nil, nice: Int? = nil, io: Int? = nil, oom: Int? = nil, policy: Int? = nil,
        cpus: [Int]? = nil, limits: [Int]? = nil
    ) {
        self.ignored = ignored
        self.nice = nice
        self.io = io
        self.oom = oom
        self.policy = policy
        self.cpus = cpus
        self.limits = limits
    }

    /// This process's own.
    public static var ofThisProcess: Inheritance {
        var values = [Int64](repeating: Numbers.unknown, count: Numbers.count)
        par_inheritance_read(&values)
        return Inheritance(Numbers(values: values))
    }

    private init(_ numbers: Numbers) {
        func number(_ place: Int) -> Int? {
            numbers.values[place] == Numbers.unknown ? nil : Int(numbers.values[place])
        }
        ignored = number(Numbers.signals).map { bits in Self.signals.filter { bits >> ($0 - 1) & 1 == 1 } }
        nice = number(Numbers.nice)
        io = number(Numbers.io)
        oom = number(Numbers.oom)
        policy = number(Numbers.policy)
        if numbers.values[Numbers.cpus] != Numbers.unknown {
            cpus = (0..<Self.cpuCount).filter { numbers.values[Numbers.cpus + $0 / 32] >> Int64($0 % 32) & 1 == 1 }
        }
        limits = (0..<Self.limitCount).map { number(Numbers.limits + $0) ?? -1 }
    }

    /// What is to be changed for a program that is to have this and would have `own`; nil where that is the same.
    public func numbers(where own: Inheritance) -> Numbers? {
        var values = [Int64](repeating: Numbers.unknown, count: Numbers.count)
        func set(_ place: Int, _ wanted: Int?, _ own: Int?) {
            if let wanted, wanted != own { values[place] = Int64(wanted) }
        }
        if let ignored, !ignored.isEmpty {
            values[Numbers.signals] = ignored.filter(Self.signals.contains).reduce(0) { $0 | 1 << Int64($1 - 1) }
        }
        set(Numbers.nice, nice, own.nice)
        set(Numbers.io, io, own.io)
        set(Numbers.oom, oom, own.oom)
        set(Numbers.policy, policy, own.policy)
        // Those of both: nothing is to be changed where that is all of its own.
        let shared = Set(cpus ?? []).intersection(own.cpus ?? cpus ?? []).filter((0..<Self.cpuCount).contains)
        if !shared.isEmpty, shared.count < own.cpus?.count ?? .max {
            for word in Numbers.cpus..<Numbers.count { values[word] = 0 }
            for cpu in shared { values[Numbers.cpus + cpu / 32] |= 1 << Int64(cpu % 32) }
        }
        for (index, limit) in (limits ?? []).prefix(Self.limitCount).enumerated() {
            set(Numbers.limits + index, limit, own.limits?[index])
        }
        return values.allSatisfy { $0 == Numbers.unknown } ? nil : Numbers(values: values)
    }

    /// The same as the kernel's numbers, each at its place.
    public struct Numbers: Sendable, Equatable {
        let values: [Int64]

        fileprivate static let unknown = Int64.min
        fileprivate static let count = PAR_INHERITED_COUNT
        fileprivate static let signals = PAR_INHERITED_SIGNALS
        fileprivate static let nice = PAR_INHERITED_NICE
        fileprivate static let io = PAR_INHERITED_IO
        fileprivate static let oom = PAR_INHERITED_OOM
        fileprivate static let policy = PAR_INHERITED_POLICY
        fileprivate static let limits = PAR_INHERITED_LIMITS
        fileprivate static let cpus = PAR_INHERITED_CPUS

        fileprivate init(values: [Int64]) { self.values = values }

        /// Those that a text from ``text`` holds; nil for any other.
        public init?(_ text: String) {
            let words = text.split(separator: " ")
            values = words.compactMap { $0 == "-" ? Self.unknown : Int64($0) }
            guard values.count == words.count, values.count == Self.count else { return nil }
        }

        /// One word each; `-` for what stays as it is.
        public var text: String {
            values.map { $0 == Self.unknown ? "-" : String($0) }.joined(separator: " ")
        }
    }
}
