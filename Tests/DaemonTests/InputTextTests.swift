import Testing

@testable import Daemon

@Suite("What tasks are given, as a text")
struct InputTextTests {
    @Test("is the first one's, and says whether there are others")
    func first() {
        #expect(InputText.text(of: []) == nil)
        #expect(InputText.text(of: [["gzip", "-k", "a.log"]]) == "gzip -k a.log")
        #expect(InputText.text(of: [["gzip", "a"], ["gzip", "b"]]) == "gzip a …")
        #expect(InputText.text(of: [["true"], ["true"]]) == "true")
        #expect(InputText.text(of: [[""]]) == "''")
    }

    @Test("quotes what a shell would take apart")
    func quoted() {
        #expect(InputText.text(of: [["sh", "-c", "echo $HOME; it's"]]) == "sh -c 'echo $HOME; it'\\''s'")
    }

    @Test("is cut where it is long, between characters")
    func cut() {
        let text = InputText.text(of: [[String(repeating: "é", count: 1000)], ["b"]])
        #expect(text == "'" + String(repeating: "é", count: 59) + "…")
    }
}
