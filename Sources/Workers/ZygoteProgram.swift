import Glibc
import Ledger
import Linux

/// The whole of a zygote's program: the fork server, a worker that was started anew, or neither if started by hand.
public enum ZygoteProgram {
    /// Runs the program that this process was started as. Started by pard, it has the arena, the daemon's event and the
    /// control socket as descriptors 3 to 5; its arguments are those of its runtime.
    ///
    /// - Parameter support: what makes its workers more than every worker is; nil for nothing.
    /// - Returns: the exit code.
    public static func run(_ support: (any RuntimeSupport.Type)?) -> Int32 {
        let arguments = CommandLine.arguments.dropFirst()
        do {
            // The ledger is no business of what tasks start, which may be other programs of the same user.
            try ThisProcess.denyInspection()
            let numbers = arguments.dropFirst().prefix(2).map { UInt32($0) }
            if arguments.first == WorkerProgram.flag, numbers.count == 2, let slot = numbers[0], let ticket = numbers[1]
            {
                try WorkerProgram.run(
                    slot: Int(slot), ticket: ticket, support: support, arguments: Array(arguments.dropFirst(3)))
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
            let control = MessageSocket(Descriptor(owning: ZygoteProtocol.Inherited.control))
            do {
                try support?.prepare(bind(Array(arguments)))
            } catch {
                try control.send(ZygoteProtocol.refusal("\(error)"))
                // Hanging up with requests unread would throw away what was said. The daemon does so once it has heard.
                while try control.receive(atMost: ZygoteProtocol.answerLimit) != nil {}
                return 1
            }
            // Made once, for all of its workers.
            _ = WorkloadCode.table
            // Its workers know the answer from the start.
            Processors.tryMoving()
            try Zygote(arena: arena, control: control, support: support).serve()
            return 0
        } catch {
            complain("\(error); this program is started by pard and can't be run by hand")
            return 1
        }
    }

    /// Takes on the bound on memory that stands before a runtime's arguments, for this process and all that it forks.
    ///
    /// - Returns: the runtime's arguments.
    static func bind(_ arguments: [String]) throws(RuntimeFault) -> [String] {
        guard arguments.first == ZygoteProtocol.memoryFlag else { return arguments }
        guard arguments.count > 1, let bytes = UInt64(arguments[1]) else { throw RuntimeFault("a bound has no number") }
        do {
            try ThisProcess.limitMemory(bytes: bytes)
        } catch {
            throw RuntimeFault("\(error)")
        }
        return Array(arguments.dropFirst(2))
    }
}
