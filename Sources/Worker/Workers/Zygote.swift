import Glibc
import Ledger
import Linux
import SystemPackage

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
            // What tasks start may be other programs of the same user, and must not get at the ledger.
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
                complain("this program is started by a pard of the same version, and can't be run by hand")
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
            complain("\(error); this program is started by a pard of the same version, and can't be run by hand")
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

/// The fork server: one thread that waits for the daemon's word and forks.
struct Zygote: ~Copyable {
    private let arena: Arena
    private let control: MessageSocket
    private let support: (any RuntimeSupport.Type)?

    init(arena: Arena, control: consuming MessageSocket, support: (any RuntimeSupport.Type)?) {
        self.arena = arena
        self.control = control
        self.support = support
    }

    /// Serves until the daemon closes its end.
    consuming func serve() throws(SystemError) {
        while let request = try control.receive(atMost: 1 + 2 * ZygoteProtocol.requestLimit) {
            switch request.first.flatMap(ZygoteProtocol.Request.init(rawValue:)) {
            case .fork: try reply(to: request.dropFirst(), exec: false)
            case .exec: try reply(to: request.dropFirst(), exec: true)
            case .ping: try control.send([ZygoteProtocol.Request.ping.rawValue])
            case nil: break
            }
        }
    }

    private borrowing func reply(to words: ArraySlice<UInt32>, exec: Bool) throws(SystemError) {
        var pids: [UInt32] = []
        pids.reserveCapacity(words.count / 2)
        for index in stride(from: words.startIndex, to: words.endIndex - 1, by: 2) {
            do {
                let pid = try ThisProcess.forkSibling()
                if pid == 0 { become(workerAt: words[index], ticket: words[index + 1], exec: exec) }
                pids.append(UInt32(pid))
            } catch {
                pids.append(UInt32(bitPattern: -error.errno.rawValue))
            }
        }
        try control.send(pids)
    }

    private borrowing func become(workerAt slot: UInt32, ticket: UInt32, exec: Bool) -> Never {
        // Without this, the daemon would not see the zygote's end while a worker lives.
        closeInherited(control.raw)
        if exec { WorkerProgram.start(slot: slot, ticket: ticket) }
        WorkerProcess.run(
            arena: arena, number: Int(slot), ticket: ticket, event: ZygoteProtocol.Inherited.event,
            support: support)
    }
}
