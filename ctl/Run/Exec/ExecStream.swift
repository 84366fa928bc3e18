import Control
import Glibc
import Linux
import Report
import Varlink

/// The run of commands that come one by one, or whose beginning is seen to here: each slot is a connection with runs of one
/// worker, one behind the other.
///
/// A slot that is free takes what comes next, so that no command waits for one of another slot; where many short ones are there,
/// it takes several at a time. What the daemon holds is bounded by that, and what is held here by ``HeldOutputs``.
final class ExecStream {
    private let plan: ExecPlan
    private let follower: ExecFollower
    private let request: Run.Request
    private let halts: Halts?
    private let signals: Signals
    private let path: String
    private var lanes: [ExecLane] = []
    private var progress: ProgressDisplay
    private let interruption: Interruption
    private var account: StreamAccount
    private var held: HeldOutputs
    /// Commands that were read and not begun.
    private var waiting: [ExecJob] = []
    private var waitingBytes = 0
    private var hasEnded = false
    private var begun = 0
    private var failed = 0
    private var succeeded = 0
    /// The exit status of the command that halted the run; nil while nothing has.
    private(set) var haltedBy: Int32?
    /// When the next command may begin, in nanoseconds of ``Monotonic``.
    private var nextStart = 0
    /// Says that jobs are to be cancelled.
    private var canceller: DaemonConnection?
    /// How long commands have taken of late, in nanoseconds.
    private var recent = 0
    private let terminal: Terminal
    private let start = Int(Monotonic.now())

    /// Commands that are read before they are begun, and their bytes.
    private static let waitingLimit = 512
    private static let waitingBytesLimit = 2 << 20
    /// The most commands, their bytes, and the time that they take as far as can be told, for one call.
    private static let batchLimit = 32
    private static let batchBytes = 1 << 19
    private static let batchNanoseconds = 5_000_000
    /// Nanoseconds until what was not to be had is asked for again.
    private static let pause = 200_000_000

    /// - Parameter request: what all runs have in common, for one worker.
    init(
        _ plan: ExecPlan, _ follower: ExecFollower, _ request: Run.Request, at path: String, _ signals: Signals,
        terminal: Terminal, keepsRecords: Bool
    ) {
        self.plan = plan
        self.follower = follower
        self.request = request
        self.signals = signals
        self.path = path
        halts =
            plan.options.halts ?? request.halt.map { Halts(isNow: $0.now, kind: .fail, amount: .count($0.failures)) }
        self.terminal = terminal
        progress = ProgressDisplay(terminal)
        interruption = Interruption(signals, at: path)
        account = StreamAccount(keepsRecords: keepsRecords)
        held = HeldOutputs(inOrder: plan.options.keepsOrder)
    }

    var interrupted: Bool { interruption.isAsked }
    var records: RecordStore { account.records }

    /// Runs to the end. Throws a ``CommandError``, or ``ExitStatus/cancelled`` when the user will not wait for it.
    func receipt(from connection: inout DaemonConnection) throws -> Receipt {
        defer { progress.erase() }
        interruption.whenAsked = { [unowned self] in try self.cancelAll() }
        try warm(&connection)
        try follower.begin()
        while true {
            try dispatch()
            if lanes.allSatisfy(\.isFree), isOver { break }
            progress.draw()
            try wait()
        }
        return account.receipt(
            plan, shape: request, slots: plan.slots, start: start, lanes: lanes, interrupted: interrupted,
            halted: haltedBy != nil)
    }

    /// Has the pool be as large as there are slots: a run of one worker waits for one of those that there are.
    private func warm(_ connection: inout DaemonConnection) throws {
        guard plan.slots > 1, request.cold == nil else { return }
        let slots = min(plan.slots, plan.isComplete ? max(plan.jobs.count, 1) : plan.slots)
        var session = RunSession(
            Run.Request(
                workload: "noop", processes: request.processes.map { _ in slots },
                threads: request.processes == nil ? slots : nil, tasks: 1), terminal: terminal)
        account.warm = try session.receipt(from: &connection, signals: signals)
    }

    /// Whether no further command is begun.
    private var isOver: Bool {
        interruption.isAsked || haltedBy != nil || (hasEnded && waiting.isEmpty)
    }

    // MARK: Beginning commands

    private func dispatch() throws {
        while true {
            try fill()
            guard !isOver, !waiting.isEmpty, !held.isFull, let lane = try freeLane(), mayBegin() else { return }
            let batch = take()
            try begin(batch, on: lane)
        }
    }

    /// Reads commands as far as they have come.
    private func fill() throws {
        guard !isOver else { return }
        let isPiped = plan.options.pipe != nil
        while !hasEnded, waiting.count < (isPiped ? 1 : Self.waitingLimit), waitingBytes < Self.waitingBytesLimit {
            switch try plan.next() {
            case .job(let job):
                waiting.append(job)
                waitingBytes += job.byteCount
            case .later: return
            case .end: hasEnded = true
            }
        }
    }

    private func freeLane() throws -> ExecLane? {
        let now = Int(Monotonic.now())
        if let lane = lanes.first(where: { $0.isFree && $0.freeAt <= now }) { return lane }
        guard lanes.count < plan.slots else { return nil }
        let lane = try ExecLane(
            slot: lanes.count + 1, DaemonConnection(to: path), output: plan.options.output,
            pipes: plan.options.pipe != nil)
        lanes.append(lane)
        return lane
    }

    /// Whether a command may begin now; else ``nextStart`` says when to ask again.
    private func mayBegin() -> Bool {
        let now = Int(Monotonic.now())
        guard now >= nextStart else { return false }
        if let load = plan.options.load, Load.runnable > load {
            nextStart = now + Self.pause
            return false
        }
        if let free = plan.options.freeBytes, Load.availableBytes < free {
            nextStart = now + Self.pause
            return false
        }
        nextStart = now + plan.options.delay
        return true
    }

    /// The next commands, for one slot.
    private func take() -> [ExecJob] {
        var count = 1
        if recent > 0, !plan.options.needsPacing, !plan.template.needsSlot {
            count = min(Self.batchLimit, Self.batchNanoseconds / recent, waiting.count / (2 * plan.slots))
        }
        var batch: [ExecJob] = []
        var bytes = 0
        for job in waiting.prefix(max(count, 1)) {
            bytes += job.byteCount
            if !batch.isEmpty, bytes > Self.batchBytes { break }
            batch.append(job)
        }
        waiting.removeFirst(batch.count)
        waitingBytes -= batch.reduce(0) { $0 + $1.byteCount }
        return batch
    }

    private func begin(_ batch: [ExecJob], on lane: ExecLane) throws {
        if account.input == nil, let first = batch.first {
            account.input = plan.shownLine(of: first, slot: lane.slot)
        }
        var batch = batch
        for index in batch.indices where batch[index].place == nil {
            batch[index].place = begun
            begun += 1
            if plan.options.output != .whole { try follower.announce(batch[index], slot: lane.slot, interruption) }
        }
        var request = request
        request.inputs = try batch.map { job throws(CommandError) in
            Run.Input(words: ExecPlan.texts(try lane.wrapped(plan.command(of: job, slot: lane.slot), job.block)))
        }
        try lane.begin(batch, request)
    }

    // MARK: News

    private func wait() throws {
        var polled = [pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0)]
        let wantsInput = !isOver && !hasEnded && waiting.isEmpty
        polled.append(pollfd(fd: wantsInput ? plan.awaited : -1, events: Int16(POLLIN), revents: 0))
        for lane in lanes { polled += lane.polled }
        guard poll(&polled, nfds_t(polled.count), patience) >= 0 || errno == EINTR else {
            throw CommandError.system(call: "poll", errno: errno)
        }
        if polled[0].revents != 0 { try interruption.hear() }
        for (index, lane) in lanes.enumerated() {
            let place = 2 + 3 * index
            if polled[place + 1].revents != 0 || polled[place + 2].revents != 0 { try show(lane) }
            if polled[place].revents != 0 { try advance(lane) }
        }
        progress.update(
            state: interruption.isAsked ? "stopping" : "running", done: failed + succeeded,
            total: plan.isComplete ? plan.total : 0)
    }

    /// How long to wait for news, in milliseconds; -1 for ever.
    private var patience: Int32 {
        let now = Int(Monotonic.now())
        var times = progress.patience < 0 ? [] : [Int(progress.patience)]
        func add(_ time: Int) { if time > now { times.append((time - now) / 1_000_000 + 1) } }
        if !waiting.isEmpty, !isOver {
            add(nextStart)
            for lane in lanes where lane.isFree { add(lane.freeAt) }
        }
        return times.min().map { Int32(clamping: $0) } ?? -1
    }

    private func advance(_ lane: ExecLane) throws {
        do {
            try lane.connection.sendAvailable()
            try lane.connection.receiveAvailable()
            while lane.connection.client.hasBufferedReply {
                let reply: Run.Reply = try lane.connection.next(
                    reader: Run.Reply.init(recordsFrame:), text: Run.Reply.init(parameters:))
                try take(reply, lane)
            }
        } catch CommandError.refused(.busy) where lane.isUntouched {
            // Others have what there is: later.
            waiting.insert(contentsOf: lane.giveBack(), at: 0)
            lane.freeAt = Int(Monotonic.now()) + Self.pause
        } catch CommandError.client(let error) {
            throw lane.lost(error)
        }
    }

    private func take(_ reply: Run.Reply, _ lane: ExecLane) throws {
        do {
            try lane.check.check(reply)
        } catch {
            throw CommandError.client(.protocolViolation(error.reason))
        }
        if let accepted = reply.accepted {
            lane.name = accepted.job
            if interruption.isAsked || (haltedBy != nil && halts?.isNow == true) { try cancel([accepted.job]) }
        }
        for piece in reply.outputs ?? [] { try take(piece, lane) }
        if let receipt = reply.receipt {
            account.add(receipt)
            // What was never begun has no outputs.
            lane.end()
        }
    }

    private func take(_ piece: Output, _ lane: ExecLane) throws {
        let job = lane.jobs[piece.task]
        if piece.record != nil { try show(lane, isLast: true) }
        var part = HeldOutputs.Part(job: job, slot: lane.slot)
        part.output = try OutputPrinter.bytes(of: piece.stdout)
        part.errors = try OutputPrinter.bytes(of: piece.stderr)
        if let record = piece.record {
            part.isLast = true
            let moved = account.add(record, of: job, lane, since: start)
            if record.status == "ok" || record.status == "failed" || record.status == "lost" {
                recent = recent == 0 ? record.stop - record.start : (recent * 7 + record.stop - record.start) / 8
            }
            try note(moved, job, lane)
        }
        let follower = follower
        let interruption = interruption
        progress.erase()
        try held.take(part, at: job.place ?? 0) { part, isFirst in
            try follower.show(
                part.output, part.errors, of: part.job, isFirst: isFirst, isLast: part.isLast, slot: part.slot,
                interruption)
        }
    }

    /// A command has ended.
    private func note(_ record: Record, _ job: ExecJob, _ lane: ExecLane) throws {
        switch record.status {
        case "ok": succeeded += 1
        case "failed", "lost": failed += 1
        default: return
        }
        try follower.end(job, record, slot: lane.slot)
        guard let halts, haltedBy == nil else { return }
        let total = plan.isComplete ? plan.total : max(begun, 1)
        guard halts.isReached(failed: failed, succeeded: succeeded, total: total) else { return }
        haltedBy = record.status == "ok" ? 0 : FirstFailure.status(of: record.command)
        if halts.isNow { try cancelAll() }
    }

    /// Shows what a slot's command has written just now, where that doesn't wait for its end.
    private func show(_ lane: ExecLane, isLast: Bool = false) throws {
        guard plan.options.output != .whole, let job = lane.jobs.first else { return }
        let (output, errors) = lane.written(isLast: isLast)
        guard !output.isEmpty || !errors.isEmpty else { return }
        progress.erase()
        try follower.showNow(output, errors, of: job, slot: lane.slot, interruption)
    }

    // MARK: The end

    private func cancelAll() throws(CommandError) {
        try cancel(lanes.compactMap { $0.isFree ? nil : $0.name })
    }

    private func cancel(_ jobs: [String]) throws(CommandError) {
        guard !jobs.isEmpty else { return }
        if canceller == nil { canceller = try DaemonConnection(to: path) }
        for job in jobs {
            try canceller?.begin(CancelJob.method, text: CancelJob.Request(job: job).json, more: false)
        }
        try canceller?.sendAvailable()
    }

    /// The exit status of a run that did not go well.
    func status(_ tasks: Tasks) -> Int32 {
        let failed = tasks.failed + tasks.lost
        let total = plan.isComplete ? plan.total : begun
        if let halts {
            return halts.status(failed: failed, total: total, isReached: haltedBy != nil) ?? haltedBy
                ?? ExecStatus.other
        }
        return Int32(min(failed, Int(ExecStatus.many)))
    }
}

/// How busy the host is.
enum Load {
    /// How many processes want a processor, on the average of a minute.
    static var runnable: Double {
        var averages = [0.0]
        return getloadavg(&averages, 1) == 1 ? averages[0] : 0
    }

    /// Memory that programs can have, in bytes.
    static var availableBytes: Int {
        guard let file = fopen("/proc/meminfo", "re") else { return .max }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let text = String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }),
            let number = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return .max }
        return number << 10
    }
}
