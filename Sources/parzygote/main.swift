import Glibc
import Ledger
import Linux
import Workers

// Started by pard, never by hand: descriptors 3 to 5 are the arena, the daemon's event and the control socket.

func complain(_ message: String) {
    let line = Array("parzygote: \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

func serve() -> Int32 {
    do {
        if CommandLine.arguments.count == 3, CommandLine.arguments[1] == WorkerProgram.flag,
            let slot = Int(CommandLine.arguments[2])
        {
            try WorkerProgram.run(slot: slot)
        }
        try ThisProcess.dieWithParent()
        guard let arena = try Arena(mapping: Descriptor(owning: ZygoteProtocol.Inherited.arena)) else {
            complain("this program is started by pard and can't be run by hand")
            return 2
        }
        guard UInt32(ThisProcess.parent) == arena.header.daemon.pointee else { return 1 }
        let control = MessageSocket(Descriptor(owning: ZygoteProtocol.Inherited.control))
        try Zygote(arena: arena, control: control).serve()
        return 0
    } catch {
        complain("\(error); this program is started by pard and can't be run by hand")
        return 1
    }
}

ThisProcess.leave(serve())
