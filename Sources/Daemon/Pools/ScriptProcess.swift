import Glibc
import Ledger
import Linux

/// A process that an interpreter's zygote has forked for one script. It waits for that where it has come ahead of it: then the
/// script needn't wait for a fork.
final class ScriptProcess {
    /// By which the event loop knows it. A daemon gives none out twice.
    let number: Int
    /// Nil until the zygote has told of it.
    var handle: ProcessHandle?
    /// Where its script is handed over; nil once that is done, or it isn't wanted any more: then it ends.
    var socket: MessageSocket?
    /// Nil while it waits.
    var script: ScriptID?

    var pid: Int32? { handle?.pid }

    init(_ number: Int) {
        self.number = number
    }

    /// Sends a signal to it and to all of its group.
    func signal(_ number: Int32) {
        guard script != nil else {
            if number == SIGKILL { handle?.kill() }
            return
        }
        handle?.signalGroup(number)
        // It may not lead a group yet.
        if number == SIGKILL { handle?.kill() }
    }
}

// How the driver gets processes for scripts, and hands scripts to them.
extension Driver {
    /// How long no process is asked for ahead after one could not be had, or has ended while it waited.
    private static let sparePauseNanoseconds: UInt64 = 1_000_000_000
    /// How many processes may have ended before a script was handed to them, until it is given up.
    private static let maximumMisses = 4

    /// Hands the scripts that wait to processes that do, and asks for those that are missing.
    func flushScripts(of record: RuntimeRecord) {
        while let id = record.scripts.first {
            guard let script = scripts[id] else {
                record.scripts.removeFirst()
                continue
            }
            guard !record.spares.isEmpty else { break }
            let process = record.spares.removeFirst()
            do {
                try hand(script, to: process)
            } catch  where error.errno == .brokenPipe || error.errno == .connectionReset {
                // It has ended, which is about to be heard.
                dismiss(process)
                script.misses += 1
                if script.misses == Self.maximumMisses { finish(id, .refused("its processes end before they have it")) }
                continue
            } catch {
                dismiss(process)
                finish(id, .refused("it can't be handed to its process: \(error)"))
                continue
            }
            record.scripts.removeFirst()
            (script.process, process.script) = (process, id)
        }
        askForProcesses(of: record)
    }

    private func hand(_ script: ScriptRecord, to process: ScriptProcess) throws(SystemError) {
        if notes == nil {
            let made = ScriptNotes(socket: try NoteSocket())
            try supervisor.events.add(made.socket.raw, key: Source.notes.key)
            notes = consume made
        }
        let file = try Descriptor.memoryFile(named: "par-script")
        let head = Array("\(notes?.socket.name ?? "")\0\(script.order.ticket)\0".utf8)
        try writeAll(file.raw, head + script.order.text)
        try process.socket?.send([0], descriptors: (script.files?.numbers ?? []) + [file.raw])
        extendLifetime(file)
        process.socket = nil
    }

    /// Asks the zygote for as many processes as there are scripts that wait, and for one more where that is due.
    private func askForProcesses(of record: RuntimeRecord) {
        guard let link = record.link, link.hasAnswered, !closing.isFinal else { return }
        var missing = record.scripts.count - record.spares.count - link.unansweredScripts.count
        if let due = record.spareAt, due <= Monotonic.now() {
            if missing >= 0, !link.hasRoom { return }
            missing += 1
            record.spareAt = nil
        }
        while missing > 0, link.hasRoom {
            let process = ScriptProcess(scriptProcessCount)
            do {
                guard try link.request(process) else { return }
                scriptProcessCount += 1
            } catch {
                return refuseFirst(of: record, "its process can't be asked for: \(error)")
            }
            missing -= 1
        }
    }

    /// No process could be had: the script that has waited longest is not run.
    private func refuseFirst(of record: RuntimeRecord, _ reason: String) {
        if let id = record.scripts.first { return finish(id, .refused(reason)) }
        record.spareAt = Monotonic.now() + Self.sparePauseNanoseconds
    }

    /// The zygote has answered: with a process's pid, or an errno negated. Nothing but a child is believed to be one.
    func adopt(_ process: ScriptProcess, pid: Int32, of record: RuntimeRecord) {
        guard pid > 0 else {
            return refuseFirst(
                of: record, "it can't be forked: \(SystemError("fork", .init(rawValue: -pid)))")
        }
        guard pids[pid] == nil, scriptPIDs[pid] == nil, !isZygote(pid), pid != supervisor.guardian.pid,
            record.link.map({ !isStranger(pid, to: $0.process.pid) }) == true
        else {
            process.socket = nil
            return refuseFirst(of: record, "its interpreter tells of process \(pid), which it has not forked")
        }
        do {
            let handle = try ProcessHandle(child: pid)
            try supervisor.events.add(handle.pidfd, key: Source.script(process.number).key)
            process.handle = consume handle
        } catch {
            process.socket = nil
            // It is none, or can't be watched.
            if error.errno != .noChildProcess { bury(pid) }
            return refuseFirst(of: record, "its process can't be watched: \(error)")
        }
        scriptProcesses[process.number] = process
        scriptPIDs[pid] = process.number
        record.spares.append(process)
    }

    /// A process has ended.
    func forget(_ process: ScriptProcess) {
        scriptProcesses[process.number] = nil
        if let pid = process.pid { scriptPIDs[pid] = nil }
        if process.script != nil { return }
        for record in runtimes where record.spares.contains(where: { $0 === process }) {
            record.spares.removeAll { $0 === process }
            record.spareAt = Monotonic.now() + Self.sparePauseNanoseconds
        }
    }

    /// Ends processes that wait for a script of an interpreter which is none any more.
    func dismissSpares(of record: RuntimeRecord) {
        for process in record.spares { dismiss(process) }
        (record.spares, record.spareAt) = ([], nil)
    }

    /// Ends one that has no script. It stays known until it has ended.
    func dismiss(_ process: ScriptProcess) {
        process.socket = nil
        process.handle?.kill()
    }
}
