import Glibc
import Ledger
import Linux

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
