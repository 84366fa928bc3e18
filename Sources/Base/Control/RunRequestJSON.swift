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
    /// The request whose text is `text`; nil where it has a part that only the ordinary decoder reads, or is not as described,
    /// of which that one says more. For what short runs are asked for by, a decoder's set-up is most of the reading.
    public init?(parameters text: [UInt8]) {
        do throws(JSONObject.Unfit) {
            let request = try JSONObject(text)
            let simple = [
                "workload", "arguments", "mode", "processes", "threads", "tasks", "cold", "timeout", "records",
            ]
            guard request.keys.allSatisfy(simple.contains) else { return nil }
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
                records: try request.flagIfPresent("records"))
        } catch {
            return nil
        }
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
