import Catalogue
import Glibc
import Ledger
import Linux

/// The whole of a zygote's program: the fork server, a worker that was started anew, or neither if started by hand.
public enum ZygoteProgram {
    /// Runs the program that this process was started as. Started by pard, it has the arena, the daemon's event and the
    /// control socket as descriptors 3 to 5; its argument is the library of its workers, if they have one.
    ///
    /// - Parameter repertoire: what its workers can do beyond the workloads that need no library; nil for nothing.
    /// - Returns: the exit code.
    public static func run(_ repertoire: (any Repertoire.Type)?) -> Int32 {
        let arguments = CommandLine.arguments.dropFirst()
        do {
            // The ledger is no business of what tasks start, which may be other programs of the same user.
            try ThisProcess.denyInspection()
            let numbers = arguments.dropFirst().map { UInt32($0) }
            if arguments.first == WorkerProgram.flag, numbers.count == 2, let slot = numbers[0], let ticket = numbers[1]
            {
                try WorkerProgram.run(slot: Int(slot), ticket: ticket, repertoire: repertoire)
            }
            if arguments.first == GuardianProtocol.flag {
                try Guardian(arguments.dropFirst())?.watch()
                return 0
            }
            try ThisProcess.dieWithParent()
            guard let arena = try Arena(mapping: Descriptor(owning: ZygoteProtocol.Inherited.arena)) else {
                complain("this program is started by pard and can't be run by hand")
                return 2
            }
            guard UInt32(ThisProcess.parent) == arena.header.daemon.pointee else { return 1 }
            if let library = Library.loadable.first(where: { $0.name == arguments.first }) {
                repertoire?.preload(library)
            }
            // Made once, for all of its workers.
            _ = WorkloadCode.table
            // Its workers know the answer from the start.
            Processors.tryMoving()
            let control = MessageSocket(Descriptor(owning: ZygoteProtocol.Inherited.control))
            try Zygote(arena: arena, control: control, repertoire: repertoire).serve()
            return 0
        } catch {
            complain("\(error); this program is started by pard and can't be run by hand")
            return 1
        }
    }

    private static func complain(_ message: String) {
        let line = Array("\(CommandLine.arguments.first ?? "parzygote"): \(message)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }
}
