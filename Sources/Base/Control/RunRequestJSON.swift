import Varlink

extension Run.Request {
    /// The request as the parameters of a call: the text of a JSON object with the keys of its Codable form, in the interface
    /// description's order. It needs no encoder, whose first use costs a short-lived client a good part of its run.
    public var json: [UInt8] {
        var bytes: [UInt8] = []
        JSONBytes.append("{\"workload\":", quoted: workload, to: &bytes)
        if let arguments {
            JSONBytes.append(",\"arguments\":{", to: &bytes)
            JSONBytes.append(list: arguments.sorted { $0.key < $1.key }, to: &bytes) { argument, bytes in
                JSONBytes.append(quoted: argument.key, to: &bytes)
                JSONBytes.append(":", quoted: argument.value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
        if let mode { JSONBytes.append(",\"mode\":", quoted: mode.rawValue, to: &bytes) }
        if let processes { JSONBytes.append(",\"processes\":", processes, to: &bytes) }
        if let threads { JSONBytes.append(",\"threads\":", threads, to: &bytes) }
        if let tasks { JSONBytes.append(",\"tasks\":", tasks, to: &bytes) }
        if let cold { JSONBytes.append(",\"cold\":", quoted: cold.rawValue, to: &bytes) }
        if let timeout { JSONBytes.append(",\"timeout\":", timeout, to: &bytes) }
        if let records { bytes += Array(",\"records\":\(records)".utf8) }
        if let inputs {
            JSONBytes.append(",\"inputs\":[", to: &bytes)
            JSONBytes.append(list: inputs, to: &bytes) { input, bytes in
                JSONBytes.append("{\"words\":", to: &bytes)
                Self.append(texts: input.words, to: &bytes)
                bytes.append(UInt8(ascii: "}"))
            }
            bytes.append(UInt8(ascii: "]"))
        }
        if let context {
            JSONBytes.append(",\"context\":{\"directory\":", quoted: context.directory, to: &bytes)
            JSONBytes.append(",\"umask\":", context.umask, to: &bytes)
            JSONBytes.append(",\"environment\":", to: &bytes)
            Self.append(texts: context.environment, to: &bytes)
            if let ignored = context.ignored { Self.append(",\"ignored\":[", ignored, to: &bytes) }
            if let nice = context.nice { JSONBytes.append(",\"nice\":", nice, to: &bytes) }
            if let io = context.io { JSONBytes.append(",\"io\":", io, to: &bytes) }
            if let oom = context.oom { JSONBytes.append(",\"oom\":", oom, to: &bytes) }
            if let policy = context.policy { JSONBytes.append(",\"policy\":", policy, to: &bytes) }
            if let cpus = context.cpus { Self.append(",\"cpus\":[", cpus, to: &bytes) }
            if let limits = context.limits { Self.append(",\"limits\":[", limits, to: &bytes) }
            bytes.append(UInt8(ascii: "}"))
        }
        if let outputs { JSONBytes.append(",\"outputs\":", quoted: outputs.rawValue, to: &bytes) }
        if let halt {
            JSONBytes.append(",\"halt\":{\"failures\":", halt.failures, to: &bytes)
            bytes += Array(",\"now\":\(halt.now)}".utf8)
        }
        if let block { Self.append(block, to: &bytes) }
        if let results { bytes += Array(",\"results\":\(results)".utf8) }
        if let early { bytes += Array(",\"early\":\(early)".utf8) }
        if let wait { bytes += Array(",\"wait\":\(wait)".utf8) }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private static func append(_ block: Run.Block, to bytes: inout [UInt8]) {
        bytes += Array(",\"block\":{".utf8)
        let start = bytes.count
        if let base64 = block.base64 { JSONBytes.append(",\"base64\":", quoted: base64, to: &bytes) }
        if let descriptor = block.descriptor { JSONBytes.append(",\"descriptor\":", descriptor, to: &bytes) }
        if let lengths = block.lengths { append(",\"lengths\":[", lengths, to: &bytes) }
        if let table = block.table { JSONBytes.append(",\"table\":", table, to: &bytes) }
        // The comma in front of the first member.
        if bytes.count > start { bytes.remove(at: start) }
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ head: StaticString, _ numbers: [Int], to bytes: inout [UInt8]) {
        JSONBytes.append(head, to: &bytes)
        JSONBytes.append(list: numbers, to: &bytes) { JSONBytes.append("", $0, to: &$1) }
        bytes.append(UInt8(ascii: "]"))
    }

    private static func append(texts: [String], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        JSONBytes.append(list: texts, to: &bytes) { JSONBytes.append(quoted: $0, to: &$1) }
        bytes.append(UInt8(ascii: "]"))
    }
}

extension Run.Request {
    /// The longest text that is read so, in bytes: what is taken apart is several times as large for a while.
    private static let plainLimit = 1 << 20
    private static let members: Set = [
        "workload", "arguments", "mode", "processes", "threads", "tasks", "cold", "timeout", "records", "inputs",
        "context", "outputs", "halt", "block", "results", "early", "wait",
    ]

    /// The request whose text is `text`; nil where it is long, or not as described, of which the ordinary decoder says more.
    ///
    /// A decoder's set-up is most of the reading of what short runs are asked for by, and its way to each word of a command is
    /// several times as long.
    public init?(parameters text: [UInt8]) {
        guard text.count <= Self.plainLimit else { return nil }
        do throws(JSONObject.Unfit) {
            let request = try JSONObject(text)
            guard request.keys.allSatisfy(Self.members.contains) else { return nil }
            self.init(
                workload: try request.text("workload"),
                arguments: try request.objectIfPresent("arguments").map { given throws(JSONObject.Unfit) in
                    var arguments: [String: String] = [:]
                    for name in given.keys { arguments[name] = try given.text(name) }
                    return arguments
                },
                mode: try request.choiceIfPresent("mode"), processes: try request.numberIfPresent("processes"),
                threads: try request.numberIfPresent("threads"), tasks: try request.numberIfPresent("tasks"),
                cold: try request.choiceIfPresent("cold"), timeout: try request.numberIfPresent("timeout"),
                records: try request.flagIfPresent("records"),
                inputs: try request.objectsIfPresent("inputs").map { inputs throws(JSONObject.Unfit) in
                    try inputs.map { input throws(JSONObject.Unfit) in Run.Input(words: try input.texts("words")) }
                },
                context: try request.objectIfPresent("context").map { context throws(JSONObject.Unfit) in
                    try Context(context)
                },
                outputs: try request.choiceIfPresent("outputs"),
                halt: try request.objectIfPresent("halt").map { halt throws(JSONObject.Unfit) in
                    guard let now = try halt.flagIfPresent("now") else { throw JSONObject.Unfit() }
                    return Halt(failures: try halt.number("failures"), now: now)
                },
                block: try request.objectIfPresent("block").map { block throws(JSONObject.Unfit) in
                    Run.Block(
                        base64: try block.textIfPresent("base64"), descriptor: try block.numberIfPresent("descriptor"),
                        lengths: try block.numbersIfPresent("lengths"), table: try block.numberIfPresent("table"))
                },
                results: try request.flagIfPresent("results"), early: try request.flagIfPresent("early"),
                wait: try request.flagIfPresent("wait"))
        } catch {
            return nil
        }
    }
}

extension Context {
    init(_ json: JSONObject) throws(JSONObject.Unfit) {
        self.init(
            directory: try json.text("directory"), umask: try json.number("umask"),
            environment: try json.texts("environment"), ignored: try json.numbersIfPresent("ignored"),
            nice: try json.numberIfPresent("nice"), io: try json.numberIfPresent("io"),
            oom: try json.numberIfPresent("oom"), policy: try json.numberIfPresent("policy"),
            cpus: try json.numbersIfPresent("cpus"), limits: try json.numbersIfPresent("limits"))
    }
}

extension CancelJob.Request {
    /// The request as the parameters of a call: the text of a JSON object.
    public var json: [UInt8] {
        var bytes: [UInt8] = []
        JSONBytes.append("{\"job\":", quoted: job, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
