import Glibc
import Ledger
import Linux
import Scheduling

/// The daemon's end of a zygote: starts it, asks it for processes, hears of its end. Nothing here waits.
final class ZygoteLink {
    let runtime: RuntimeID
    /// Tells it from all others that this daemon has had.
    let number: Int
    let process: ProcessHandle
    /// Nil once it has been given up.
    private var socket: MessageSocket?
    /// Requests that have not been answered, oldest first.
    private var pending: [Request] = []
    /// When it was started, or last answered, or asked while it owed nothing.
    private var progressAt: UInt64
    /// Whether it has answered something, so that it is of use.
    private(set) var hasAnswered = false
    /// What has come of its report.
    private var report: [UInt8] = []
    /// Whether its end is no news, as it has been told to end or has said why it does.
    var endsAsExpected = false

    /// So many requests are out at a time. Both directions of the socket have room for them, and what comes meanwhile is
    /// asked for together.
    private static let window = 8

    private enum Request {
        case processes([ProcessID])
        case script(ScriptProcess)
        case ping
    }

    /// What the zygote says.
    enum Answer {
        /// A pid, or an errno negated, for each process.
        case processes([(process: ProcessID, pid: Int32)])
        case ping
        /// The pid of a process that waits for a script, or an errno negated.
        case script(ScriptProcess, pid: Int32)
        /// What it is made of, before its first answer.
        case report(RuntimeReport)
        /// It can't be what it was to be, and has ended.
        case refusal(String)
        /// Nothing as yet.
        case none
        /// It won't say anything any more.
        case end
    }

    /// A process to be asked for.
    struct Order {
        let process: ProcessID
        let slot: UInt32
        let ticket: UInt32
    }

    /// - Parameter more: the guardian's end for the project's own code, the crash file for an interpreter.
    init(
        _ runtime: Runtime, number: Int, environment: Variables, arena: Int32, event: Int32,
        files: Int32, more: Int32?
    ) throws(SystemError) {
        self.runtime = runtime.id
        self.number = number
        let bound =
            (runtime.memoryBytes.map { [ZygoteProtocol.memoryFlag, String($0)] } ?? [])
            + (runtime.growthBytes.map { [ZygoteProtocol.growthFlag, String($0)] } ?? [])
        var started: Int32 = 0
        let socket = try MessageSocket.pair { other throws(SystemError) in
            var program = Program(
                path: runtime.program, arguments: runtime.launcher + bound + runtime.arguments,
                environment: environment, descriptors: [arena, event, other.raw, files] + (more.map { [$0] } ?? []))
            program.directory = runtime.directory
            program.hasNoInput = runtime.trust == .foreign
            // What a user's code writes as it is loaded is not to get among what this process's user reads.
            if runtime.trust == .foreign { program.output = STDERR_FILENO }
            started = try program.spawn()
            extendLifetime(other)
        }
        do {
            process = try ProcessHandle(child: started)
        } catch {
            // Reaped as a stranger.
            kill(started, SIGKILL)
            throw error
        }
        self.socket = consume socket
        progressAt = Monotonic.now()
    }

    /// Its end of the socket; -1 once it has been given up.
    var descriptor: Int32 {
        socket?.raw ?? -1
    }

    /// Whether it may be asked for more.
    var hasRoom: Bool { pending.count < Self.window }
    /// Whether an answer is awaited.
    var owes: Bool { !pending.isEmpty }
    /// Since when it has been awaited without anything being heard.
    var silentSince: UInt64 { progressAt }

    /// Asks for processes, at most ``ZygoteProtocol/requestLimit``.
    ///
    /// - Returns: false where the request could not be taken now.
    func request(_ orders: some Sequence<Order>, exec: Bool) throws(SystemError) -> Bool {
        let kind = exec ? ZygoteProtocol.Request.exec : ZygoteProtocol.Request.fork
        var words = [kind.rawValue]
        var processes: [ProcessID] = []
        for order in orders {
            words.append(order.slot)
            words.append(order.ticket)
            processes.append(order.process)
        }
        return try send(words, .processes(processes))
    }

    /// Asks for a process that waits for a script at the other end of its socket.
    ///
    /// - Returns: false where the request could not be taken now.
    func request(_ process: ScriptProcess) throws(SystemError) -> Bool {
        var isTaken = false
        let socket = try MessageSocket.pair { other throws(SystemError) in
            isTaken = try send([ZygoteProtocol.Request.script.rawValue], .script(process), [other.raw])
            extendLifetime(other)
        }
        if isTaken { process.socket = consume socket }
        return isTaken
    }

    /// Asks for a sign of life.
    func ping() throws(SystemError) -> Bool {
        try send([ZygoteProtocol.Request.ping.rawValue], .ping)
    }

    private func send(_ words: [UInt32], _ request: Request, _ files: [Int32] = []) throws(SystemError) -> Bool {
        do {
            try socket?.send(words, descriptors: files)
        } catch  where error.errno == .resourceTemporarilyUnavailable || error.errno == .noBufferSpace {
            return false
        } catch  where error.errno == .brokenPipe || error.errno == .connectionReset {
            // It has ended. How, is about to be heard, and says more; what it owes then comes back.
        }
        if pending.isEmpty { progressAt = Monotonic.now() }
        pending.append(request)
        return true
    }

    /// The processes that were asked for and not answered.
    var unanswered: [ProcessID] {
        pending.flatMap { request in
            if case .processes(let processes) = request { processes } else { [ProcessID]() }
        }
    }

    /// The processes for scripts that were asked for and not answered.
    var unansweredScripts: [ScriptProcess] {
        pending.compactMap { if case .script(let process) = $0 { process } else { nil } }
    }

    /// Its oldest answer.
    func answer() throws(SystemError) -> Answer {
        let words: [UInt32]?
        do {
            // Only what comes first may be long.
            let limit = hasAnswered ? ZygoteProtocol.answerLimit : ZygoteProtocol.pieceLimit
            words = try socket?.receive(atMost: limit, waiting: false) ?? nil
        } catch  where error.errno == .resourceTemporarilyUnavailable {
            return .none
        }
        guard let words, let request = pending.first else { return .end }
        if !hasAnswered, words.first == ZygoteProtocol.piece {
            guard ZygoteProtocol.take(piece: words, into: &report) else { return .end }
            return report.count == Int(words[1]) ? .report(RuntimeReport(report)) : .none
        }
        switch request {
        case .processes(let processes):
            // One that says anything else has lost its mind; what it was asked for stays open.
            if words.count != processes.count { return .end }
            note()
            return .processes(zip(processes, words).map { ($0, Int32(bitPattern: $1)) })
        case .script(let process):
            guard words.count == 1, let pid = words.first else { return .end }
            note()
            return .script(process, pid: Int32(bitPattern: pid))
        case .ping:
            if !hasAnswered, let reason = ZygoteProtocol.refusalReason(words) { return .refusal(reason) }
            if words != [ZygoteProtocol.Request.ping.rawValue] { return .end }
            note()
            return .ping
        }
    }

    /// Its oldest request has been answered.
    private func note() {
        pending.removeFirst()
        hasAnswered = true
        progressAt = Monotonic.now()
    }

    /// Kills it, and hears it no more. Its pidfd tells when it has ended.
    func giveUp() {
        process.kill()
        socket = nil
    }
}
