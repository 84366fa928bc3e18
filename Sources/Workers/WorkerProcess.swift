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
