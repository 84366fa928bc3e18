import Control
import Experiments
import Glibc
import Linux
import Report

/// One bench as its client lives through it: warms up, goes through the rounds, and keeps the receipts.
struct BenchSession {
    let plan: BenchPlan
    private let terminal: Terminal
    private(set) var experiment: Experiment<Bench.Cell>
    /// The host as it was before anything was measured.
    private(set) var hostBefore: Host?
    /// The worst that a run came to, other than ok.
    private(set) var status: ExitStatus?
    /// Looks at the workers' processes beside the runs; nil where nobody wants that.
    var watch: WorkerWatch?
    /// The process that served the last run of each cell.
    private var pids: [Bench.Cell: Int] = [:]

    init(_ plan: BenchPlan, terminal: Terminal) {
        self.plan = plan
        self.terminal = terminal
        experiment = Bench.experiment(of: plan.cells, countsFailures: plan.countsFailures)
    }

    /// Runs everything. Returns early when the user asks for the end: what was gone through by then is kept.
    mutating func run(on connection: inout DaemonConnection, _ signals: Signals) throws {
        for variant in plan.variants {
            try hook(plan.hooks.setup, variant.shown.values, "--setup", signals)
        }
        do {
            try measure(on: &connection, signals)
        } catch {
            // What was set up is cleaned up; the first fault is the one to tell of.
            try? cleanUp(signals)
            throw error
        }
        try cleanUp(signals)
    }

    /// One run of the first cell, before anything is measured; nil when the user asked for the end.
    mutating func probe(on connection: inout DaemonConnection, _ signals: Signals) throws -> Receipt? {
        guard let receipt = try run(plan.cells[0], "trying one run", on: &connection, signals) else { return nil }
        hostBefore = receipt.host
        try check(receipt, plan.cells[0])
        return receipt
    }

    private func cleanUp(_ signals: Signals) throws {
        for variant in plan.variants { try hook(plan.hooks.cleanup, variant.shown.values, "--cleanup", signals) }
    }

    private func hook(_ command: String?, _ values: [Bench.Variant.Value], _ name: String, _ signals: Signals) throws {
        try BenchHooks.run(command, values, name: name, isHeard: plan.showsOutput, signals)
    }

    private mutating func measure(on connection: inout DaemonConnection, _ signals: Signals) throws {
        // The largest first: what the daemon refuses, it refuses before anything is measured.
        let cells = plan.cells.sorted { $0.arm.workers > $1.arm.workers }
        for number in 0..<max(plan.warmups, 1) {
            // Cold ones once: what only the first of them pays for is no part of the others.
            for cell in cells where cell.kind == .warm || number == 0 {
                guard let receipt = try run(cell, "warming up", on: &connection, signals) else { return }
                if hostBefore == nil { hostBefore = receipt.host }
                try check(receipt, cell)
            }
        }
        status = nil
        let begun = Int(Monotonic.now())
        var number = 0
        while plan.extent.goesOn(number, after: Int(Monotonic.now()) - begun) {
            var round: [Bench.Cell: Receipt] = [:]
            for index in Experiment<Bench.Cell>.order(of: plan.cells.count, round: number) {
                let cell = plan.cells[index]
                let label = plan.extent.label(number)
                guard let receipt = try run(cell, label, on: &connection, signals) else { return }
                round[cell] = receipt
            }
            experiment.add(round)
            number += 1
        }
    }

    /// Throws where not a single task of a warm-up ended well: the rounds would only repeat that.
    private func check(_ receipt: Receipt, _ cell: Bench.Cell) throws(CommandError) {
        guard receipt.tasks.ok == 0, !plan.countsFailures, let failure = receipt.failures.first else { return }
        let variant = plan.variants[cell.variant]
        let name = plan.variants.count > 1 ? " of '\(CommandError.clean(variant.shown.name))'" : ""
        throw .warmUp(
            "nothing was measured, as every task of the warm-up\(name) failed: \(CommandError.clean(failure.reason))\n"
                + "  --show-output shows what it prints, and --ignore-failure measures it all the same")
    }

    /// One run of a cell; nil when the user asked for the end.
    private mutating func run(
        _ cell: Bench.Cell, _ name: String, on connection: inout DaemonConnection, _ signals: Signals
    ) throws -> Receipt? {
        let variant = plan.variants[cell.variant]
        try hook(plan.hooks.prepare, variant.shown.values, "--prepare", signals)
        var request = try plan.request(cell)
        let showsOutput = plan.showsOutput && variant.inputs.outputs != nil
        request.outputs = showsOutput ? .ended : nil
        var session = RunSession(request, terminal: terminal, label: "\(name), \(cell.arm.name), \(cell.kind.rawValue)")
        session.descriptors = variant.inputs.descriptors
        if showsOutput { session.follower = OutputShower() }
        watch?.begin(cell, lastPid: pids[cell])
        let receipt = try session.receipt(from: &connection, signals: signals)
        watch?.end(cell, receipt)
        pids[cell] = receipt.workerCosts.first?.pid
        guard !session.interrupted else {
            status = .cancelled
            return nil
        }
        let ended = ExitStatus(receipt.outcome, interrupted: false)
        if ended != .ok, !(plan.countsFailures && ended == .failed), status == nil || ended == .timedOut {
            status = ended
        }
        try hook(plan.hooks.conclude, variant.shown.values, "--conclude", signals)
        return variant.words.repeated(in: receipt)
    }
}

/// Shows on standard error what tasks write.
private final class OutputShower: RunFollower {
    private var printer = OutputPrinter(output: STDERR_FILENO)

    func begin() {}

    func take(_ piece: Output, _ interruption: Interruption) throws {
        try printer.print(piece, tag: nil, interruption)
    }

    /// Nobody has asked for them.
    func take(early results: [Output], _ interruption: Interruption) {}
}
