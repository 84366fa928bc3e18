import Bytes
import Control
import Linux
import Pools
import Scheduling
import Synchronization
import Varlink
import VarlinkServer

/// `Script`: runs a script in a fork of a warm interpreter, where that can be as `python3` would; and `KeepInterpreter`.
struct ScriptHandler: Sendable {
    let daemon: DaemonContext

    /// What differs from the caller's in what the zygotes have of this process.
    private static let own = Surroundings.ofThisProcess
    private static let inheritance = Inheritance.ofThisProcess

    func answer(_ call: IncomingCall) throws {
        guard call.wantsMore else { throw ServiceError.expectedMore }
        guard let text = call.parametersText else { throw ServiceError.invalidParameter("parameters") }
        guard let request = Script.Request(parameters: text) else {
            // The ordinary decoder says what is wrong.
            let _: Script.Request = try call.parameters()
            throw ServiceError.invalidParameter("parameters")
        }
        // Files are looked at, which may be far away.
        daemon.planners.run { [self] in
            do {
                try take(request, call)
            } catch {
                call.fail(error)
            }
        }
    }

    private func take(_ request: Script.Request, _ call: IncomingCall) throws {
        func stay(cold reason: String) { call.reply(text: Script.Reply(cold: reason).json) }
        if call.peer.uid != daemon.access.owner { return stay(cold: "the daemon is another user's") }
        if let name = Surroundings.difference(Self.own, request.surroundings.items) {
            return stay(cold: "the caller's \(name) is another than the daemon's")
        }
        if let io = request.context.io, io != Self.inheritance.io {
            return stay(cold: "its class and level at the disk are others than the daemon's")
        }
        guard let files = files(of: call) else {
            throw ControlError.badArgument(
                "descriptors", value: "\(call.descriptors?.count ?? 0)", expected: "\(Script.descriptors) of them")
        }
        let need = try need(request.python, request.preload, request.root, request.context)
        let found: (id: RuntimeID, isNew: Bool, reason: String?)
        switch interpreter(for: need) {
        case .success(let interpreter): found = interpreter
        case .failure(let error):
            guard let reason = Self.reason(error) else { throw error }
            return stay(cold: reason)
        }
        let watch = ScriptWatch(call, daemon, why: request.why, found.isNew, found.reason)
        let id = daemon.supervisor.run(script: words(request), on: found.id, files) { watch.hear($0) }
        call.whenGone { [supervisor = daemon.supervisor] in supervisor.end(script: id) }
    }

    private func interpreter(
        for need: InterpreterNeed
    ) -> Result<(id: RuntimeID, isNew: Bool, reason: String?), ControlError> {
        do {
            return .success(try daemon.interpreter(for: need))
        } catch {
            return .failure(error)
        }
    }

    /// Why a script isn't run here for such an error; nil where the call is wrong.
    private static func reason(_ error: ControlError) -> String? {
        switch error {
        case .workersFailed(let reason): reason.split(separator: "\n").first.map(String.init) ?? reason
        case .notPermitted: "the daemon serves all users"
        default: nil
        }
    }

    private func need(
        _ python: String, _ preload: [String], _ root: String?, _ context: Context
    ) throws(ControlError) -> InterpreterNeed {
        guard python.hasPrefix("/") else {
            throw .badArgument("python", value: python, expected: "an interpreter's path that begins with /")
        }
        if let root, !root.hasPrefix("/") {
            throw .badArgument("root", value: root, expected: "a path that begins with /")
        }
        for name in preload where name.isEmpty || name.utf8.contains(UInt8(ascii: ",")) || name.hasPrefix(".") {
            throw .badArgument("preload", value: name, expected: "a module's name")
        }
        return InterpreterNeed(
            family: .init(
                interpreter: python, directory: root ?? "/", target: InterpreterNeed.scripts, preload: preload),
            environment: context.environment, caller: context.directory)
    }

    private func files(of call: IncomingCall) -> ScriptFiles? {
        guard let all = call.descriptors, all.count == Script.descriptors else { return nil }
        var numbers: [Int32] = []
        for place in 0..<Script.descriptors {
            if let one = all.take(place) { numbers.append(one.release()) }
        }
        return ScriptFiles(owning: numbers)
    }

    /// What `script_order.py` reads.
    private func words(_ request: Script.Request) -> [String] {
        let context = request.context
        func list(_ numbers: [Int]?) -> String { (numbers ?? []).map(String.init).joined(separator: " ") }
        return [
            (request.unbuffered ? "u" : "") + (request.why ? "w" : ""), String(context.umask), list(context.ignored),
            list(request.blocked), list(context.nice.map { [$0] }), list(context.limits),
            list([context.oom, Self.inheritance.oom].compactMap { $0 }), list(context.policy.map { [$0] }),
            list(context.cpus), request.kind.rawValue, request.script, String(request.words.count),
            String(request.arguments),
        ] + request.words + context.environment
    }

    // MARK: Keeping

    func keep(_ call: IncomingCall) throws {
        let request = try call.parameters(as: KeepInterpreter.Request.self)
        daemon.planners.run { [self] in
            do {
                let need = try need(request.python, request.preload, request.root, request.context)
                let id = try daemon.interpreter(for: need).id
                daemon.supervisor.keep(id, true)
                awaitReady(id, call)
            } catch {
                call.fail(error)
            }
        }
    }

    /// Answers once the interpreter is ready, or won't be.
    private func awaitReady(_ id: RuntimeID, _ call: IncomingCall) {
        daemon.supervisor.whenSettled(id) { [daemon] name, health in
            switch health {
            case .ready: call.reply(KeepInterpreter.Reply(pool: name))
            case .broken(let reason):
                daemon.supervisor.keep(id, false)
                call.fail(ControlError.workersFailed(reason: reason))
            case .starting, .gone: call.fail(ControlError.draining)
            }
        }
    }
}

/// One script, from its call to its last reply.
final class ScriptWatch: Sendable {
    private let call: IncomingCall
    private let daemon: DaemonContext
    private let why: Bool
    private let isNew: Bool
    private let reason: String?

    init(_ call: IncomingCall, _ daemon: DaemonContext, why: Bool, _ isNew: Bool, _ reason: String?) {
        self.call = call
        self.daemon = daemon
        self.why = why
        self.isNew = isNew
        self.reason = reason
    }

    func hear(_ event: ScriptEvent) {
        switch event {
        case .refused(let reason): call.reply(text: Script.Reply(cold: reason).json)
        case .begun(let pid, let readyAt):
            let warm = isNew ? nil : Monotonic.now().since(readyAt)
            call.send(text: Script.Reply(begun: .init(pid: pid, warm: warm, reason: reason)).json)
        case .stopped(let number): call.send(text: Script.Reply(stopped: Int(number)).json)
        case .ended(let exit, let imports):
            var ended = Script.Ended()
            switch exit {
            case .code(let code): ended.code = Int(code)
            case .signal(let number): ended.signal = Int(number)
            }
            if why { ended.imports = imports.map { Script.Import(name: $0.name, nanoseconds: $0.nanoseconds) } }
            call.reply(text: Script.Reply(ended: ended).json)
        case .lost: call.fail(ControlError.workersFailed(reason: "nobody knows how the script has ended"))
        }
    }
}
