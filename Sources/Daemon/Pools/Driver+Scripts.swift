import Glibc
import Ledger
import Linux
import Scheduling

// How the driver has scripts run: each in a process that an interpreter's zygote forks for it, and that is no worker.
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

    /// Asks the zygote for the processes of scripts, once it is of use.
    func flushScripts(of record: RuntimeRecord) {
        guard let link = record.link, link.hasAnswered else { return }
        while let id = record.scripts.first, link.hasRoom {
            guard let script = scripts[id], !script.isDeserted else {
                record.scripts.removeFirst()
                finish(id, .lost)
                continue
            }
            do {
                guard try ask(link, script) else { return }
                record.scripts.removeFirst()
                script.isAsked = true
            } catch {
                record.scripts.removeFirst()
                finish(id, .refused("its process can't be asked for: \(error)"))
            }
        }
    }

    private func ask(_ link: ZygoteLink, _ script: ScriptRecord) throws(SystemError) -> Bool {
        if notes == nil {
            let made = ScriptNotes(socket: try NoteSocket())
            try supervisor.events.add(made.socket.raw, key: Source.notes.key)
            notes = consume made
        }
        let order = script.order
        let file = try Descriptor.memoryFile(named: "par-script")
        let head = Array("\(notes?.socket.name ?? "")\0\(order.ticket)\0".utf8)
        try writeAll(file.raw, head + order.text)
        let isTaken = try link.request(order.id, (script.files?.numbers ?? []) + [file.raw])
        extendLifetime(file)
        return isTaken
    }

    /// The zygote has answered: with the script's pid, or an errno negated.
    func heardOf(_ id: ScriptID, pid: Int32) {
        guard pid > 0 else {
            return finish(id, .refused("it can't be forked: \(SystemError("fork", .init(rawValue: -pid)))"))
        }
        adopt(script: id, pid: pid)
    }

    /// Takes a script's process in, by what the zygote or the process itself says. Nothing but a child is believed to be one.
    private func adopt(script id: ScriptID, pid: Int32) {
        guard let script = scripts[id], script.handle == nil else { return }
        guard pids[pid] == nil, scriptPIDs[pid] == nil, !isZygote(pid) else { return finish(id, .lost) }
        do {
            let handle = try ProcessHandle(child: pid)
            try supervisor.events.add(handle.pidfd, key: Source.script(id).key)
            script.handle = consume handle
        } catch {
            // It is none, or can't be watched.
            if error.errno != .noChildProcess { bury(pid) }
            return refuseUnlessBegun(id, "its process can't be watched: \(error)")
        }
        scriptPIDs[pid] = id
        if script.isDeserted { killScript(script) }
    }

    /// Whoever takes the claim first decides: the script doesn't begin any more, or it has.
    private func refuseUnlessBegun(_ id: ScriptID, _ reason: String) {
        guard let script = scripts[id] else { return }
        finish(id, script.stayBack() ? .refused(reason) : .lost)
    }

    /// Its zygote was lost before it had answered. The process may be there all the same, and then it says so itself.
    func loseZygote(ofScript id: ScriptID) {
        guard let script = scripts[id], script.handle == nil else { return }
        if script.stayBack() { return finish(id, .refused("its interpreter was lost")) }
        script.isUnheard = true
        sweepSoon()
    }

    /// Gives scripts up that have begun, have not said so for a while after their zygote was lost, and so have ended.
    func loseUnheardScripts() {
        for (id, script) in scripts where script.isUnheard && !script.hasProcess { finish(id, .lost) }
    }

    // MARK: Notes

    /// Notes that are read until others get their turn: anybody can send some.
    private static let notesAtOnce = 256

    func hearNotes() {
        for _ in 0..<Self.notesAtOnce {
            guard let (id, ticket, pid, note) = notes?.next() else { return }
            guard let script = scripts[id], script.order.ticket == ticket else { continue }
            // It may be heard before its zygote is.
            if script.handle == nil { adopt(script: id, pid: pid) }
            guard script.handle?.pid == pid else { continue }
            switch note {
            case .begun: tellBegin(of: script)
            case .refused(let reason): tellEnd(of: script, .refused(reason))
            case .ended(let exit, let imports): tellEnd(of: script, .ended(exit, imports: imports))
            }
        }
    }

    private func tellBegin(of script: ScriptRecord) {
        if script.hasBegun { return }
        script.hasBegun = true
        script.files = nil
        let readyAt = record(of: script.order.runtime)?.readyAt ?? Monotonic.now()
        script.observer(.begun(pid: Int(script.handle?.pid ?? 0), readyAt: readyAt))
    }

    private func tellEnd(of script: ScriptRecord, _ event: ScriptEvent) {
        if script.isTold { return }
        script.isTold = true
        // Its own word of that may have been lost.
        if case .ended = event { tellBegin(of: script) }
        script.observer(event)
    }

    // MARK: Ends

    /// A script's process has ended.
    func hearScript(_ id: ScriptID) {
        // What it has said last comes first.
        hearNotes()
        guard let script = scripts[id], let pid = script.handle?.pid else { return }
        let exit: Exit
        do {
            guard let end = try script.handle?.reap() else { return }
            exit = end
        } catch {
            bury(pid)
            return finish(id, .lost)
        }
        // One that has ended before it began has done nothing.
        let isMissed = !script.hasBegun && script.stayBack()
        finish(id, isMissed ? .refused("its process ended with \(exit) before it began") : .ended(exit, imports: []))
        sweepSoon()
    }

    /// A script is over: tells its client how, unless that has been done, and forgets it.
    func finish(_ id: ScriptID, _ event: ScriptEvent) {
        guard let script = scripts.removeValue(forKey: id) else { return }
        if let pid = script.handle?.pid { scriptPIDs[pid] = nil }
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
        script.isDeserted = true
        if script.handle != nil { return killScript(script) }
        // Nobody begins what nobody waits for.
        if script.stayBack(), !script.isAsked { finish(id, .lost) }
    }

    private func killScript(_ script: ScriptRecord) {
        script.handle?.signalGroup(SIGKILL)
        // It may not lead a group yet.
        script.handle?.kill()
    }

    func signalScripts(_ number: Int32) {
        for script in scripts.values {
            script.handle?.signalGroup(number)
            if number == SIGKILL { script.handle?.kill() }
        }
        guard number == SIGKILL else { return }
        for id in scripts.keys.sorted() where scripts[id]?.hasProcess == false {
            refuseUnlessBegun(id, ScriptOrder.draining)
        }
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
            if let pid = script.handle?.pid {
                counts[runtime, default: .init()].pids.append(Int(pid))
            } else {
                counts[runtime, default: .init()].waiting += 1
            }
        }
        return counts
    }
}
