import Bytes
import Control
import Glibc
import Linux
import Report
import Varlink

/// Has a script run by the daemon, and is to its caller what the script's process would be: it hands on signals, stops and goes on
/// with it, and ends as it does.
///
/// Until the script begins it may be run by the interpreter itself instead. The claim decides which: an eventfd that holds 1, and
/// whoever reads that runs the script.
struct ScriptClient: ~Copyable {
    private let line: PythonLine
    private let cold: ColdPython

    /// How long the daemon may take to take the call, and to have the script begin. Where it has a new interpreter to start, the
    /// script is run without it after that, and the next one finds it.
    private static let patience = Duration.seconds(3)
    /// How long it may take to answer at all.
    private static let greeting = Duration.seconds(1)

    /// `O_PATH`, which Glibc's module leaves out: a directory that can be entered need not be readable.
    private static let pathOnly: Int32 = 0o10_000_000

    init(_ line: PythonLine, _ cold: ColdPython) {
        self.line = line
        self.cold = cold
    }

    consuming func run() throws -> Int32 {
        let signals = try Signals([
            SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT,
        ])
        var text: [UInt8] = []
        let connection: DaemonConnection
        do {
            connection = try greet { text = $0 }
        } catch {
            try stayCold(signals, "there is no daemon: \(error.message ?? "it can't be reached")")
        }
        let claim: Descriptor
        do {
            claim = try Claim.new()
        } catch {
            try stayCold(signals, "\(error)")
        }
        return try serve(connection, text, claim, signals)
    }

    /// A connection to a daemon that answers. What is sent to one that never takes it would stay open there: who reads what the
    /// script writes would wait for ever.
    ///
    /// - Parameter take: gets the text of the call's parameters, which is made while the answer is on its way.
    private borrowing func greet(_ take: ([UInt8]) -> Void) throws(CommandError) -> DaemonConnection {
        var connection = try line.service.connect(patience: Self.greeting)
        try connection.start(Ping.method, text: Array("{}".utf8), more: false)
        take(try request().json)
        let _: Bool = try connection.next(reader: { _ in nil }, text: { _ in true })
        connection.client.patience = Self.patience
        return connection
    }

    private borrowing func serve(
        _ connection: consuming DaemonConnection, _ request: [UInt8], _ claim: borrowing Descriptor, _ signals: Signals
    ) throws -> Int32 {
        do {
            let directory = Descriptor(owning: open(".", Self.pathOnly | O_DIRECTORY | O_CLOEXEC))
            try connection.client.start(
                Script.method, text: request, more: true,
                descriptors: [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, directory.raw, claim.raw])
        } catch {
            guard Claim.take(claim.raw) else { return try lost(nil) }
            try stayCold(signals, "the daemon does not take the call: \(error)")
        }
        let begun: Script.Begun
        switch awaitBegin(&connection, claim, signals) {
        case .begun(let reply): begun = reply
        case .cold(let reason): try stayCold(signals, reason)
        case .signal(let number): return end(by: number)
        case .lost: return try lost(nil)
        }
        let process = try? ProcessHandle(of: Int32(begun.pid))
        standAside()
        return try follow(&connection, begun, process, signals)
    }

    private borrowing func request() throws(CommandError) -> Script.Request {
        var blocked = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &blocked)
        return Script.Request(
            python: cold.interpreter, preload: line.preload, root: line.root(of: line.preload), kind: line.kind,
            script: line.script, words: [cold.interpreter] + line.words, arguments: line.arguments,
            unbuffered: line.unbuffered || Environment.value("PYTHONUNBUFFERED") != nil, why: line.why,
            blocked: Inheritance.signals.filter { sigismember(&blocked, Int32($0)) == 1 },
            surroundings: .init(Surroundings.ofThisProcess), context: try .ofThisProcess())
    }

    // MARK: Until it begins

    private enum Begin {
        case begun(Script.Begun)
        case cold(String)
        /// It has not begun, and won't.
        case signal(Int32)
        /// It has begun, and nobody knows how it goes on.
        case lost
    }

    private borrowing func awaitBegin(
        _ connection: inout DaemonConnection, _ claim: borrowing Descriptor, _ signals: Signals
    ) -> Begin {
        let deadline = Monotonic.now() + UInt64(Self.patience.components.seconds) * 1_000_000_000
        var isDue = false
        var early: [Int32] = []
        while true {
            do {
                if let reply = try Self.next(&connection) {
                    if let begun = reply.begun {
                        // What came before it was there is for it.
                        for number in early { _ = kill(getpid(), number) }
                        return .begun(begun)
                    }
                    guard let reason = reply.cold else { return .lost }
                    return .cold(reason)
                }
            } catch {
                guard Claim.take(claim.raw) else { return .lost }
                return .cold("the daemon does not run it: \(CommandError(error).message ?? "\(error)")")
            }
            let now = Monotonic.now()
            if now >= deadline, !isDue {
                isDue = true
                if Claim.take(claim.raw) { return .cold("its interpreter is not ready yet") }
            }
            let left = isDue ? -1 : Int32(clamping: (deadline - now) / 1_000_000 + 1)
            guard let came = try? signals.wait(beside: connection.client.fileDescriptor, milliseconds: left) else {
                continue
            }
            if came.other {
                do {
                    try connection.client.receiveAvailable()
                } catch {
                    if connection.client.hasBufferedReply { continue }
                    return Claim.take(claim.raw) ? .cold("the daemon has gone") : .lost
                }
            }
            guard came.signal, let number = signals.next() else { continue }
            let endsIt = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2].contains(number)
            if endsIt, Claim.take(claim.raw) { return .signal(number) }
            early.append(number)
        }
    }

    /// The next reply, if it has come.
    private static func next(_ connection: inout DaemonConnection) throws(ClientError) -> Script.Reply? {
        guard connection.client.hasBufferedReply else { return nil }
        return try connection.client.next(reader: { _ in nil }, text: { Script.Reply(parameters: $0) }).reply
    }

    private borrowing func stayCold(_ signals: Signals, _ reason: String) throws -> Never {
        signals.release()
        try cold.begin(because: reason)
    }

    // MARK: While it runs

    /// Leaves the pipes to the script: where it closes one, nobody is to hold it open.
    private borrowing func standAside() {
        let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard nothing >= 0 else { return }
        dup2(nothing, STDIN_FILENO)
        dup2(nothing, STDOUT_FILENO)
        close(nothing)
    }

    private borrowing func follow(
        _ connection: inout DaemonConnection, _ begun: Script.Begun, _ process: borrowing ProcessHandle?,
        _ signals: Signals
    ) throws -> Int32 {
        while true {
            do {
                if let reply = try Self.next(&connection) {
                    // Where this process has stopped it, or somebody has had it go on meanwhile, that is over.
                    if let number = reply.stopped, Self.isStopped(process) {
                        standStill(by: Int32(number), process, signals)
                    }
                    guard let ended = reply.ended else { continue }
                    if line.why { explain(begun, ended) }
                    if let number = ended.signal { return end(by: Int32(number)) }
                    return Int32(ended.code ?? Int(ExitStatus.lost.rawValue))
                }
                let came = try signals.wait(beside: connection.client.fileDescriptor, milliseconds: -1)
                if came.other { try connection.client.receiveAvailable() }
                if came.signal { while let number = signals.pending() { hand(on: number, to: process, signals) } }
            } catch {
                if connection.client.hasBufferedReply { continue }
                process?.signalGroup(SIGKILL)
                return try lost("\(error)")
            }
        }
    }

    private static func isStopped(_ process: borrowing ProcessHandle?) -> Bool {
        switch process {
        case .some(let process): process.standsStill
        case .none: false
        }
    }

    private static func isRunning(_ process: borrowing ProcessHandle?) -> Bool {
        switch process {
        case .some(let process): process.isRunning
        case .none: false
        }
    }

    /// Hands a signal on. One that stops is felt by the script as SIGSTOP: a group that no shell leads could not be stopped by
    /// another.
    private borrowing func hand(on number: Int32, to process: borrowing ProcessHandle?, _ signals: Signals) {
        guard number == SIGTSTP else {
            process?.signalGroup(number)
            return
        }
        process?.signalGroup(SIGSTOP)
        // Until it stands still, it may read what is typed for whoever waits for this process.
        for _ in 0..<Self.looksAtStop where Self.isRunning(process) { poll(nil, 0, 1) }
        standStill(by: number, process, signals)
    }

    /// How often it is looked whether the script has stopped, a millisecond apart.
    private static let looksAtStop = 500

    /// Stops this process, for whoever waits for it, and has the script go on with it.
    private borrowing func standStill(by number: Int32, _ process: borrowing ProcessHandle?, _ signals: Signals) {
        var hasStood = false
        if [SIGTSTP, SIGTTIN, SIGTTOU].contains(number) {
            // Shells tell each of them from SIGSTOP. In a group that no shell leads, nobody is stopped by them.
            signals.undergo(number)
            while let number = signals.pending() {
                if number == SIGCONT { hasStood = true } else { hand(on: number, to: process, signals) }
            }
        }
        if !hasStood { kill(getpid(), SIGSTOP) }
        process?.signalGroup(SIGCONT)
    }

    /// Ends as the script has, so that whoever waits sees the signal.
    private borrowing func end(by number: Int32) -> Int32 {
        // The script has left a core already, if it was to.
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        signal(number, SIG_DFL)
        var all = sigset_t()
        sigemptyset(&all)
        sigaddset(&all, number)
        pthread_sigmask(SIG_UNBLOCK, &all, nil)
        raise(number)
        return 128 + number
    }

    private borrowing func lost(_ reason: String?) throws -> Int32 {
        StandardError.write(
            "parctl: the daemon went away while the script ran\(reason.map { ": " + CommandError.clean($0) } ?? ""); "
                + "nobody knows what it has done\n")
        return ExitStatus.lost.rawValue
    }

    /// Says what the interpreter was, and what a preload would have saved.
    private borrowing func explain(_ begun: Script.Begun, _ ended: Script.Ended) {
        let style = Terminal(STDERR_FILENO, color: .never).style
        let loaded = line.preload.isEmpty ? "" : " with \(line.preload.joined(separator: ", "))"
        let name = CommandError.clean(cold.interpreter + loaded)
        var text =
            begun.warm.map {
                "parctl: warm: in a fork of \(name), ready for \(Units.duration($0, unicode: style.unicode))"
            }
            ?? "parctl: warm: in a fork of \(name), which was started for it"
        if let reason = begun.reason { text += " (\(CommandError.clean(reason)))" }
        if let first = ended.imports?.first {
            text +=
                "\nparctl: --preload \(CommandError.clean(first.name)) would have saved "
                + "\(Units.duration(first.nanoseconds, unicode: style.unicode)) of its start"
        }
        StandardError.write(text + "\n")
    }
}

extension Signals {
    /// The next signal that has come, without waiting; nil where there is none.
    func pending() -> Int32? {
        guard let came = try? wait(beside: -1, milliseconds: 0), came.signal else { return nil }
        return next()
    }
}
