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
        #expect(terminal().look.color)
        #expect(!terminal(isTerminal: false).look.color)
        #expect(!terminal(["TERM": "dumb"]).look.color)
        #expect(!terminal(["TERM": ""]).look.color)
        #expect(!terminal(["NO_COLOR": "1"]).look.color)
        #expect(terminal(["NO_COLOR": ""]).look.color)
    }

    @Test func `who asks for colours, or for none, is heard`() {
        #expect(terminal(isTerminal: false, color: .always, ["NO_COLOR": "1"]).look.color)
        #expect(!terminal(color: .never).look.color)
    }

    @Test func `the locale says whether more than ASCII can be shown`() {
        #expect(terminal(["LANG": "de_DE.utf8"]).look.unicode)
        #expect(!terminal(["LANG": "C"]).look.unicode)
        #expect(!terminal(["LC_ALL": "POSIX"]).look.unicode)
        #expect(terminal(["LANG": "C", "LC_CTYPE": "C.UTF-8"]).look.unicode)
        #expect(!terminal(["LANG": ""]).look.unicode)
    }

    @Test func `a line is drawn anew only where that works`() {
        #expect(terminal().redraws)
        #expect(terminal(["NO_COLOR": "1"]).redraws)
        #expect(!terminal(["TERM": "dumb"]).redraws)
        #expect(!terminal(isTerminal: false).redraws)
    }

    @Test func `what has no width is eighty columns wide`() {
        #expect(terminal().look.width == 80)
        #expect(terminal(columns: 132).look.width == 132)
    }
}
