import Glibc
public import Ledger
public import Linux
import Synchronization

/// A forked process, from its first instruction to its last.
public enum WorkerProcess {
    /// Why a worker process ended by itself.
    enum ExitCode {
        static let told: Int32 = 0
        static let orphaned: Int32 = 70
        static let revoked: Int32 = 71
        static let noThread: Int32 = 72
    }

    /// Is a worker at slot `number`, or a thread host if other slots are linked to it, until told to leave.
    ///
    /// - Parameter ticket: the one with which the slot has been offered to it.
    public static func run(
        arena: Arena, number: Int, ticket: UInt32, event: Int32, support: (any RuntimeSupport.Type)?
    ) -> Never {
        do {
            try ThisProcess.dieWithParent()
        } catch {
            ThisProcess.leave(ExitCode.orphaned)
        }
        // The daemon may have ended before the line above.
        if UInt32(ThisProcess.parent) != arena.header.daemon.pointee { ThisProcess.leave(ExitCode.orphaned) }
        let slot = arena.slot(number)
        // The daemon may have given up on this process, as its zygote was lost before it could tell of it.
        if !slot.take(ticket: ticket, pid: ThisProcess.pid) { ThisProcess.leave(ExitCode.revoked) }
        // What the tasks of this worker start is not to get at the ledger through it.
        arena.closeFile()
        ThisProcess.setName("par-worker")
        ThisProcess.setTimerSlack(nanoseconds: 1000)
        if slot.link.pointee == Slot.none {
            let isSpent = Worker(arena: arena, number: number, event: event).run(support)
            if isSpent { ThisProcess.leave(ZygoteProtocol.renewalExitCode) }
        } else {
            // It has threads to start and to wait for, and nothing else to do.
            support?.beginWaiting()
            ThreadHost(arena: arena, number: number, event: event, support: support).serve()
        }
        ThisProcess.leave(ExitCode.told)
    }
}

/// A worker process that is a program of its own, for the comparison with forked ones.
public enum WorkerProgram {
    /// The argument by which the program knows what it is. The slot, the ticket and the runtime's arguments follow.
    static let flag = "--worker"
    private static let startFailed: Int32 = 73

    /// Turns this process into the program, for the worker at `slot`, which was offered with `ticket`.
    ///
    /// - Parameter launcherWords: how many words of the command line are the program's own.
    static func start(slot: UInt32, ticket: UInt32, launcherWords: Int) -> Never {
        let own = ThisProcess.arguments
        let launcher = own.prefix(launcherWords)
        withCStrings(launcher + [flag, String(slot), String(ticket)] + own.dropFirst(launcherWords)) { arguments in
            for descriptor in [
                ZygoteProtocol.Inherited.arena, ZygoteProtocol.Inherited.event, ZygoteProtocol.Inherited.files,
                ZygoteProtocol.Inherited.guardian,
            ] {
                _ = fcntl(descriptor, F_SETFD, 0)
            }
            _ = execve("/proc/self/exe", arguments, environ)
        }
        ThisProcess.leave(startFailed)
    }

    /// The place that was offered to a worker.
    public struct Place: Sendable {
        let slot: Int
        let ticket: UInt32
    }

    /// The place in a program's arguments; nil where it is to be no worker.
    public static func place(_ arguments: some Collection<String>) -> Place? {
        let numbers = arguments.dropFirst().prefix(2).map { UInt32($0) }
        guard arguments.first == flag, numbers.count == 2, let slot = numbers[0], let ticket = numbers[1] else {
            return nil
        }
        return Place(slot: Int(slot), ticket: ticket)
    }

    /// Runs the program.
    ///
    /// - Parameter arguments: the runtime's, with the bound on memory before them.
    static func run(
        _ place: Place, support: (any RuntimeSupport.Type)?, arguments: [String]
    ) throws(SystemError) -> Never {
        do {
            try support?.prepare(ZygoteProgram.bind(arguments))
        } catch {
            giveUp("\(error)")
        }
        try work(place, support)
    }

    /// Is the worker, in a program whose runtime is ready.
    public static func work(_ place: Place, _ support: (any RuntimeSupport.Type)?) throws(SystemError) -> Never {
        let file = Descriptor(owning: ZygoteProtocol.Inherited.arena)
        guard let arena = try Arena(mapping: file), (0..<arena.slotCount).contains(place.slot) else {
            ThisProcess.leave(startFailed)
        }
        WorkerProcess.run(
            arena: arena, number: place.slot, ticket: place.ticket, event: ZygoteProtocol.Inherited.event,
            support: support)
    }

    /// Says why the program can be no worker, and ends it.
    public static func giveUp(_ reason: String) -> Never {
        complain(reason)
        ThisProcess.leave(startFailed)
    }
}

/// Says on standard error what this program can't do.
func complain(_ message: String) {
    let line = Array("\(ThisProcess.arguments.first ?? "parzygote"): \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

/// Closes a descriptor that this process got from its parent and has no owner for.
func closeInherited(_ descriptor: Int32) {
    close(descriptor)
}
