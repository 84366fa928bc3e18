import Catalogue
import Control
import Testing

@testable import Report

@Suite struct RecordTests {
    @Test func `records stand in a table, without times where they have none`() {
        let table = RecordTable(fitting: [Samples.record, Samples.lost], of: "io", style: Samples.style)
        #expect(
            table.heading + table.row(Samples.record) + table.row(Samples.lost) == """
                task  worker   pid   tid    start     stop     wall      cpu  attempt  status    value  reason
                   4       2  4242  4244  42.0 µs  6.14 ms  6.10 ms  2.50 ms        1  ok      8388608
                  11       -     -     -        -        -        -        -        3  lost          0  worker "1" died\\n

                """)
    }

    @Test func `what tasks were given stands at the end of their lines, cut where it is long`() {
        let table = RecordTable(fitting: [Samples.record, Samples.lost], of: "io", style: Samples.style) { task in
            task == 3 ? "http://host/a" : String(repeating: "x", count: 100)
        }
        #expect(table.heading.hasSuffix("reason             input\n"))
        #expect(table.row(Samples.record).hasSuffix("8388608                     http://host/a\n"))
        #expect(table.row(Samples.lost).hasSuffix("worker \"1\" died\\n  " + String(repeating: "x", count: 59) + "…\n"))
    }

    @Test func `what tasks tell of themselves has columns of its own, whatever the workload`() {
        var record = Samples.record
        record.detail = ["rows": 12_345, "a\u{1B}b": -1]
        let table = RecordTable(fitting: [record, Samples.lost], of: "another", style: Samples.style)
        #expect(table.heading.hasSuffix("value  a\\eb    rows  reason\n"))
        #expect(table.row(record).hasSuffix("8388608    -1  12,345\n"))
        #expect(table.row(Samples.lost).hasSuffix("0     -       -  worker \"1\" died\\n\n"))
    }

    @Test func `it stands in the order and the units of its workload's definition`() {
        var record = Samples.record
        record.detail = ["sent": 2048, "a": 7, "waited": 1_500_000, "b": 8]
        let columns = DetailColumns([
            Column("waited", "ns"), Column("missing"), Column("sent", "bytes"), Column("b", "rows"),
        ])
        let table = RecordTable(fitting: [record], columns, style: Samples.style)
        #expect(table.heading.hasSuffix("value   waited      sent  b  a  reason\n"))
        #expect(table.row(record).hasSuffix("8388608  1.50 ms  2.00 KiB  8  7\n"))
    }
}
