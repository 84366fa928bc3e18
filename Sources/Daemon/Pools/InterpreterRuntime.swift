import Ledger
import Linux
public import Scheduling

/// What workers of an interpreter are to be made of, as a run asks for it.
public struct InterpreterNeed: Sendable, Equatable {
    /// What the runtimes of one family have in common; they differ in what they were loaded with.
    public struct Family: Sendable, Hashable {
        /// The path, as it was given: an interpreter finds its virtual environment by it.
        public var interpreter: String
        /// Where the run's caller is.
        public var directory: String
        /// The file or the module that has the function.
        public var target: String
        /// What is loaded before it.
        public var preload: [String]

        public init(interpreter: String, directory: String, target: String, preload: [String]) {
            self.interpreter = interpreter
            self.directory = directory
            self.target = target
            self.preload = preload
        }

        /// Where modules are looked for first: beside a file, or where the caller is.
        var root: String {
            guard target.contains("/"), let slash = target.utf8.lastIndex(of: UInt8(ascii: "/")) else {
                return directory
            }
            return slash == target.startIndex ? "/" : String(target[..<slash])
        }
    }

    /// The target of interpreters whose forks run scripts: `script.py` of its library.
    public static let scripts = "parscript"

    public var family: Family
    /// `NAME=value` for each of the caller's variables.
    public var environment: [String]
    /// Where the caller is, by which a script that stands for an interpreter may choose; nil for the family's directory.
    public var caller: String?

    public init(family: Family, environment: [String], caller: String? = nil) {
        self.family = family
        self.environment = environment
        self.caller = caller
    }
}

/// The runtimes of interpreters, by what they were made of.
struct InterpreterTable: Sendable {
    /// A runtime of a family.
    struct Variant: Sendable {
        let id: RuntimeID
        /// What its pool is called: as no other one is.
        let name: String
        let environment: Environment
        let madeAt: UInt64
        /// What its zygote has told; nil until it has.
        var report: RuntimeReport?
    }

    private var variants: [InterpreterNeed.Family: [Variant]] = [:]

    /// The runtimes of a family, the newest first.
    subscript(_ family: InterpreterNeed.Family) -> [Variant] { variants[family] ?? [] }

    mutating func add(_ id: RuntimeID, _ name: String, _ need: InterpreterNeed, _ now: UInt64) {
        let variant = Variant(id: id, name: name, environment: Environment(need.environment), madeAt: now)
        variants[need.family, default: []].insert(variant, at: 0)
    }

    /// What a new runtime for scripts is called: by what it has loaded; beside another of that name by the interpreter as well, and
    /// where both are that one's, by a number.
    func name(forScripts need: InterpreterNeed) -> String {
        let taken = variants.flatMap { family, variants in
            variants.map { (name: $0.name, interpreter: family.interpreter) }
        }
        let plain = (["scripts"] + need.family.preload.sorted()).joined(separator: ":")
        let others = taken.filter { $0.name == plain }
        if others.isEmpty { return plain }
        let isOwn = others.contains { $0.interpreter == need.family.interpreter }
        let name = isOwn ? plain : "\(plain)@\(need.family.interpreter)"
        guard isOwn || taken.contains(where: { $0.name == name }) else { return name }
        let number = (2...).first { number in !taken.contains { $0.name == "\(name)#\(number)" } } ?? 0
        return "\(name)#\(number)"
    }

    mutating func note(_ report: RuntimeReport, of id: RuntimeID) {
        for family in variants.keys {
            guard let place = variants[family]?.firstIndex(where: { $0.id == id }) else { continue }
            variants[family]?[place].report = report
        }
    }

    mutating func remove(_ id: RuntimeID) {
        for family in variants.keys {
            variants[family]?.removeAll { $0.id == id }
            if variants[family]?.isEmpty == true { variants[family] = nil }
        }
    }

    /// The caller's variables by name, and which of them matter.
    struct Environment: Sendable, Equatable {
        let values: [String: String]

        init(_ texts: [String]) {
            var values: [String: String] = [:]
            for text in texts {
                guard let sign = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
                let name = String(text[..<sign])
                if values[name] == nil { values[name] = String(text[text.utf8.index(after: sign)...]) }
            }
            self.values = values
        }

        /// Read by the interpreter, the C library or the dynamic linker, before anybody could see it.
        private static let fixed: Set<String> = [
            "HOME", "LANG", "LANGUAGE", "GLIBC_TUNABLES", "CUDA_VISIBLE_DEVICES", "PYENV_VERSION",
            "ASDF_PYTHON_VERSION",
        ]
        private static let prefixes = ["PYTHON", "LD_", "LC_", "MALLOC_"]
        /// What differs from one terminal to the next, and means nothing to who reads all there is.
        private static let passing: Set<String> = [
            "_", "SHLVL", "PWD", "OLDPWD", "COLUMNS", "LINES", "WINDOWID", "TERM", "SSH_CLIENT", "SSH_CONNECTION",
            "SSH_TTY",
            "XDG_SESSION_ID", "INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "MEMORY_PRESSURE_WATCH",
        ]

        static func isFixed(_ name: String) -> Bool {
            fixed.contains(name) || prefixes.contains(where: name.hasPrefix)
        }

        /// The first variable that is another one in `other`, and who has read it; nil where none is.
        ///
        /// - Parameter reads: what has been read; nil where that isn't known yet, so that each variable may be.
        func difference(_ other: Environment, _ reads: [RuntimeReport.Read]?) -> (name: String, reader: String)? {
            var readers: [String: String] = [:]
            for read in reads ?? [] where readers[read.name] == nil { readers[read.name] = read.reader }
            let names = Set(values.keys).union(other.values.keys).union(readers.keys)
            for name in names.sorted() where values[name] != other.values[name] {
                if Self.isFixed(name) { return (name, "the interpreter") }
                if let reader = readers[name] { return (name, reader) }
                if Self.passing.contains(name) { continue }
                if reads == nil { return (name, "") }
                if let reader = readers["*"] { return (name, reader) }
            }
            return nil
        }
    }
}

extension InterpreterTable.Variant {
    /// What keeps it from serving a run.
    enum Mismatch {
        case environment(String)
        /// It is of no use for anybody any more.
        case outdated(String)
    }

    /// Looks at files, which may take time.
    ///
    /// - Parameter age: how old it may get, in nanoseconds.
    func mismatch(_ wanted: InterpreterTable.Environment, _ now: UInt64, age: UInt64) -> Mismatch? {
        for source in report?.sources ?? [] where FileStamp.of(source.path) != source.identity {
            return .outdated("sources changed: \(source.path)")
        }
        // One that can't be had is not tried again for its age.
        if report?.refusal == nil, now > madeAt, now - madeAt > age {
            return .outdated("workers renewed, as their interpreter was too old")
        }
        guard let (name, reader) = environment.difference(wanted, report?.environment) else { return nil }
        return .environment("environment changed: \(name)" + (reader.isEmpty ? "" : ", read by \(reader)"))
    }
}

extension Runtime {
    /// What makes an interpreter of Python's a zygote.
    private static let bootstrap =
        "import sys;early=set(sys.modules);import ctypes;library=ctypes.PyDLL(sys.argv[1]);"
        + "library.parpython_source.restype=ctypes.c_char_p;exec(compile(library.parpython_source(),'parpython','exec'),"
        + "{'library':library,'early':early,'__name__':'parpython'})"

    /// The runtime of workers of a user's Python.
    static func python(
        _ id: RuntimeID, _ name: String, _ need: InterpreterNeed, library: String, reason: ColdReason?,
        startNanoseconds: UInt64, memoryBytes: Int?, growthBytes: Int?
    ) -> Runtime {
        let family = need.family
        let isForScripts = family.target == InterpreterNeed.scripts
        return Runtime(
            id: id, name: name, trust: .foreign, program: family.interpreter,
            launcher: ["-c", bootstrap, library],
            arguments: [family.root, family.target, family.preload.joined(separator: ",")],
            environment: need.environment, directory: family.directory, reason: reason,
            // A script has the bounds that its caller has.
            startNanoseconds: startNanoseconds, memoryBytes: isForScripts ? nil : memoryBytes,
            growthBytes: isForScripts ? nil : growthBytes)
    }
}

extension Supervisor {
    /// The runtime of workers of a user's Python interpreter, made where there is none of what the run needs. Files are looked
    /// at, so that this may take time.
    ///
    /// A job is to be handed in right after, as for ``runtime(forPlugin:)``.
    public func runtime(forPython asked: InterpreterNeed) throws(RuntimeRefusal) -> RuntimeID {
        try interpreter(for: asked).id
    }

    /// The same, and whether the runtime was made for this: then with the reason, where there was another.
    public func interpreter(for asked: InterpreterNeed) throws(RuntimeRefusal) -> (
        id: RuntimeID, isNew: Bool, reason: String?
    ) {
        if configuration.policy.isShared { throw .shared }
        let need = try resolve(asked)
        guard let library = configuration.pythonLibraryPath else { throw .missing("libparpython.so") }
        do {
            _ = try foreignDomain()
            // Workers are to be this process's children.
            try ThisProcess.adoptOrphans()
        } catch {
            throw .noMemory(error)
        }
        let now = Monotonic.now()
        let wanted = InterpreterTable.Environment(need.environment)
        let variants = state.withLock { $0.runtimes.interpreters[need.family] }
        var reason: String?
        var outdated: RuntimeID?
        for variant in variants {
            switch variant.mismatch(wanted, now, age: configuration.policy.runtimeAgeNanoseconds) {
            case nil:
                if let refusal = variant.report?.refusal {
                    throw .broken("python:\(need.family.target) can't be started: \(refusal)")
                }
                // A script says so itself, and would wait for whoever is woken here.
                if need.family.target != InterpreterNeed.scripts { send(.useRuntime(variant.id)) }
                return (variant.id, false, nil)
            case .environment(let what): reason = reason ?? what
            case .outdated(let what):
                reason = reason ?? what
                outdated = outdated ?? variant.id
            }
        }
        let (runtime, domain) = state.withLock { [reason] state in
            if let outdated { state.runtimes.interpreters.remove(outdated) }
            let isForScripts = need.family.target == InterpreterNeed.scripts
            let name =
                isForScripts ? state.runtimes.interpreters.name(forScripts: need) : "python:\(need.family.target)"
            let runtime = state.runtimes.add { id in
                .python(
                    id, name, need, library: library, reason: reason.map { .runtimeChanged($0) },
                    startNanoseconds: configuration.patience.interpreterNanoseconds,
                    memoryBytes: configuration.pluginMemoryBytes, growthBytes: configuration.growthBytes)
            }
            state.runtimes.interpreters.add(runtime.id, name, need, now)
            return (runtime, state.foreign?.domain)
        }
        guard let domain else { throw .missing("memory for foreign code") }
        send(.addRuntime(runtime, domain, replaces: outdated))
        return (runtime.id, true, reason)
    }

    /// The same, of the interpreter itself where that was given as a script.
    private func resolve(_ need: InterpreterNeed) throws(RuntimeRefusal) -> InterpreterNeed {
        var need = need
        guard InterpreterShims.isScript(need.family.interpreter) else { return need }
        let now = Monotonic.now()
        if let known = state.withLock({ $0.shims.answer(to: need, now) }) {
            need.family.interpreter = known
            return need
        }
        let interpreter = try InterpreterShims.ask(need, within: configuration.patience.shimNanoseconds)
        state.withLock { [need] in $0.shims.note(interpreter, of: need, now) }
        need.family.interpreter = interpreter
        return need
    }

    /// What a runtime's zygote has told of itself.
    func note(_ report: RuntimeReport, of id: RuntimeID) {
        state.withLock { $0.runtimes.interpreters.note(report, of: id) }
    }
}
