import Glibc
import Ledger
import Linux
import Scheduling

// How the driver has scripts run: each in a process of its own, see ScriptProcess.swift, that is no worker.
extension Driver {
    /// Takes a script in.
    func begin(
        _ order: ScriptOrder, _ files: ScriptFiles, _ observer: @escaping @Sendable (ScriptEvent) -> Void
    ) {
        guard case .no = closing else { return observer(.refused(ScriptOrder.draining)) }
        guard machine.runtimes[order.runtime] != nil || hasComing(order.runtime),
            let record = neededRecord(of: order.runtime)
        else { return observer(.refused("too many interpreters are in use")) }
        scripts[order.id] = ScriptRecord(order, files, observer)
        tell(.scriptCame(order.runtime))
        record.want()
        record.scripts.append(order.id)
        if let reason = record.brokenReason { return refuseScripts(of: record.id, reason) }
        flushScripts(of: record)
    }

    /// Whether the machine is about to hear of a runtime.
    private func hasComing(_ id: RuntimeID) -> Bool {
        events.contains { if case .runtimeAdded(let row, _) = $0 { row.id == id } else { false } }
    }

    // MARK: Notes

    /// Notes that are read until others get their turn: anybody can send some.
    private static let notesAtOnce = 256

    func hearNotes() {
        for _ in 0..<Self.notesAtOnce {
            guard let (id, ticket, pid, note) = notes?.next() else { return }
            guard let script = scripts[id], script.order.ticket == ticket, script.process?.pid == pid else { continue }
            switch note {
            case .begun: tellBegin(of: script)
            case .refused(let reason): tellEnd(of: script, .refused(reason))
            case .ended(let exit, let imports): tellEnd(of: script, .ended(exit, imports: imports))
            }
        }
    }

    /// How long after a script has begun a process is asked for ahead of the next one.
    private static let spareDelayNanoseconds: UInt64 = 3_000_000

    private func tellBegin(of script: ScriptRecord) {
        if script.hasBegun { return }
        script.hasBegun = true
        script.files = nil
        let record = record(of: script.order.runtime)
        script.observer(.begun(pid: Int(script.process?.pid ?? 0), readyAt: record?.readyAt ?? Monotonic.now()))
        // The next script is to find a process that waits for it. It isn't forked at once: that would take the processor from
        // this script, and a short one has ended by then.
        record?.spareAt = Monotonic.now() + Self.spareDelayNanoseconds
    }

    private func tellEnd(of script: ScriptRecord, _ event: ScriptEvent) {
        if script.isTold { return }
        script.isTold = true
        // Its own word of that may have been lost.
        if case .ended = event { tellBegin(of: script) }
        script.observer(event)
    }

    // MARK: Stops

    /// Children of this process have stopped, or ended.
    func hearStops() {
        for process in scriptProcesses.values {
            guard let number = process.handle?.takeStop() else { continue }
            guard let id = process.script else {
                // It would let its script wait.
                dismiss(process)
                continue
            }
            if let script = scripts[id], script.hasBegun, !script.isTold { script.observer(.stopped(number)) }
        }
    }

    // MARK: Ends

    /// A process that ran a script, or waited for one, has ended.
    func hearScript(_ number: Int) {
        // What it has said last comes first.
        hearNotes()
        guard let process = scriptProcesses[number], let pid = process.handle?.pid else { return }
        let exit: Exit
        do {
            guard let end = try process.handle?.reap() else { return }
            exit = end
        } catch {
            bury(pid)
            forget(process)
            if let id = process.script { finish(id, .lost) }
            return
        }
        forget(process)
        guard let id = process.script, let script = scripts[id] else { return }
        // One that has ended before it began has done nothing.
        let isMissed = !script.hasBegun && script.stayBack()
        finish(id, isMissed ? .refused("its process ended with \(exit) before it began") : .ended(exit, imports: []))
        sweepSoon()
    }

    /// A script is over: tells its client how, unless that has been done, and forgets it.
    func finish(_ id: ScriptID, _ event: ScriptEvent) {
        guard let script = scripts.removeValue(forKey: id) else { return }
        record(of: script.order.runtime)?.scripts.removeAll { $0 == id }
        tell(.scriptWent(script.order.runtime))
        tellEnd(of: script, event)
    }

    /// Refuses all scripts that wait for a runtime's interpreter.
    func refuseScripts(of id: RuntimeID, _ reason: String) {
        guard let waiting = record(of: id)?.scripts else { return }
        for script in waiting { finish(script, .refused(reason)) }
    }

    /// The client of a script has gone. What it has told the end of may leave others behind, as a program may.
    func endScript(_ id: ScriptID) {
        guard let script = scripts[id], !script.isTold else { return }
        // Nobody begins what nobody waits for.
        guard let process = script.process else { return finish(id, .lost) }
        process.signal(SIGKILL)
    }

    func signalScripts(_ number: Int32) {
        for process in scriptProcesses.values { process.signal(number) }
        guard number == SIGKILL else { return }
        for id in scripts.keys.sorted() where scripts[id]?.process == nil { finish(id, .refused(ScriptOrder.draining)) }
    }

    // MARK: Keeping

    /// Has an interpreter be there, or no longer.
    func keep(_ id: RuntimeID, _ isKept: Bool) {
        tell(.keepRuntime(id, isKept))
        if isKept { neededRecord(of: id)?.want() }
    }

    /// Tells `answer` how a runtime is, once that is known.
    func awaitRuntime(_ id: RuntimeID, _ answer: @escaping @Sendable (String, RuntimeHealth) -> Void) {
        guard case .no = closing, let record = neededRecord(of: id) else { return answer("", .gone) }
        record.want()
        record.waiters.append(answer)
        tellWaiters(of: record)
    }

    func tellWaiters(of record: RuntimeRecord, isGone: Bool = false) {
        guard !record.waiters.isEmpty else { return }
        let health = isGone ? .gone : record.health
        switch health {
        case .starting: return
        case .ready, .broken, .gone:
            for waiter in record.waiters { waiter(record.runtime.name, health) }
            record.waiters = []
        }
    }

    var scriptCounts: [RuntimeID: Snapshot.Scripts] {
        var counts: [RuntimeID: Snapshot.Scripts] = [:]
        for record in runtimes where record.runtime.isForScripts {
            var own = Snapshot.Scripts()
            own.readyAt = record.readyAt
            own.startup = record.startupNanoseconds
            counts[record.id] = own
        }
        for script in scripts.values {
            let runtime = script.order.runtime
            if let pid = script.process?.pid {
                counts[runtime, default: .init()].pids.append(Int(pid))
            } else {
                counts[runtime, default: .init()].waiting += 1
            }
        }
        return counts
    }
}
