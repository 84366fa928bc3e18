import Control
import Report

/// What `parctl compare` is to run.
struct ComparePlan {
    let words: RunWords
    let inputs: RunInputs
    let arms: [Arm]
    let rounds: Int
    /// Of every run.
    let tasks: Int
    /// Nanoseconds of one run.
    let timeout: Int?
    let isCold: Bool
    /// Whether the tasks' records are wanted.
    let records: Bool

    var workload: String { words.definition.name }
    var arguments: [String: String] { words.arguments }

    /// The records of every round are kept up to so many, 100 bytes each; beyond, those of the last round only.
    static let recordsKept = 500_000

    var keepsAllRecords: Bool {
        let runs = arms.count * rounds * (isCold ? 2 : 1)
        return tasks.multipliedReportingOverflow(by: runs).partialValue <= Self.recordsKept && tasks <= Self.recordsKept
    }

    /// The arms of round `number` in their order: each round begins with the next one.
    func order(of number: Int) -> [Int] {
        arms.indices.map { ($0 + number) % arms.count }
    }

    /// The request that runs one arm.
    func request(_ arm: Arm, cold: Bool, records: Bool) throws(CommandError) -> Run.Request {
        var request = Run.Request(
            workload: workload, arguments: arguments.isEmpty ? nil : arguments, mode: arm.mode,
            processes: arm.mode == .processes ? arm.workers : nil, threads: arm.mode == .threads ? arm.workers : nil,
            tasks: tasks, cold: cold ? .fresh : nil, timeout: timeout, records: records ? true : nil)
        try inputs.put(into: &request)
        // Nobody looks at them.
        request.results = nil
        return request
    }
}

/// One comparison as its client lives through it: warms every arm, goes through the rounds, and keeps the receipts.
struct CompareSession {
    let plan: ComparePlan
    private let terminal: Terminal
    /// What the first command that failed in the warm-up wrote to its standard error.
    private let sample = ErrorSample()
    private static let warmUp = "warming up"
    private static let errorLines = 10
    private var rounds: [Comparison.Round] = []
    /// By round, the runs of that round by arm; records taken away from those that are not drawn.
    private var warm: [[RecordedRun]] = []
    private var cold: [[RecordedRun]] = []
    /// The worst that a run came to, other than ok.
    private(set) var status: ExitStatus?

    init(_ plan: ComparePlan, terminal: Terminal) {
        self.plan = plan
        self.terminal = terminal
    }

    var comparison: Comparison {
        Comparison(
            workload: plan.workload, arguments: plan.arguments, tasks: plan.tasks, arms: plan.arms, rounds: rounds,
            planned: plan.rounds)
    }

    /// Runs everything. Returns early when the user asks for the end: what was gone through by then is kept.
    mutating func run(on connection: inout DaemonConnection, _ signals: Signals) throws {
        // The largest arm first: what the daemon refuses, it refuses before anything is measured.
        for arm in plan.arms.sorted(by: { $0.workers > $1.workers }) {
            let done = try run(arm, Self.warmUp, cold: false, records: false, on: &connection, signals)
            guard !done.interrupted else { return }
            try checkWarmUp(done.run.receipt)
        }
        for number in 0..<plan.rounds {
            let name = "round \(number + 1) of \(plan.rounds)"
            guard let warm = try runAll(number, name, cold: false, on: &connection, signals) else { return }
            var cold: [RecordedRun] = []
            if plan.isCold {
                guard let runs = try runAll(number, "\(name), cold", cold: true, on: &connection, signals) else {
                    return
                }
                cold = runs
            }
            keep(warm, cold)
        }
    }

    /// Throws where not a single task of a warm-up ended well: the rounds would only repeat that.
    private func checkWarmUp(_ receipt: Receipt) throws(CommandError) {
        guard receipt.tasks.ok == 0, let failure = receipt.failures.first else { return }
        var lines = ["nothing was compared, as every task of the warm-up failed: \(CommandError.clean(failure.reason))"]
        if let naming = plan.inputs.naming {
            let noun = plan.words.definition.input == .command ? "command" : "input"
            lines.append("  \(noun): \(CommandError.clean(naming(failure.firstTask)))")
        }
        let errors = sample.errors.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        for (index, line) in errors.prefix(Self.errorLines).enumerated() {
            lines.append((index == 0 ? "  it wrote: " : "            ") + CommandError.clean(line))
        }
        throw .warmUp(lines.joined(separator: "\n"))
    }

    /// Every arm once, in the order of round `number`; nil when interrupted.
    private mutating func runAll(
        _ number: Int, _ name: String, cold: Bool, on connection: inout DaemonConnection, _ signals: Signals
    ) throws -> [RecordedRun]? {
        var runs: [Int: RecordedRun] = [:]
        for index in plan.order(of: number) {
            let done = try run(plan.arms[index], name, cold: cold, records: plan.records, on: &connection, signals)
            guard !done.interrupted else { return nil }
            runs[index] = done.run
        }
        return plan.arms.indices.compactMap { runs[$0] }
    }

    private mutating func run(
        _ arm: Arm, _ name: String, cold: Bool, records: Bool, on connection: inout DaemonConnection, _ signals: Signals
    ) throws -> (run: RecordedRun, interrupted: Bool) {
        var request = try plan.request(arm, cold: cold, records: records)
        // What commands write is looked at until the first round.
        if rounds.isEmpty, warm.isEmpty, name == Self.warmUp, plan.words.definition.input == .command {
            request.outputs = .tasks
        }
        var session = RunSession(request, terminal: terminal, label: "\(name), \(arm.name)")
        session.descriptors = plan.inputs.descriptors
        if request.outputs != nil { session.follower = sample }
        let receipt = try session.receipt(from: &connection, signals: signals)
        let ended = ExitStatus(receipt.outcome, interrupted: session.interrupted)
        if ended != .ok, status != .cancelled { status = status == .timedOut && ended == .failed ? status : ended }
        return (RecordedRun(plan.words.repeated(in: receipt), blocks: session.records.blocks), session.interrupted)
    }

    private mutating func keep(_ warm: [RecordedRun], _ cold: [RecordedRun]) {
        rounds.append(Comparison.Round(warm: warm.map(\.receipt), cold: cold.map(\.receipt)))
        if !plan.keepsAllRecords {
            self.warm = []
            self.cold = []
        }
        self.warm.append(warm)
        if !cold.isEmpty { self.cold.append(cold) }
    }

    /// The runs that charts are drawn from, warm and cold beside each other, and how they were chosen.
    var drawn: (runs: [RecordedRun], chosen: String) {
        let runs = plan.arms.indices.flatMap { arm in
            [Self.typical(warm.map { $0[arm] }), Self.typical(cold.map { $0[arm] })].compactMap(\.self)
        }
        let chosen = plan.keepsAllRecords ? "of each arm, the run of median elapsed time" : "the runs of the last round"
        return (runs, chosen)
    }

    private static func typical(_ runs: [RecordedRun]) -> RecordedRun? {
        let sorted = runs.sorted { $0.receipt.elapsed < $1.receipt.elapsed }
        return sorted.isEmpty ? nil : sorted[(sorted.count - 1) / 2]
    }
}

/// Keeps what the first command that failed wrote to its standard error.
private final class ErrorSample: RunFollower {
    private(set) var errors: [UInt8] = []
    private var hasFailure = false
    /// What a task has written as far as it has come.
    private var current: [UInt8] = []

    /// Bytes that are kept.
    private static let limit = 4096

    func begin() {}

    func take(_ piece: Output, _ interruption: Interruption) throws {
        guard !hasFailure else { return }
        current += try OutputPrinter.bytes(of: piece.stderr).prefix(max(Self.limit - current.count, 0))
        guard let record = piece.record else { return }
        if record.status == "failed" { (errors, hasFailure) = (current, true) }
        current = []
    }

    /// Commands hand nothing back.
    func take(early results: [Output], _ interruption: Interruption) {}
}
