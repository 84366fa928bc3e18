import Catalogue
import Control
import Experiments
import Report
import Timing

/// What `parctl bench` is to run: every variant on every arrangement of workers, warm and cold.
struct BenchPlan {
    let variants: [Variant]
    let arms: [Arm]
    let cells: [Bench.Cell]
    let extent: BenchExtent
    /// Rounds before the first that counts.
    let warmups: Int
    /// Nanoseconds of one run; nil for no limit.
    let timeout: Int?
    let isSweep: Bool
    let countsFailures: Bool
    let showsOutput: Bool
    let hooks: BenchHooks
    let reference: Int

    /// A command or a scanned value, read.
    struct Variant {
        let words: RunWords
        let inputs: RunInputs
        let shown: Bench.Variant
    }

    init(
        variants: [Variant], arms: [Arm], hasCold: Bool, extent: BenchExtent, warmups: Int, timeout: Int?,
        isSweep: Bool,
        countsFailures: Bool, showsOutput: Bool, hooks: BenchHooks, reference: Int
    ) {
        self.variants = variants
        self.arms = arms
        self.extent = extent
        self.warmups = warmups
        self.timeout = timeout
        self.isSweep = isSweep
        self.countsFailures = countsFailures
        self.showsOutput = showsOutput
        self.hooks = hooks
        self.reference = reference
        cells = variants.indices.flatMap { variant in
            arms.flatMap { arm in
                Self.kinds(of: arm, variants[variant].words.definition, hasCold: hasCold).map {
                    Bench.Cell(variant: variant, arm: arm, kind: $0)
                }
            }
        }
    }

    /// What is measured of an arrangement. Programs started anew stand beside forks, and beside threads where an interpreter
    /// is a part of them.
    private static func kinds(of arm: Arm, _ definition: Definition, hasCold: Bool) -> [Bench.Kind] {
        guard hasCold else { return [.warm] }
        return arm.mode == .processes || definition.runtime == RuntimeName.python
            ? [.warm, .fresh, .exec] : [.warm, .fresh]
    }

    /// The request that runs one cell.
    func request(_ cell: Bench.Cell) throws(CommandError) -> Run.Request {
        let variant = variants[cell.variant]
        let arguments = variant.words.arguments
        var request = Run.Request(
            workload: variant.words.definition.name, arguments: arguments.isEmpty ? nil : arguments,
            mode: cell.arm.mode,
            processes: cell.arm.mode == .processes ? cell.arm.workers : nil,
            threads: cell.arm.mode == .threads ? cell.arm.workers : nil, tasks: variant.shown.tasks,
            cold: cell.kind == .warm ? nil : cell.kind == .fresh ? .fresh : .exec, timeout: timeout, records: nil)
        try variant.inputs.put(into: &request)
        // Nobody looks at them.
        request.results = nil
        return request
    }

    /// A bench of these rounds.
    func bench(_ experiment: Experiment<Bench.Cell>, command: String, warnings: [String]) -> Bench {
        Bench(
            command: command, variants: variants.map(\.shown), arms: arms, experiment: experiment, reference: reference,
            isSweep: isSweep, countsFailures: countsFailures, warnings: warnings)
    }
}

/// How long a bench goes on.
enum BenchExtent: Equatable {
    case rounds(Int)
    /// Nanoseconds.
    case time(Int)
    /// Nanoseconds, and up to twice as long until there are enough rounds for intervals.
    case budget(Int)
    /// Nobody has said it.
    case usual

    private static let defaultRounds = 30
    private static let fewestRounds = 10
    private static let defaultTime = 10_000_000_000
    /// More are not kept.
    static let maximumRounds = 1000

    /// Whether another round is begun, after `rounds` in `nanoseconds`.
    func goesOn(_ rounds: Int, after nanoseconds: Int) -> Bool {
        guard rounds < Self.maximumRounds else { return false }
        return switch self {
        case .rounds(let wanted): rounds < wanted
        case .time(let limit): rounds == 0 || nanoseconds < limit
        case .budget(let limit):
            nanoseconds < limit || (rounds < Estimate.fewest && nanoseconds / 2 < limit)
        case .usual: rounds < Self.fewestRounds || (rounds < Self.defaultRounds && nanoseconds < Self.defaultTime)
        }
    }

    /// What a line of progress says of the round that is begun.
    func label(_ round: Int) -> String {
        switch self {
        case .rounds(let wanted): "round \(round + 1) of \(wanted)"
        case .time, .budget, .usual: "round \(round + 1)"
        }
    }
}

/// Values of an option that a bench goes through.
struct Scan: Equatable {
    let option: String
    let values: [String]

    /// Values of one scan, and variants of all together, so that nobody waits for years.
    static let most = 64

    /// Reads `size=4KiB,64KiB`.
    init(list text: String) throws(BenchFault) {
        (option, values) = try Self.parts(text) {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// Reads `tasks=1..9`, with `:2` behind it for every second one.
    init(range text: String) throws(BenchFault) {
        (option, values) = try Self.parts(text) { text throws(BenchFault) in
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let range = try NumberRange(String(parts[0]))
            let step = parts.count == 1 ? 1 : parts.count == 2 ? Quantity.count(String(parts[1])) ?? 0 : 0
            guard step > 0 else { throw BenchFault("'\(text)' is no range: write FROM..TO or FROM..TO:STEP") }
            guard (range.last - range.first) / step < Self.most else {
                throw BenchFault("'\(text)' has more than \(Self.most) values")
            }
            return stride(from: range.first, through: range.last, by: step).map(String.init)
        }
    }

    private static func parts(
        _ text: String, _ values: (String) throws(BenchFault) -> [String]
    ) throws(BenchFault) -> (String, [String]) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty else { throw BenchFault("'\(text)' is no scan: write OPTION=VALUES") }
        let found = try values(parts[1])
        guard !found.contains(""), found.count <= most else {
            throw BenchFault("'\(text)': a scan has 1 to \(most) values, none of them empty")
        }
        var option = Substring(parts[0])
        while option.hasPrefix("-") { option = option.dropFirst() }
        return (String(option), found)
    }

    /// All combinations of `scans`, the last one changing fastest.
    static func combinations(_ scans: [Scan]) -> [[Bench.Variant.Value]] {
        scans.reduce([[]]) { all, scan in
            all.flatMap { one in scan.values.map { one + [Bench.Variant.Value(option: scan.option, value: $0)] } }
        }
    }
}

/// What is wrong with a bench's words.
struct BenchFault: Error {
    let text: String
    init(_ text: String) { self.text = text }
}

/// Numbers from one to another, as `1..8`.
struct NumberRange: Equatable {
    let first: Int
    let last: Int

    init(_ text: String) throws(BenchFault) {
        let ends = text.split(separator: ".", omittingEmptySubsequences: false)
        guard ends.count == 3, ends[1].isEmpty, let first = Quantity.count(String(ends[0])),
            let last = Quantity.count(String(ends[2])), first <= last
        else { throw BenchFault("'\(text)' is no range: write FROM..TO, such as 1..8") }
        (self.first, self.last) = (first, last)
    }

    /// Up to eight all of them; beyond, ever wider apart: each a third or a half more than the one before.
    var sweep: [Int] {
        if last - first < 8 { return Array(first...last) }
        var counts: [Int] = []
        var power = 1
        while power <= last {
            counts += [power, power + power / 2].filter { $0 >= first && $0 <= last && !counts.contains($0) }
            power *= 2
        }
        return Set(counts + [first, last]).sorted()
    }
}

/// Which workers a sweep goes through.
struct Sweep: Equatable {
    let modes: [Mode]
    let range: NumberRange

    /// Reads `1..8`, or that behind `threads:` or `processes:`.
    init(_ text: String) throws(BenchFault) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.count, parts.first) {
        case (2, "threads"): modes = [.threads]
        case (2, "processes"): modes = [.processes]
        case (1, _): modes = [.threads, .processes]
        default: throw BenchFault("'\(text)' is no sweep: write 1..8, threads:1..8 or processes:1..8")
        }
        range = try NumberRange(parts[parts.count - 1])
        guard range.first > 0, range.last <= WorkerCounts.maximumWorkers else {
            throw BenchFault("a sweep goes from 1 or more workers to at most \(WorkerCounts.maximumWorkers)")
        }
    }

    var arms: [Arm] { modes.flatMap { mode in range.sweep.map { Arm(mode, workers: $0) } } }
}
