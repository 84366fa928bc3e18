import Varlink

extension Run.Request {
    /// The request as the parameters of a call: the text of a JSON object with the keys of its Codable form, in the interface
    /// description's order. It needs no encoder, whose first use costs a short-lived client a good part of its run.
    public var json: [UInt8] {
        var json = JSONWriter()
        json.append("{\"workload\":", quoted: workload)
        if let arguments {
            json.append(",\"arguments\":{")
            json.append(list: arguments.sorted { $0.key < $1.key }) { argument, json in
                json.append(quoted: argument.key)
                json.append(":", quoted: argument.value)
            }
            json.append("}")
        }
        if let mode { json.append(",\"mode\":", quoted: mode.rawValue) }
        if let processes { json.append(",\"processes\":", processes) }
        if let threads { json.append(",\"threads\":", threads) }
        if let tasks { json.append(",\"tasks\":", tasks) }
        if let cold { json.append(",\"cold\":", quoted: cold.rawValue) }
        if let timeout { json.append(",\"timeout\":", timeout) }
        if let records { json.append(",\"records\":", records) }
        if let inputs {
            json.append(",\"inputs\":[")
            json.append(list: inputs) { input, json in
                json.append("{\"words\":", texts: input.words)
                json.append("}")
            }
            json.append("]")
        }
        if let context {
            json.append(",\"context\":")
            context.append(to: &json)
        }
        if let outputs { json.append(",\"outputs\":", quoted: outputs.rawValue) }
        if let halt {
            json.append(",\"halt\":{\"failures\":", halt.failures)
            json.append(",\"now\":", halt.now)
            json.append("}")
        }
        if let block { Self.append(block, to: &json) }
        if let results { json.append(",\"results\":", results) }
        if let early { json.append(",\"early\":", early) }
        if let wait { json.append(",\"wait\":", wait) }
        json.append("}")
        return json.bytes
    }

    private static func append(_ block: Run.Block, to json: inout JSONWriter) {
        json.append(",\"block\":{")
        let start = json.count
        // A comma in front of all but the first.
        func separate() { if json.count > start { json.append(",") } }
        if let base64 = block.base64 { json.append("\"base64\":", quoted: base64) }
        if let descriptor = block.descriptor {
            separate()
            json.append("\"descriptor\":", descriptor)
        }
        if let lengths = block.lengths {
            separate()
            json.append("\"lengths\":", numbers: lengths)
        }
        if let table = block.table {
            separate()
            json.append("\"table\":", table)
        }
        json.append("}")
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
        var json = JSONWriter()
        json.append("{\"job\":", quoted: job)
        json.append("}")
        return json.bytes
    }
}
