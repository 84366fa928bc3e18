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

    /// Is a worker at slot `number`, or a foreman if other slots are linked to it, until told to leave.
    public static func run(arena: Arena, number: Int, event: Int32, repertoire: (any Repertoire.Type)?) -> Never {
        do {
            try ThisProcess.dieWithParent()
        } catch {
            ThisProcess.leave(ExitCode.orphaned)
        }
        // The daemon may have ended before the line above.
        if UInt32(ThisProcess.parent) != arena.header.daemon.pointee { ThisProcess.leave(ExitCode.orphaned) }
        let slot = arena.slot(number)
        let pid = UInt32(ThisProcess.pid)
        let (mine, _) = slot.owner.pointee.compareExchange(expected: 0, desired: pid, ordering: .acquiringAndReleasing)
        // The daemon has given up on this process, as the zygote died before it could tell of it.
        if !mine { ThisProcess.leave(ExitCode.revoked) }
        ThisProcess.setName("par-worker")
        ThisProcess.setTimerSlack(nanoseconds: 1000)
        if slot.link.pointee == Slot.none {
            Worker(arena: arena, number: number, event: event).run(repertoire)
        } else {
            Foreman(arena: arena, number: number, event: event, repertoire: repertoire).serve()
        }
        ThisProcess.leave(ExitCode.told)
    }
}
