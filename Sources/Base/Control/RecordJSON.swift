/// Records as JSON, written straight into bytes: a run may have a million of them, and they need no more than that.
public enum RecordJSON {
    /// Appends `record` as one JSON object with the keys of its Codable form, in the interface description's order.
    public static func append(_ record: Record, to bytes: inout [UInt8]) {
        JSONBytes.append("{\"task\":", record.task, to: &bytes)
        JSONBytes.append(",\"worker\":", record.worker, to: &bytes)
        JSONBytes.append(",\"pid\":", record.pid, to: &bytes)
        JSONBytes.append(",\"tid\":", record.tid, to: &bytes)
        JSONBytes.append(",\"start\":", record.start, to: &bytes)
        JSONBytes.append(",\"stop\":", record.stop, to: &bytes)
        JSONBytes.append(",\"cpu\":", record.cpu, to: &bytes)
        JSONBytes.append(",\"attempt\":", record.attempt, to: &bytes)
        JSONBytes.append(",\"status\":", quoted: record.status, to: &bytes)
        JSONBytes.append(",\"value\":", record.value, to: &bytes)
        if let reason = record.reason { JSONBytes.append(",\"reason\":", quoted: reason, to: &bytes) }
        if let command = record.command { append(command, to: &bytes) }
        if let fetch = record.fetch { append(fetch, to: &bytes) }
        if let detail = record.detail { append(detail, to: &bytes) }
        bytes.append(UInt8(ascii: "}"))
    }

    /// The parameters of a reply to ``Run`` that has `records` and nothing else: the text of an object.
    public static func parameters(records: some Collection<Record>) -> [UInt8] {
        var bytes = Array("{\"records\":[".utf8)
        bytes.reserveCapacity(32 + records.count * bytesOfOne)
        var isFirst = true
        for record in records {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            append(record, to: &bytes)
        }
        bytes += Array("]}".utf8)
        return bytes
    }

    /// The parameters of a reply to ``Run`` that has `outputs` and nothing else: the text of an object.
    public static func parameters(outputs: some Collection<Output>) -> [UInt8] { parameters("outputs", outputs) }

    /// Those of one that has `early` and nothing else.
    public static func parameters(early: some Collection<Output>) -> [UInt8] { parameters("early", early) }

    private static func parameters(_ name: String, _ outputs: some Collection<Output>) -> [UInt8] {
        var bytes = Array("{\"\(name)\":[".utf8)
        bytes.reserveCapacity(32 + outputs.reduce(0) { $0 + $1.stdout.utf8.count + $1.stderr.utf8.count + bytesOfOne })
        var isFirst = true
        for output in outputs {
            JSONBytes.append(isFirst ? "{\"task\":" : ",{\"task\":", output.task, to: &bytes)
            isFirst = false
            JSONBytes.append(",\"stdout\":", quoted: output.stdout, to: &bytes)
            JSONBytes.append(",\"stderr\":", quoted: output.stderr, to: &bytes)
            if let record = output.record {
                bytes += Array(",\"record\":".utf8)
                append(record, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
        bytes += Array("]}".utf8)
        return bytes
    }

    /// About what a record without a reason takes.
    private static let bytesOfOne = 192

    private static func append(_ command: CommandRecord, to bytes: inout [UInt8]) {
        JSONBytes.append(",\"command\":{\"exit_code\":", command.exitCode, to: &bytes)
        JSONBytes.append(",\"signal\":", command.signal, to: &bytes)
        JSONBytes.append(",\"tries\":", command.tries, to: &bytes)
        JSONBytes.append(",\"spawn\":", command.spawn, to: &bytes)
        JSONBytes.append(",\"command\":", command.command, to: &bytes)
        JSONBytes.append(",\"user\":", command.user, to: &bytes)
        JSONBytes.append(",\"system\":", command.system, to: &bytes)
        JSONBytes.append(",\"peak_memory\":", command.peakMemory, to: &bytes)
        JSONBytes.append(",\"stdout_bytes\":", command.stdoutBytes, to: &bytes)
        JSONBytes.append(",\"stderr_bytes\":", command.stderrBytes, to: &bytes)
        if let cause = command.cause { JSONBytes.append(",\"cause\":", quoted: cause, to: &bytes) }
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ fetch: FetchRecord, to bytes: inout [UInt8]) {
        JSONBytes.append(",\"fetch\":{\"url\":", quoted: fetch.url, to: &bytes)
        JSONBytes.append(",\"status\":", fetch.status, to: &bytes)
        JSONBytes.append(",\"bytes\":", fetch.bytes, to: &bytes)
        JSONBytes.append(",\"redirects\":", fetch.redirects, to: &bytes)
        JSONBytes.append(",\"connections\":", fetch.connections, to: &bytes)
        JSONBytes.append(",\"lookup\":", fetch.lookup, to: &bytes)
        JSONBytes.append(",\"connect\":", fetch.connect, to: &bytes)
        JSONBytes.append(",\"tls\":", fetch.tls, to: &bytes)
        JSONBytes.append(",\"first_byte\":", fetch.firstByte, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }

    /// Appends `detail` as a further member of an object, with its name.
    package static func append(_ detail: [String: Int], to bytes: inout [UInt8]) {
        bytes += Array(",\"detail\":{".utf8)
        var isFirst = true
        for (key, value) in detail.sorted(by: { $0.key < $1.key }) {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            JSONBytes.append(quoted: key, to: &bytes)
            JSONBytes.append(":", value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }
}
