import Glibc
import Ledger
import Linux
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
            Worker(arena: arena, number: number, event: event).run(support)
        } else {
            ThreadHost(arena: arena, number: number, event: event, support: support).serve()
        }
        ThisProcess.leave(ExitCode.told)
    }
}

/// A worker process that is a program of its own, for the comparison with forked ones.
enum WorkerProgram {
    /// The argument by which the program knows what it is. The slot, the ticket and the runtime's arguments follow.
    static let flag = "--worker"
    private static let startFailed: Int32 = 73

    /// Turns this process into the program, for the worker at `slot`, which was offered with `ticket`.
    static func start(slot: UInt32, ticket: UInt32) -> Never {
        let own = CommandLine.arguments
        withCStrings([own[0], flag, String(slot), String(ticket)] + own.dropFirst()) { arguments in
            for descriptor in [
                ZygoteProtocol.Inherited.arena, ZygoteProtocol.Inherited.event, ZygoteProtocol.Inherited.guardian,
            ] {
                _ = fcntl(descriptor, F_SETFD, 0)
            }
            _ = execve("/proc/self/exe", arguments, environ)
        }
        ThisProcess.leave(startFailed)
    }

    /// Runs the program.
    static func run(
        slot: Int, ticket: UInt32, support: (any RuntimeSupport.Type)?, arguments: [String]
    ) throws(SystemError) -> Never {
        let file = Descriptor(owning: ZygoteProtocol.Inherited.arena)
        guard let arena = try Arena(mapping: file), (0..<arena.slotCount).contains(slot) else {
            ThisProcess.leave(startFailed)
        }
        do {
            try support?.prepare(ZygoteProgram.bind(arguments))
        } catch {
            complain("\(error)")
            ThisProcess.leave(startFailed)
        }
        WorkerProcess.run(
            arena: arena, number: slot, ticket: ticket, event: ZygoteProtocol.Inherited.event, support: support)
    }
}

/// Says on standard error what this program can't do.
func complain(_ message: String) {
    let line = Array("\(CommandLine.arguments.first ?? "parzygote"): \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

/// Closes a descriptor that this process got from its parent and has no owner for.
func closeInherited(_ descriptor: Int32) {
    close(descriptor)
}
