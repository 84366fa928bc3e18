import Bytes
import Catalogue
import Control
import Report
import Varlink

/// What the tasks of a run are given, read and checked.
enum RunInputs {
    case nothing
    /// With the words of all commands, where they are one call.
    case commands(ExecPlan, [[String]]?)
    case listed([[String]], Input)
    case items(FunctionPlan, tasks: Int?)

    /// - Parameters:
    ///   - tasks: how many tasks were asked for, if any; a single one is for all of them.
    ///   - streams: whether commands may be run in several calls, as they come.
    init(_ words: RunWords, tasks: Int?, streams: Bool = false) throws(CommandError) {
        switch words.definition.input {
        case nil: self = .nothing
        case .command:
            let plan = try ExecPlan(words, readsAll: !streams)
            guard streams || !plan.template.needsSlot else {
                throw words.fault("{%} is for 'parctl run exec': a comparison doesn't number what runs at a time")
            }
            guard plan.isOneCall || !streams else {
                self = .commands(plan, nil)
                return
            }
            let inputs = plan.inputs()
            if streams, !CallSize.holds(inputs) {
                self = .commands(plan, nil)
            } else {
                try CallSize.check(inputs, of: words)
                self = .commands(plan, inputs)
            }
        case .bytes, .argument:
            let plan = try FunctionPlan(words)
            self = .items(plan, tasks: try plan.count(asked: tasks, words))
        case .url, .request, .item:
            let inputs = try ListedInputs(words).inputs
            let copies = inputs.count == 1 ? tasks ?? 1 : 1
            // Before they are made: there may be no room for them.
            try CallSize.check(inputs, copies: copies, of: words)
            self = .listed(
                copies == 1 ? inputs : Array(repeating: inputs[0], count: copies), words.definition.input ?? .item)
        }
    }

    var plan: ExecPlan? { if case .commands(let plan, _) = self { plan } else { nil } }

    var functions: FunctionPlan? { if case .items(let plan, _) = self { plan } else { nil } }

    /// Whether and when what tasks write is wanted.
    var outputs: OutputOrder? {
        switch self {
        case .commands(let plan, _): plan.options.keepsOrder ? .tasks : .ended
        case .items(let plan, _): plan.interpreter == nil ? nil : plan.keepsOrder ? .tasks : .ended
        case .nothing, .listed: nil
        }
    }

    /// How many tasks they make; nil where that is free.
    var count: Int? {
        switch self {
        case .nothing: nil
        case .commands(let plan, _): plan.jobs.count
        case .listed(let inputs, _): inputs.count
        case .items(_, let tasks): tasks
        }
    }

    /// Says what a task is given, as it would be typed; nil where tasks are given nothing.
    var naming: ((Int) -> String)? {
        switch self {
        case .nothing: nil
        case .commands(let plan, _): plan.line
        case .items(let plan, _): plan.items.map { items in { Secrets.hidden(in: items.text(of: $0)) } }
        case .listed(let inputs, .item): { Secrets.hidden(in: inputs[$0][0]) }
        case .listed(let inputs, _): { Self.name(of: inputs[$0]) }
        }
    }

    /// A URL without user, password and the values of its query, and how long the body is, but nothing of it.
    private static func name(of words: [String]) -> String {
        let url = Secrets.hidden(inAddress: words[0])
        guard words.count > 1, !words[1].isEmpty else { return url }
        return "\(url) (body: \(Units.counted(words[1].bytes.count, "byte")))"
    }

    /// The descriptors that go with the request.
    var descriptors: [Int32] { functions?.items.map { [$0.descriptor] } ?? [] }

    /// Puts them into a request, of which a timeout is each command's or call's rather than the run's.
    func put(into request: inout Run.Request) throws(CommandError) {
        switch self {
        case .nothing: break
        case .items(let plan, let tasks):
            if let tasks { request.tasks = tasks }
            try plan.put(into: &request)
            Self.moveTimeout(in: &request)
        case .listed(let inputs, _):
            request.inputs = inputs.map(Run.Input.init(words:))
            request.context = .ofFiles
        case .commands(let plan, let inputs):
            request.inputs = inputs?.map(Run.Input.init(words:))
            request.context = try .ofThisProcess(in: plan.directory)
            Self.moveTimeout(in: &request)
        }
    }

    /// Makes a run's timeout that of each task.
    private static func moveTimeout(in request: inout Run.Request) {
        guard let timeout = request.timeout else { return }
        request.arguments = (request.arguments ?? [:]).merging(["timeout": Quantity.text(nanoseconds: timeout)]) { $1 }
        request.timeout = nil
    }
}

/// How long the call of a run gets by what its tasks are given. It has a limit, and one that is longer is hung up on.
enum CallSize {
    /// Bytes that inputs may come to. The rest of the call, the environment above all, has room beside them.
    static let limit = Limits.serverFrameBytes / 2

    /// Whether all `inputs` fit into a call.
    static func holds(_ inputs: [[String]]) -> Bool { inputs.reduce(0) { $0 + bytes(of: $1) } <= limit }

    /// Throws where `copies` of all `inputs` are too long for a call.
    static func check(_ inputs: [[String]], copies: Int = 1, of words: RunWords) throws(CommandError) {
        let one = inputs.reduce(0) { $0 + bytes(of: $1) }
        let (all, isBeyond) = one.multipliedReportingOverflow(by: copies)
        guard isBeyond || all > limit else { return }
        let things =
            switch words.definition.input {
            case .command: "commands"
            case .url, .request: "requests"
            case .item, .bytes, .argument, nil: "items"
            }
        let size = isBeyond ? "far too much" : "\(all >> 20) MiB"
        throw words.fault(
            "the \(things) come to \(size), and a run takes at most \(limit >> 20) MiB: run them in parts")
    }

    /// Bytes of what one task is given as JSON, a ``Run/Input``, and the comma behind it.
    static func bytes(of input: [String]) -> Int {
        input.reduce("{'words':[]},".utf8.count) { $0 + bytes(of: $1) }
    }

    /// Bytes of `text` as a JSON string and the comma behind it.
    static func bytes(of text: String) -> Int {
        text.utf8.reduce(3) { sum, byte in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): sum + 2
            case 0..<0x20: sum + 6
            default: sum + 1
            }
        }
    }
}
