import Control

/// Records as JSON, written straight into bytes: a run may have a million of them, and they need no more than that.
public enum RecordJSON {
    /// Appends `record` as one JSON object with the keys of its Codable form, in the interface description's order.
    public static func append(_ record: Record, to bytes: inout [UInt8]) {
        append("{\"task\":", record.task, to: &bytes)
        append(",\"worker\":", record.worker, to: &bytes)
        append(",\"pid\":", record.pid, to: &bytes)
        append(",\"tid\":", record.tid, to: &bytes)
        append(",\"start\":", record.start, to: &bytes)
        append(",\"stop\":", record.stop, to: &bytes)
        append(",\"cpu\":", record.cpu, to: &bytes)
        append(",\"attempt\":", record.attempt, to: &bytes)
        bytes += ",\"status\":".utf8
        append(quoted: record.status, to: &bytes)
        append(",\"value\":", record.value, to: &bytes)
        if let reason = record.reason {
            bytes += ",\"reason\":".utf8
            append(quoted: reason, to: &bytes)
        }
        if let fetch = record.fetch { append(fetch, to: &bytes) }
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ fetch: FetchRecord, to bytes: inout [UInt8]) {
        bytes += ",\"fetch\":{\"url\":".utf8
        append(quoted: fetch.url, to: &bytes)
        append(",\"status\":", fetch.status, to: &bytes)
        append(",\"bytes\":", fetch.bytes, to: &bytes)
        append(",\"redirects\":", fetch.redirects, to: &bytes)
        append(",\"connections\":", fetch.connections, to: &bytes)
        append(",\"lookup\":", fetch.lookup, to: &bytes)
        append(",\"connect\":", fetch.connect, to: &bytes)
        append(",\"tls\":", fetch.tls, to: &bytes)
        append(",\"first_byte\":", fetch.firstByte, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ key: StaticString, _ number: Int, to bytes: inout [UInt8]) {
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes += String(number).utf8
    }

    private static func append(quoted text: String, to bytes: inout [UInt8]) {
        let hex = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes += [UInt8(ascii: "\\"), byte]
            case ..<0x20:
                bytes += Array("\\u00".utf8) + [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
