import Control
import Report
import Varlink

/// The records of a run as they come, kept in the blocks that they came in: there may be a million.
struct RecordStore {
    private(set) var blocks: [[Record]] = []
    /// Bytes that are written at once.
    private static let chunk = 1 << 18

    mutating func append(_ block: [Record]) {
        blocks.append(block)
    }

    /// Writes the receipt, the records and the results as one JSON document: the receipt's keys, then `records`, then `results`.
    ///
    /// - Parameter results: what tasks have handed back; nil for no such member.
    func write(
        json receipt: Receipt, pretty: Bool, withRecords: Bool = true, results: FunctionResults? = nil
    ) throws(CommandError) {
        var bytes = try StandardOutput.json(receipt, pretty: pretty)
        while bytes.last == UInt8(ascii: "}") || bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if withRecords { try writeRecords(&bytes, pretty: pretty) }
        if let results {
            bytes += Array((pretty ? ",\n  \"results\" : [" : ",\"results\":[").utf8)
            try StandardOutput.write(StandardOutput.calm(bytes))
            try results.writeMembers { (piece: [UInt8]) throws(CommandError) in
                try StandardOutput.write(StandardOutput.calm(piece))
            }
            bytes = Array((pretty ? "\n  ]" : "]").utf8)
        }
        try StandardOutput.write(StandardOutput.calm(bytes) + Array((pretty ? "\n}\n" : "}\n").utf8))
    }

    private func writeRecords(_ bytes: inout [UInt8], pretty: Bool) throws(CommandError) {
        var json = JSONWriter(expecting: Self.chunk)
        json.append(bytes)
        json.append(pretty ? ",\n  \"records\" : [" : ",\"records\":[")
        var isFirst = true
        for record in blocks.joined() {
            if !isFirst { json.append(",") }
            if pretty { json.append("\n    ") }
            isFirst = false
            RecordJSON.append(record, to: &json)
            if json.count >= Self.chunk {
                try StandardOutput.write(StandardOutput.calm(json.bytes))
                json.removeAll()
            }
        }
        json.append(pretty ? "\n  ]" : "]")
        bytes = json.bytes
    }

    /// Writes the records as a table.
    ///
    /// - Parameters:
    ///   - workload: what they are tasks of.
    ///   - naming: says what a task was given; nil where tasks are given nothing.
    func write(
        table audience: Audience, of workload: String, naming: ((Int) -> String)?
    ) throws(CommandError) {
        let table = RecordTable(fitting: blocks.joined(), of: workload, style: audience.style, naming: naming)
        var text = table.heading
        for record in blocks.joined() {
            text += table.row(record)
            if text.utf8.count >= Self.chunk {
                try audience.write(text)
                text.removeAll(keepingCapacity: true)
            }
        }
        try audience.write(text)
    }
}
