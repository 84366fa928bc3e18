import Testing

@testable import parctl

@Suite struct TerminalTests {
    private func terminal(
        isTerminal: Bool = true, columns: Int? = nil, color: ColorChoice = .auto, _ variables: [String: String] = [:]
    ) -> Terminal {
        let usual = ["TERM": "xterm", "LANG": "C.UTF-8"].merging(variables) { $1 }
        return Terminal(isTerminal: isTerminal, columns: columns, color: color) {
            usual[$0].flatMap { $0.isEmpty ? nil : $0 }
        }
    }

    @Test func `colours are for terminals that have them`() {
        #expect(terminal().style.color)
        #expect(!terminal(isTerminal: false).style.color)
        #expect(!terminal(["TERM": "dumb"]).style.color)
        #expect(!terminal(["TERM": ""]).style.color)
        #expect(!terminal(["NO_COLOR": "1"]).style.color)
        #expect(terminal(["NO_COLOR": ""]).style.color)
    }

    @Test func `who asks for colours, or for none, is heard`() {
        #expect(terminal(isTerminal: false, color: .always, ["NO_COLOR": "1"]).style.color)
        #expect(!terminal(color: .never).style.color)
    }

    @Test func `the locale says whether more than ASCII can be shown`() {
        #expect(terminal(["LANG": "de_DE.utf8"]).style.unicode)
        #expect(!terminal(["LANG": "C"]).style.unicode)
        #expect(!terminal(["LC_ALL": "POSIX"]).style.unicode)
        #expect(terminal(["LANG": "C", "LC_CTYPE": "C.UTF-8"]).style.unicode)
        #expect(!terminal(["LANG": ""]).style.unicode)
    }

    @Test func `a line is drawn anew only where that works`() {
        #expect(terminal().redraws)
        #expect(terminal(["NO_COLOR": "1"]).redraws)
        #expect(!terminal(["TERM": "dumb"]).redraws)
        #expect(!terminal(isTerminal: false).redraws)
    }

    @Test func `what has no width is eighty columns wide`() {
        #expect(terminal().style.width == 80)
        #expect(terminal(columns: 132).style.width == 132)
    }
}
