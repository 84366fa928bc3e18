import Logging
import Testing

@testable import Journal

@Suite struct FieldsTests {
    @Test func `an entry has its message, its priority and a field for each of its metadata`() {
        let entry = LogEntry(
            level: .warning, message: "two\nlines",
            metadata: ["pool": "threads", "startup_usec": .stringConvertible(247)])
        #expect(
            JournalFields(entry).lines
                == ["MESSAGE=two\nlines", "PRIORITY=4", "PARD_POOL=threads", "PARD_STARTUP_USEC=247"])
    }

    @Test func `bytes that are no text are escaped in the message, and in other fields left for the journal to have`() {
        let entry = LogEntry(level: .info, message: "a\u{10FEFF}\n\u{1F600}", metadata: ["path": "/b\u{10FEFF}"])
        #expect(
            JournalFields(entry).lines
                == [#"MESSAGE=a\xff"# + "\n\u{1F600}", "PRIORITY=6", "PARD_PATH=/b\u{10FEFF}"])
    }

    @Test func `the message ID is the journal's own field`() {
        let entry = LogEntry(level: .info, message: "m", metadata: [LogEntry.messageIDKey: "00ff"])
        #expect(JournalFields(entry).lines == ["MESSAGE=m", "PRIORITY=6", "MESSAGE_ID=00ff"])
    }

    @Test func `the values of an array are fields of the same name`() {
        let entry = LogEntry(level: .info, message: "m", metadata: ["each": .array(["1", "2"])])
        #expect(JournalFields(entry).lines.dropFirst(2) == ["PARD_EACH=1", "PARD_EACH=2"])
    }

    @Test func `a dictionary's members are fields below its name`() {
        let entry = LogEntry(
            level: .info, message: "m", metadata: ["file": .dictionary(["path": "/etc", "line": "3"])])
        #expect(JournalFields(entry).lines.dropFirst(2) == ["PARD_FILE_LINE=3", "PARD_FILE_PATH=/etc"])
    }

    @Test(arguments: [
        ("socket", "PARD_SOCKET"), ("error.message", "PARD_ERROR_MESSAGE"), ("9p", "PARD_9P"), ("a=b\n", "PARD_A_B_"),
        ("größe", "PARD_GR____E"), (String(repeating: "x", count: 100), "PARD_" + String(repeating: "X", count: 59)),
    ])
    func `a name has capitals, digits and underscores only, and fits`(key: String, name: String) {
        #expect(JournalFields.name(of: key) == name)
    }

    private struct Details: EntryDetails {
        let messageID = "0123456789abcdef0123456789abcdef"
        let description = "worked out"
        let fields = [(name: "PARD_B", value: "2"), (name: "PARD_A", value: "1")]
    }

    @Test func `details take the message's place, and their fields keep their names and order`() {
        let entry = LogEntry(
            level: .info, message: "m", metadata: [LogEntry.detailsKey: .stringConvertible(Details()), "c": "3"])
        #expect(
            JournalFields(entry).lines == [
                "MESSAGE=worked out", "PRIORITY=6", "PARD_B=2", "PARD_A=1",
                "MESSAGE_ID=0123456789abcdef0123456789abcdef", "PARD_C=3",
            ])
        #expect(entry.text == "worked out")
    }

    @Test func `priorities are those of syslog`() {
        #expect(Logger.Level.allCases.map(\.priority) == [7, 7, 6, 5, 4, 3, 2])
    }
}
