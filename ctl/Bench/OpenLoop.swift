import Control
import Experiments
import Glibc
import Linux
import Report
import Synchronization
import Timing

extension BenchCommand {
    /// Runs tasks at a rate, on the warm workers of one arrangement, and tells how late each was done.
    func run(_ plan: BenchPlan, rate: Double) throws {
        guard plan.variants.count == 1, plan.arms.count == 1 else {
            throw CommandError.usage(
                "--rate is for one workload on one arrangement of workers: give --threads N or --processes N",
                help: Self.helpCommand)
        }
        guard shown.files.isEmpty, !shown.csv, !shown.markdown else {
            throw CommandError.usage("--rate prints a text or --json, and writes no files", help: Self.helpCommand)
        }
        let cell = plan.cells[0]
        var request = try plan.request(cell)
        guard plan.variants[0].inputs.count ?? 1 <= 1, plan.variants[0].inputs.descriptors.isEmpty else {
            throw CommandError.usage("--rate runs one task again and again: give it one input", help: Self.helpCommand)
        }
        request.tasks = plan.variants[0].inputs.count == nil ? 1 : nil
        // As many pools' worth of workers would be taken otherwise: each call needs one.
        (request.threads, request.processes) = (
            cell.arm.mode == .threads ? 1 : nil, cell.arm.mode == .processes ? 1 : nil
        )
        request.wait = true
        let seconds = rounds.time.map { Double($0) / 1e9 } ?? 10
        let count = min(max(Int((rate * seconds).rounded()), 1), OpenLoop.maximumTasks)
        var loop: OpenLoop?
        var command = plan.variants[0].words.definition.name
        try service.values.withDaemon { connection, signals in
            var warmUp = RunSession(
                try plan.request(cell), terminal: Terminal(STDERR_FILENO, color: service.values.color),
                label: "warming up")
            let receipt = try warmUp.receipt(from: &connection, signals: signals)
            command = plan.variants[0].words.repeated(in: receipt).command
            let made = OpenLoop(
                request, rate: rate, count: count, lanes: min(cell.arm.workers, OpenLoop.maximumLanes),
                path: connection.path)
            try made.run(signals)
            loop = made
        }
        guard let loop else { return }
        let report = loop.report(command: command, arm: cell.arm)
        if output.json {
            try StandardOutput.write(json: report)
        } else {
            let style = Audience(isBesideData: false, color: service.values.color).style
            try StandardOutput.write(report.text(style))
        }
        if report.failed > 0 { throw ExitStatus.failed }
    }
}

/// Tasks that are begun when their time has come, whether or not those before have ended.
///
/// Whoever waits for one answer before it asks again leaves out just the moments in which answers are late. Here each task has
/// its moment beforehand, and its latency counts from that.
final class OpenLoop: Sendable {
    static let maximumTasks = 5_000_000
    static let maximumLanes = 64

    private let request: Run.Request
    private let interval: Double
    private let rate: Double
    private let count: Int
    private let lanes: Int
    private let path: String
    private let next = Atomic<Int>(0)
    private let isOver = Atomic<Bool>(false)
    private let sums = Mutex(Sums())

    private struct Sums: Sendable {
        var fromDue = Samples()
        var fromSent = Samples()
        var failed = 0
        var fault: String?
        var last: UInt64 = 0
    }

    private let begun: UInt64

    init(_ request: Run.Request, rate: Double, count: Int, lanes: Int, path: String) {
        self.request = request
        self.rate = rate
        interval = 1e9 / rate
        self.count = count
        self.lanes = lanes
        self.path = path
        // A moment for the lanes to connect.
        begun = Monotonic.now() + 50_000_000
    }

    /// Runs all of it. Ends early, with what there is, when the user asks for that.
    func run(_ signals: Signals) throws {
        let pipe = try openPipe()
        defer {
            close(pipe.reader)
            close(pipe.writer)
        }
        var threads: [SystemThread] = []
        for lane in 0..<lanes {
            threads.append(
                try SystemThread(named: "lane \(lane)") { [self] in
                    work()
                    var byte: UInt8 = 0
                    _ = write(pipe.writer, &byte, 1)
                })
        }
        var left = lanes
        while left > 0 {
            let came = try signals.wait(beside: pipe.reader, milliseconds: -1)
            if came.signal, let number = signals.next(), number != SIGCHLD { isOver.store(true, ordering: .relaxed) }
            var byte: UInt8 = 0
            if came.other, read(pipe.reader, &byte, 1) == 1 { left -= 1 }
        }
        for thread in threads { thread.join() }
        if let fault = sums.withLock({ $0.fault }) { throw CommandError.warmUp("the open loop broke off: \(fault)") }
    }

    private func openPipe() throws(CommandError) -> (reader: Int32, writer: Int32) {
        do throws(SystemError) { return try Pipe().release() } catch { throw CommandError(error) }
    }

    /// One lane: a connection, on which tasks are run whose time has come.
    private func work() {
        do throws(CommandError) {
            var connection = try DaemonConnection(to: path)
            while !isOver.load(ordering: .relaxed) {
                let place = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard place < count else { return }
                let due = begun + UInt64(Double(place) * interval)
                sleep(until: due)
                guard !isOver.load(ordering: .relaxed) else { return }
                let sent = Monotonic.now()
                let reply = try connection.call(Run.method, text: request.json, as: Run.Reply.self)
                let done = Monotonic.now()
                let isOk = reply.receipt?.outcome == .ok
                sums.withLock { sums in
                    sums.fromDue.record(done - due)
                    sums.fromSent.record(done - sent)
                    sums.failed += isOk ? 0 : 1
                    sums.last = max(sums.last, done)
                }
            }
        } catch {
            isOver.store(true, ordering: .relaxed)
            let text = error.message ?? "the connection failed"
            sums.withLock { $0.fault = $0.fault ?? text }
        }
    }

    private func sleep(until due: UInt64) {
        while !isOver.load(ordering: .relaxed) {
            let now = Monotonic.now()
            guard now < due else { return }
            // In pieces, so that the end is noticed.
            let left = min(due - now, 100_000_000)
            var time = timespec(tv_sec: 0, tv_nsec: Int(left))
            nanosleep(&time, nil)
        }
    }

    func report(command: String, arm: Arm) -> OpenLoopReport {
        sums.withLock { sums in
            let elapsed = sums.last > begun ? Double(sums.last - begun) / 1e9 : 0
            return OpenLoopReport(
                command: command, workers: arm.name, rate: rate, tasks: sums.fromDue.count, failed: sums.failed,
                achieved: elapsed > 0 ? Double(sums.fromDue.count) / elapsed : 0,
                latency: OpenLoopReport.Latency(sums.fromDue), uncorrected: OpenLoopReport.Latency(sums.fromSent))
        }
    }
}

/// What an open loop came to. Times are nanoseconds.
struct OpenLoopReport: Encodable {
    var schema = "pard.rate/1"
    let command: String
    let workers: String
    /// Tasks a second: asked for, and done.
    let rate: Double
    let tasks: Int
    let failed: Int
    let achieved: Double
    /// From the moment at which a task should have begun to its answer.
    let latency: Latency
    /// From the moment at which it was sent: what a closed loop would have told.
    let uncorrected: Latency

    struct Latency: Encodable {
        let p50: Int
        let p90: Int
        let p99: Int
        let p999: Int
        let max: Int
        let histogram: String

        init(_ samples: Samples) {
            let found = samples.percentiles([50, 90, 99, 99.9]).map { Int(clamping: $0) }
            (p50, p90, p99, p999) = (found[0], found[1], found[2], found[3])
            max = Int(clamping: samples.max)
            histogram = samples.distribution.text
        }

        var values: [Int] { [p50, p90, p99, p999, max] }
    }

    func text(_ style: TextStyle) -> String {
        var table = Table(
            [.left("latency")] + ["p50", "p90", "p99", "p99.9", "max"].map { .right($0) })
        for (name, latency) in [("from when it was due", latency), ("from when it was sent", uncorrected)] {
            table.rows.append(
                [Table.Cell(name)] + latency.values.map { Table.Cell(Units.duration($0, unicode: style.unicode)) })
        }
        let rates =
            "\(Units.fixed(rate, decimals: 1)) tasks a second wanted, \(Units.fixed(achieved, decimals: 1)) done"
        let isBehind = achieved < rate * 0.95
        let words = [
            "Tasks were begun at their times, whether or not those before had ended, and latency counts from those times: so what "
                + "waited because others were late is in it (coordinated omission is corrected). The second line is what "
                + "somebody would have seen who waited for each answer.",
            isBehind ? "The workers did not keep up with this rate: latencies grow for as long as it goes on." : nil,
            failed > 0 ? "\(Units.counted(failed, "task")) failed." : nil,
        ].compactMap(\.self)
        let head = "\(style.clean(command, limit: 200)) · \(workers) · \(Units.counted(tasks, "task")) · \(rates)"
        return style.paint(head, .bold) + "\n\n" + table.lines(style).joined(separator: "\n") + "\n\n"
            + words.flatMap { style.flow(words: $0) }.joined(separator: "\n") + "\n"
    }
}
