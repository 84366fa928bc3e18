import Ledger
import Linux
import SystemPackage

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
