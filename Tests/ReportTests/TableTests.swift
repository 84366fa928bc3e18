import Report
import Testing

@Suite struct TableTests {
    @Test func `columns are as wide as their widest cell, numbers at the right`() {
        var table = Table([.left("name"), .right("n"), .left("state")])
        table.rows = [["threads", "4", "ready"], ["io", "12,000", "no"]]
        #expect(
            table.lines(TextStyle(color: false, unicode: true, width: 80)) == [
                "name          n  state",
                "threads       4  ready",
                "io       12,000  no",
            ])
    }

    @Test func `colours don't move columns`() {
        var table = Table([.left("a"), .right("b")])
        table.rows = [[.init("x", .green), "1"], ["long", "22"]]
        #expect(
            table.lines(TextStyle(color: true, unicode: true, width: 80)) == [
                "\u{1B}[2ma\u{1B}[0m      \u{1B}[2mb\u{1B}[0m",
                "\u{1B}[32mx\u{1B}[0m      1",
                "long  22",
            ])
    }

    @Test func `lines end without spaces, and headings that say nothing are left out`() {
        var table = Table([.left(""), .left(""), .left("")], indent: 2)
        table.rows = [["a", "b", ""], ["cc", "", ""]]
        #expect(table.lines(TextStyle(color: false, unicode: true, width: 80)) == ["  a   b", "  cc"])
    }
}
