public import Linux
public import Scheduling

/// What a worker process is made of before its first task: a program, and what that has loaded.
public struct Runtime: Sendable, Equatable {
    public let id: RuntimeID
    /// As people call it: `native`, `curl`, `plugin:/home/me/libmine.so`.
    public let name: String
    public let trust: Trust
    /// The program of its zygote, what makes the program a zygote, and its arguments.
    let program: String
    var launcher: [String] = []
    let arguments: [String]
    /// Its zygote's, where it has an environment and a directory of its own.
    var environment: [String]?
    var directory: String?
    /// Why its first workers are cold, where it takes another's place.
    var reason: ColdReason?
    /// How long its zygote may take to be ready, in nanoseconds; nil for as long as ``Patience`` has zygotes take.
    var startNanoseconds: UInt64?
    /// How long its workers above floors wait for work, in nanoseconds; nil for as long as the policy says.
    var idleNanoseconds: UInt64?
    /// The most memory of its own that one of its processes may have, in bytes; nil for no bound.
    var memoryBytes: Int?
    /// By how much one of its worker processes may grow until another takes its place after a task; nil for no bound.
    var growthBytes: Int?

    /// Whether it is another program that has loaded this project's code.
    var isInterpreter: Bool { !launcher.isEmpty }

    /// Whether its zygote forks scripts rather than workers.
    var isForScripts: Bool { isInterpreter && arguments.dropFirst().first == InterpreterNeed.scripts }

    /// Whose code its workers run.
    public enum Trust: Sendable, Hashable, CaseIterable {
        /// This project's, and libraries that the project chose.
        case own
        /// A user's, which may do anything.
        case foreign
    }

    /// A runtime that every daemon has.
    struct BuiltIn {
        let name: String
        /// Whether it is of the program that can load libraries.
        let loadsLibraries: Bool
    }

    /// The runtimes that every daemon has, in the order of their numbers. `native` is the first one.
    static let builtIns = [
        BuiltIn(name: "native", loadsLibraries: false),
        BuiltIn(name: "curl", loadsLibraries: true),
        BuiltIn(name: "blas", loadsLibraries: true),
    ]

    /// The runtimes that every daemon has, of its programs.
    static func builtIns(_ zygotePath: String, _ libraryZygotePath: String) -> [Runtime] {
        builtIns.enumerated().map { place, own in
            Runtime(
                id: RuntimeID(number: UInt32(place)), name: own.name, trust: .own,
                program: own.loadsLibraries ? libraryZygotePath : zygotePath,
                arguments: own.loadsLibraries ? [own.name] : [])
        }
    }

    /// The runtime of workers that have a user's library loaded, as the file is now.
    static func plugin(
        _ id: RuntimeID, path: String, identity: FileIdentity, program: String, startNanoseconds: UInt64,
        memoryBytes: Int?
    ) -> Runtime {
        Runtime(
            id: id, name: "plugin:\(path)", trust: .foreign, program: program,
            arguments: ["plugin", path, identity.description],
            startNanoseconds: startNanoseconds, memoryBytes: memoryBytes)
    }
}

extension RuntimeID {
    /// The runtime that every daemon has of this name; nil where there is none.
    public init?(builtIn name: String) {
        guard let place = Runtime.builtIns.firstIndex(where: { $0.name == name }) else { return nil }
        self.init(number: UInt32(place))
    }
}

extension RuntimeRow {
    init(_ runtime: Runtime) {
        self.init(
            id: runtime.id, name: runtime.name, isPermanent: runtime.trust == .own,
            isForScripts: runtime.isForScripts, idleNanoseconds: runtime.idleNanoseconds, reason: runtime.reason)
    }

    /// Those that every daemon has.
    public static var builtIns: [RuntimeRow] {
        Runtime.builtIns.enumerated().map { place, own in
            RuntimeRow(id: RuntimeID(number: UInt32(place)), name: own.name, isPermanent: true)
        }
    }
}

/// How a runtime is.
public enum RuntimeHealth: Sendable, Equatable {
    /// It has a zygote that starts workers.
    case ready
    /// Its zygote is on its way.
    case starting
    /// It has none, and won't soon: why.
    case broken(String)
    /// It has none, as nobody needs one.
    case gone

    /// `ready`, `starting`, `broken` or `gone`.
    public var name: String {
        switch self {
        case .ready: "ready"
        case .starting: "starting"
        case .broken: "broken"
        case .gone: "gone"
        }
    }
}

/// Why a runtime can't be had.
public enum RuntimeRefusal: Error, Sendable, Equatable {
    /// The file can't be read, or is none.
    case unreadable(SystemError)
    /// The path does not begin at the root, so that it depends on where somebody is.
    case relative(String)
    /// There is no memory for foreign code to run in.
    case noMemory(SystemError)
    /// It is foreign code, and the daemon serves all users.
    case shared
    /// It was tried, and nothing has changed since: why it could not be started.
    case broken(String)
    /// This daemon is installed without what it takes.
    case missing(String)
}

/// The runtimes that a daemon has: those of every daemon, and those that users' libraries have made.
struct RuntimeTable: Sendable {
    private var runtimes: [RuntimeID: Runtime]
    /// The newest runtime of each file, with what the file was then.
    private var plugins: [String: (identity: FileIdentity, id: RuntimeID)] = [:]
    /// The runtimes of interpreters.
    var interpreters = InterpreterTable()
    private var next: UInt32

    init(_ builtIns: [Runtime]) {
        runtimes = Dictionary(uniqueKeysWithValues: builtIns.map { ($0.id, $0) })
        next = UInt32(builtIns.count)
    }

    subscript(_ id: RuntimeID) -> Runtime? { runtimes[id] }

    /// What has been found of a library's file.
    enum Found {
        /// There is a runtime of this very file.
        case known(RuntimeID)
        /// There is one from now on, in the place of an older one if the file was another then.
        case new(Runtime, replaces: RuntimeID?)
    }

    mutating func find(plugin path: String, _ identity: FileIdentity, make: (RuntimeID) -> Runtime) -> Found {
        let old = plugins[path]
        if let old, old.identity == identity { return .known(old.id) }
        let runtime = add(make)
        plugins[path] = (identity, runtime.id)
        return .new(runtime, replaces: old?.id)
    }

    /// Takes in a runtime that `make` makes of its number.
    mutating func add(_ make: (RuntimeID) -> Runtime) -> Runtime {
        let runtime = make(RuntimeID(number: next))
        next += 1
        runtimes[runtime.id] = runtime
        return runtime
    }

    mutating func remove(_ id: RuntimeID) {
        runtimes[id] = nil
        interpreters.remove(id)
        if let path = plugins.first(where: { $0.value.id == id })?.key { plugins[path] = nil }
    }
}

extension Supervisor {
    /// The runtime of workers that have a user's library loaded. Where none is there of the file as it is now, one is
    /// made; its zygote is started once a job needs it, and what keeps the library from being loaded fails that job.
    ///
    /// A runtime that nobody uses is given up after a while, and a job that comes too late for it is refused as one that
    /// finds no room is. So a job is to be handed in right after.
    ///
    /// - Parameter path: from the root.
    public func runtime(forPlugin path: String) throws(RuntimeRefusal) -> RuntimeID {
        if configuration.policy.isShared { throw .shared }
        guard path.hasPrefix("/") else { throw .relative(path) }
        let identity: FileIdentity
        do {
            identity = try FileIdentity(at: path)
        } catch {
            throw .unreadable(error)
        }
        do {
            switch try find(plugin: path, identity) {
            case (.known(let id), _):
                send(.useRuntime(id))
                return id
            case (.new(let runtime, let old), let domain):
                send(.addRuntime(runtime, domain, replaces: old))
                return runtime.id
            }
        } catch {
            throw .noMemory(error)
        }
    }
}
