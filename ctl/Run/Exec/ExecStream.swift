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
    /// When to go on beginning commands, where only the time kept the last one from it.
    private var resumesAt: Int?
    private let canceller: JobCanceller
    private var pace = CommandPace()
    private let terminal: Terminal
    private var timeout: MedianTimeout?
    private let prompt: Prompt?
    private let start = Int(Monotonic.now())

    /// Commands that are read before they are begun, and their bytes.
    private static let waitingLimit = 512
    private static let waitingBytesLimit = 2 << 20
    /// Nanoseconds until what was not to be had is asked for again.
    private static let pause = 200_000_000

    /// - Parameter request: what all runs have in common, for one worker.
    init(
        _ plan: ExecPlan, _ follower: ExecFollower, _ request: Run.Request, at path: String, _ signals: Signals,
        terminal: Terminal, keepsRecords: Bool
    ) throws(CommandError) {
        self.plan = plan
        self.follower = follower
        self.request = request
        self.signals = signals
        self.path = path
        halts =
            plan.options.halts ?? request.halt.map { Halts(isNow: $0.now, kind: .fail, amount: .count($0.failures)) }
        self.terminal = terminal
        timeout = plan.options.timeoutPercent.map(MedianTimeout.init(percent:))
        prompt = plan.options.asks ? try Prompt() : nil
        progress = ProgressDisplay(terminal)
        interruption = Interruption(signals, at: path)
        canceller = JobCanceller(at: path)
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
            // Where commands have the terminal, it is theirs.
            if !plan.options.readsTerminal { progress.draw() }
            try wait()
        }
        try held.end(print)
        return account.receipt(
            plan, shape: request, slots: plan.slots, start: start, lanes: lanes, interrupted: interrupted,
            halted: haltedBy != nil)
    }

    /// Has the pool be as large as there are slots: a run of one worker waits for one of those that there are.
    private func warm(_ connection: inout DaemonConnection) throws {
        let slots = plan.isComplete ? min(plan.slots, plan.jobs.count) : plan.slots
        guard slots > 1, request.cold == nil else { return }
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
        resumesAt = nil
        while true {
            try fill()
            guard !isOver, let first = waiting.first, held.admits(at: first.place), let lane = try freeLane(),
                mayBegin()
            else { return }
            let batch = take()
            try begin(batch, on: lane)
        }
    }

    /// Reads commands as far as they have come.
    private func fill() throws {
        if let turns = plan.turns {
            if isOver {
                // Nobody will read what those were to be given.
                for job in waiting { turns.finish(number: job.number) }
                waiting = []
            }
            waiting += try turns.advance(isOver ? turns.begunCount : plan.slots)
            hasEnded = turns.isComplete(plan.slots)
            return
        }
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
        guard lanes.count < plan.slots else {
            resumesAt = lanes.lazy.filter(\.isFree).map(\.freeAt).min()
            return nil
        }
        let lane = try ExecLane(
            slot: lanes.count + 1, DaemonConnection(to: path), output: plan.options.output,
            pipes: plan.options.pipe != nil)
        lanes.append(lane)
        return lane
    }

    /// Whether a command may begin now; else ``resumesAt`` says when to ask again.
    private func mayBegin() -> Bool {
        let now = Int(Monotonic.now())
        if now >= nextStart {
            let isBusy = plan.options.load.map { Load.runnable > $0 } == true
            let isShort = plan.options.freeBytes.map { Load.availableBytes < $0 } == true
            nextStart = now + (isBusy || isShort ? Self.pause : plan.options.delay)
            if !isBusy, !isShort { return true }
        }
        resumesAt = nextStart
        return false
    }

    /// The next commands, for one slot.
    private func take() -> [ExecJob] {
        let isAlone = plan.options.needsPacing || plan.template.needsSlot
        let batch = Array(waiting.prefix(isAlone ? 1 : pace.count(of: waiting, slots: plan.slots)))
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
        if mayRepeat { request.arguments?["retries"] = nil }
        var commands: [WordList] = []
        for job in batch {
            let isWanted = try prompt?.isWanted(plan.shownLine(of: job, slot: lane.slot), interruption) ?? true
            if interruption.isAsked { return }
            commands.append(try lane.words(for: job, of: plan, isWanted: isWanted))
        }
        try lane.begin(batch, commands, request)
    }

    // MARK: News

    private func wait() throws {
        var polled = [pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0)]
        let wantsInput = plan.turns?.isReading ?? (!isOver && !hasEnded && waiting.isEmpty)
        polled.append(pollfd(fd: wantsInput ? plan.awaited : -1, events: Int16(POLLIN), revents: 0))
        polled.append(canceller.polled)
        for lane in lanes { polled += lane.polled }
        polled += plan.turns?.polled ?? []
        guard poll(&polled, nfds_t(polled.count), try patience) >= 0 || errno == EINTR else {
            throw CommandError.system(call: "poll", errno: errno)
        }
        if polled[0].revents != 0 { try interruption.hear() }
        if polled[2].revents != 0 { canceller.hear() }
        for (index, lane) in lanes.enumerated() {
            let place = 3 + 4 * index
            if polled[place + 1].revents != 0 || polled[place + 2].revents != 0 { try show(lane) }
            lane.lookAtTerminal()
            if polled[place].revents != 0 { try advance(lane) }
        }
        try endOverdue()
        progress.update(
            state: interruption.isAsked ? "stopping" : "running", done: failed + succeeded,
            total: plan.isComplete ? plan.total : 0)
    }

    /// How long to wait for news, in milliseconds; -1 for ever.
    private var patience: Int32 {
        get throws {
            let patience = untilDue
            guard let askedAt = interruption.askedAt else { return patience }
            let isUnheard = !canceller.hasAnswers || lanes.contains { !$0.isFree && $0.isUntouched }
            let deadline = max(askedAt, canceller.askedAt) + JobCanceller.patience
            return isUnheard ? try Interruption.left(until: deadline, atMost: patience) : patience
        }
    }

    private var untilDue: Int32 {
        var times = lanes.compactMap { $0.terminal?.killAt }
        if let resumesAt { times.append(resumesAt) }
        if let limit = timeout?.limit {
            times += lanes.lazy.filter { !$0.isFree && !$0.isOverdue }.compactMap(\.runningAt).map { $0 + limit }
        }
        // One that has come since it was looked at is no reason to wait for ever.
        guard let first = times.min() else { return progress.patience }
        let left = Monotonic.milliseconds(until: UInt64(first))
        return progress.patience < 0 ? left : min(left, progress.patience)
    }

    /// Ends the commands that take too much longer than others have taken.
    private func endOverdue() throws {
        guard let limit = timeout?.limit else { return }
        let now = Int(Monotonic.now())
        for lane in lanes where !lane.isFree && !lane.isOverdue {
            guard let time = lane.runningAt, now >= time + limit, let name = lane.name else { continue }
            lane.isOverdue = true
            try canceller.cancel([name])
        }
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
            lane.accept(accepted.job)
            let mustEnd = interruption.isAsked || (haltedBy != nil && halts?.isNow == true)
            if mustEnd { try canceller.cancel([accepted.job]) }
        }
        if let news = reply.progress { lane.take(news) }
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
        if var record = piece.record.map(lane.judged) {
            if repeats(record, job) { return lane.early = [] }
            if mayRepeat {
                record.attempt = job.tries + 1
                record.command?.tries = job.tries + 1
            }
            let kept = lane.keptOutputs()
            (part.output, part.errors) = (part.output + kept.output, part.errors + kept.errors)
            part.isLast = true
            // What a halt has cut off is told no more than its end.
            if record.status == "cancelled", haltedBy != nil, halts?.isNow == true {
                (part.output, part.errors) = ([], [])
            }
            let moved = account.add(record, of: job, lane, since: start)
            if record.status == "ok" { timeout?.add(nanoseconds: record.stop - record.start) }
            if record.status == "ok" || record.status == "failed" || record.status == "lost" {
                pace.add(nanoseconds: record.stop - record.start)
            }
            plan.turns?.finish(number: job.number)
            try note(moved, job, lane)
        } else if mayRepeat {
            // What a try has written is dropped where there is another one.
            return lane.early.append(part)
        }
        for part in lane.early + [part] { try take(part) }
        lane.early = []
    }

    /// Whether tries are seen to here rather than by the worker: each is a run of its own.
    private var mayRepeat: Bool {
        (timeout != nil || plan.options.readsTerminal) && plan.options.tries > 1
    }

    /// Has a command be run again that has failed and may be tried once more; whether it is.
    private func repeats(_ record: Record, _ job: ExecJob) -> Bool {
        guard mayRepeat, record.status == "failed", haltedBy == nil, !interruption.isAsked,
            job.tries + 1 < plan.options.tries, record.command?.exitCode != CommandRecord.unwanted
        else { return false }
        var again = job
        again.tries += 1
        waiting.insert(again, at: 0)
        waitingBytes += again.byteCount
        return true
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
        let part = HeldOutputs.Part(job: job, slot: lane.slot, output: output, errors: errors)
        guard plan.options.keepsOrder, plan.options.output == .lines else {
            progress.erase()
            return try follower.showNow(output, errors, of: job, slot: lane.slot, interruption)
        }
        try take(part)
    }

    /// Prints a part of what a command has written, or keeps it until its turn.
    private func take(_ part: HeldOutputs.Part) throws {
        progress.erase()
        try held.take(part, at: part.job.place ?? 0, print)
    }

    private func print(_ part: HeldOutputs.Part, isFirst: Bool) throws {
        if plan.options.output == .whole || part.isLast {
            try follower.show(
                part.output, part.errors, of: part.job, isFirst: isFirst, isLast: part.isLast, slot: part.slot,
                interruption)
        } else {
            try follower.showNow(part.output, part.errors, of: part.job, slot: part.slot, interruption)
        }
    }

    // MARK: The end

    private func cancelAll() throws(CommandError) {
        try canceller.cancel(lanes.compactMap { $0.isFree ? nil : $0.name })
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
