import Bytes
import Varlink

extension Run.Reply {
    /// The reply that `frame` is, where ``RecordJSON`` has written it: records, more replies to follow, and nothing else.
    ///
    /// It takes a fraction of the time of the ordinary way, which is for all other frames, well-formed or not: they give
    /// nil, be it for a member more, another order, a space, or a number that an Int can't hold.
    public init?(recordsFrame frame: [UInt8]) {
        var reader = RecordReader(frame)
        do throws(RecordReader.Unexpected) {
            self.init(records: try reader.reply())
        } catch {
            return nil
        }
    }
}

/// Reads what ``RecordJSON`` writes, byte for byte.
private struct RecordReader {
    /// Something else than expected; what it was, the ordinary decoder says.
    struct Unexpected: Error {}

    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func reply() throws(Unexpected) -> [Record] {
        try expect("{\"parameters\":{\"records\":[")
        var records: [Record] = []
        repeat { records.append(try record()) } while take(",")
        try expect("]},\"continues\":true}")
        guard index == bytes.count else { throw Unexpected() }
        return records
    }

    private mutating func record() throws(Unexpected) -> Record {
        var record = Record(
            task: try number("{\"task\":"), worker: try number(",\"worker\":"), pid: try number(",\"pid\":"),
            tid: try number(",\"tid\":"), start: try number(",\"start\":"), stop: try number(",\"stop\":"),
            cpu: try number(",\"cpu\":"), attempt: try number(",\"attempt\":"), status: try text(",\"status\":"),
            value: try number(",\"value\":"), reason: nil)
        if take("}") { return record }
        if take(",\"reason\":") { record.reason = try text() }
        if take(",\"command\":") { record.command = try command() }
        if take(",\"fetch\":") { record.fetch = try fetch() }
        if take(",\"detail\":{") { record.detail = try detail() }
        try expect("}")
        return record
    }

    private mutating func command() throws(Unexpected) -> CommandRecord {
        var command = CommandRecord(
            exitCode: try number("{\"exit_code\":"), signal: try number(",\"signal\":"),
            tries: try number(",\"tries\":"),
            spawn: try number(",\"spawn\":"), command: try number(",\"command\":"), user: try number(",\"user\":"),
            system: try number(",\"system\":"), peakMemory: try number(",\"peak_memory\":"),
            stdoutBytes: try number(",\"stdout_bytes\":"), stderrBytes: try number(",\"stderr_bytes\":"))
        if take(",\"cause\":") { command.cause = try text() }
        try expect("}")
        return command
    }

    private mutating func fetch() throws(Unexpected) -> FetchRecord {
        let fetch = FetchRecord(
            url: try text("{\"url\":"), status: try number(",\"status\":"), bytes: try number(",\"bytes\":"),
            redirects: try number(",\"redirects\":"), connections: try number(",\"connections\":"),
            lookup: try number(",\"lookup\":"), connect: try number(",\"connect\":"), tls: try number(",\"tls\":"),
            firstByte: try number(",\"first_byte\":"))
        try expect("}")
        return fetch
    }

    private mutating func detail() throws(Unexpected) -> [String: Int] {
        var detail: [String: Int] = [:]
        if take("}") { return detail }
        repeat {
            let key = try text()
            // Of two of one key, the ordinary decoder says which counts.
            guard detail.updateValue(try number(":"), forKey: key) == nil else { throw Unexpected() }
        } while take(",")
        try expect("}")
        return detail
    }

    /// Steps over `text` when it is next.
    private mutating func take(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count - index >= count else { return false }
        for offset in 0..<count where bytes[index + offset] != text.utf8Start[offset] { return false }
        index += count
        return true
    }

    private mutating func expect(_ text: StaticString) throws(Unexpected) {
        guard take(text) else { throw Unexpected() }
    }

    /// Steps over `key`, and reads a number as the writer spells it: no fraction, no exponent, no zero in front.
    private mutating func number(_ key: StaticString) throws(Unexpected) -> Int {
        try expect(key)
        let isNegative = take("-")
        let first = index
        // Below zero, for there is one number more there.
        var value = 0
        while index < bytes.count, bytes[index] >= UInt8(ascii: "0"), bytes[index] <= UInt8(ascii: "9") {
            let (tens, isTooLong) = value.multipliedReportingOverflow(by: 10)
            let (sum, isTooMuch) = tens.subtractingReportingOverflow(Int(bytes[index] - UInt8(ascii: "0")))
            guard !isTooLong, !isTooMuch else { throw Unexpected() }
            value = sum
            index += 1
        }
        guard index > first, bytes[first] != UInt8(ascii: "0") || (index == first + 1 && !isNegative),
            isNegative || value != .min
        else { throw Unexpected() }
        // What follows is a key or a closing brace, or else the caller throws.
        return isNegative ? value : -value
    }

    private mutating func text(_ key: StaticString) throws(Unexpected) -> String {
        try expect(key)
        return try text()
    }

    private mutating func text() throws(Unexpected) -> String {
        try expect("\"")
        let first = index
        var isEscaped = false
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            guard bytes[index] >= 0x20 else { throw Unexpected() }
            if bytes[index] == UInt8(ascii: "\\") {
                isEscaped = true
                index += 1
            }
            index += 1
        }
        guard index < bytes.count else { throw Unexpected() }
        index += 1
        guard let text = String(utf8: bytes[first..<index - 1]) else { throw Unexpected() }
        guard isEscaped else { return text }
        do {
            return try JSON.decode(String.self, from: Array(bytes[first - 1..<index]))
        } catch {
            throw Unexpected()
        }
    }
}
