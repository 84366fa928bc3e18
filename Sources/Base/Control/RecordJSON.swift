import Varlink

/// Records as JSON, written without an encoder: a run may have a million of them, and they need no more than that.
public enum RecordJSON {
    /// Appends `record` as one JSON object with the keys of its Codable form, in the interface description's order.
    package static func append(_ record: Record, to json: inout JSONWriter) {
        json.append("{\"task\":", record.task)
        json.append(",\"worker\":", record.worker)
        json.append(",\"pid\":", record.pid)
        json.append(",\"tid\":", record.tid)
        json.append(",\"start\":", record.start)
        json.append(",\"stop\":", record.stop)
        json.append(",\"cpu\":", record.cpu)
        json.append(",\"attempt\":", record.attempt)
        json.append(",\"status\":", quoted: record.status)
        json.append(",\"value\":", record.value)
        if let reason = record.reason { json.append(",\"reason\":", quoted: reason) }
        if let command = record.command { append(command, to: &json) }
        if let fetch = record.fetch { append(fetch, to: &json) }
        if let detail = record.detail { append(detail, to: &json) }
        json.append("}")
    }

    /// The parameters of a reply to ``Run`` that has `records` and nothing else: the text of an object.
    public static func parameters(records: some Collection<Record>) -> [UInt8] {
        var json = JSONWriter(expecting: 32 + records.count * bytesOfOne)
        json.append("{\"records\":[")
        json.append(list: records, one: append)
        json.append("]}")
        return json.bytes
    }

    /// The parameters of a reply to ``Run`` that has `outputs` and nothing else: the text of an object.
    public static func parameters(outputs: some Collection<Output>) -> [UInt8] { parameters("outputs", outputs) }

    /// Those of one that has `early` and nothing else.
    public static func parameters(early: some Collection<Output>) -> [UInt8] { parameters("early", early) }

    private static func parameters(_ name: String, _ outputs: some Collection<Output>) -> [UInt8] {
        var json = JSONWriter(
            expecting: 32 + outputs.reduce(0) { $0 + $1.stdout.utf8.count + $1.stderr.utf8.count + bytesOfOne })
        json.append("{", quoted: name)
        json.append(":[")
        json.append(list: outputs) { output, json in
            json.append("{\"task\":", output.task)
            json.append(",\"stdout\":", quoted: output.stdout)
            json.append(",\"stderr\":", quoted: output.stderr)
            if let record = output.record {
                json.append(",\"record\":")
                append(record, to: &json)
            }
            json.append("}")
        }
        json.append("]}")
        return json.bytes
    }

    /// About what a record without a reason takes.
    private static let bytesOfOne = 192

    private static func append(_ command: CommandRecord, to json: inout JSONWriter) {
        json.append(",\"command\":{\"exit_code\":", command.exitCode)
        json.append(",\"signal\":", command.signal)
        json.append(",\"tries\":", command.tries)
        json.append(",\"spawn\":", command.spawn)
        json.append(",\"command\":", command.command)
        json.append(",\"user\":", command.user)
        json.append(",\"system\":", command.system)
        json.append(",\"peak_memory\":", command.peakMemory)
        json.append(",\"stdout_bytes\":", command.stdoutBytes)
        json.append(",\"stderr_bytes\":", command.stderrBytes)
        if let cause = command.cause { json.append(",\"cause\":", quoted: cause) }
        json.append("}")
    }

    private static func append(_ fetch: FetchRecord, to json: inout JSONWriter) {
        json.append(",\"fetch\":{\"url\":", quoted: fetch.url)
        json.append(",\"status\":", fetch.status)
        json.append(",\"bytes\":", fetch.bytes)
        json.append(",\"redirects\":", fetch.redirects)
        json.append(",\"connections\":", fetch.connections)
        json.append(",\"lookup\":", fetch.lookup)
        json.append(",\"connect\":", fetch.connect)
        json.append(",\"tls\":", fetch.tls)
        json.append(",\"first_byte\":", fetch.firstByte)
        json.append("}")
    }

    /// Appends `detail` as a further member of an object, with its name.
    package static func append(_ detail: [String: Int], to json: inout JSONWriter) {
        json.append(",\"detail\":{")
        json.append(list: detail.sorted { $0.key < $1.key }) { column, json in
            json.append(quoted: column.key)
            json.append(":", column.value)
        }
        json.append("}")
    }
}
