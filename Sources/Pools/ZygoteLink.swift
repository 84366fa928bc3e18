import Ledger
import Linux

/// The daemon's end of the zygote: starts it, asks it for processes, hears of its end.
final class ZygoteLink {
    let process: ProcessHandle
    let socket: MessageSocket
    /// Requests that have not been answered, oldest first.
    private var pending: [Request] = []

    private enum Request {
        case processes([ProcessID])
        case ping
    }

    /// What the zygote says.
    enum Answer {
        /// A pid, or an errno negated, for each process.
        case processes([(process: ProcessID, pid: Int32)])
        case ping
    }

    init(
        path: String, arguments: [String], environment: Variables, arena: Int32, event: Int32, guardian: Int32
    ) throws(SystemError) {
        var started: Int32 = 0
        socket = try MessageSocket.pair { other throws(SystemError) in
            let program = Program(
                path: path, arguments: arguments, environment: environment,
                descriptors: [arena, event, other.raw, guardian])
            started = try program.spawn()
            extendLifetime(other)
        }
        process = try ProcessHandle(child: started)
    }

    /// Asks for one new process for each slot.
    func request(_ processes: [(process: ProcessID, slot: Int)], exec: Bool) throws(SystemError) {
        let kind = exec ? ZygoteProtocol.Request.exec : ZygoteProtocol.Request.fork
        for batch in stride(from: 0, to: processes.count, by: ZygoteProtocol.requestLimit) {
            let part = processes[batch..<min(batch + ZygoteProtocol.requestLimit, processes.count)]
            try socket.send([kind.rawValue] + part.map { UInt32($0.slot) })
            pending.append(.processes(part.map(\.process)))
        }
    }

    /// Asks for a sign of life.
    func ping() throws(SystemError) {
        try socket.send([ZygoteProtocol.Request.ping.rawValue])
        pending.append(.ping)
    }

    /// The processes that were asked for and not answered.
    var unanswered: [ProcessID] {
        pending.flatMap { request in
            if case .processes(let processes) = request { processes } else { [ProcessID]() }
        }
    }

    /// The oldest answer. Nil once the zygote is gone.
    func answer() throws(SystemError) -> Answer? {
        guard let words = try socket.receive(atMost: ZygoteProtocol.requestLimit, waiting: false) else { return nil }
        if pending.isEmpty { return .processes([]) }
        switch pending.removeFirst() {
        case .processes(let processes):
            return .processes(zip(processes, words).map { ($0, Int32(bitPattern: $1)) })
        case .ping: return .ping
        }
    }
}
