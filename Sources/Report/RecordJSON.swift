import Control

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
        bytes.append(UInt8(ascii: "}"))
    }
}
