import Control
import FoundationEssentials
import Report
import Testing

@Suite struct RecordTests {
    @Test(arguments: [Samples.record, Samples.lost])
    func `a record written straight to JSON reads as the record it was`(record: Record) throws {
        var bytes: [UInt8] = []
        RecordJSON.append(record, to: &bytes)
        #expect(try JSONDecoder().decode(Record.self, from: Data(bytes)) == record)
    }

    @Test func `a record has the keys of its Codable form, in the order of the interface`() {
        var bytes: [UInt8] = []
        RecordJSON.append(Samples.record, to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"task":3,"worker":1,"pid":4242,"tid":4244,"start":42000,"stop":6142000,"cpu":2500000,"attempt":1,"#
                + #""status":"ok","value":8388608}"#)
    }

    @Test func `records stand in a table, without times where they have none`() {
        let table = RecordTable(fitting: [Samples.record, Samples.lost], look: Samples.look)
        #expect(
            table.heading + table.row(Samples.record) + table.row(Samples.lost) == """
                task  worker   pid   tid    start     stop     wall      cpu  attempt  status    value  reason
                   3       1  4242  4244  42.0 µs  6.14 ms  6.10 ms  2.50 ms        1  ok      8388608
                  10       -     -     -        -        -        -        -        3  lost          0  worker "1" died?

                """)
    }
}
