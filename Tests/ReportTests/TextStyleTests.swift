import Testing

@testable import Report

@Suite struct LookTests {
    let plain = TextStyle(color: false, unicode: true, width: 80)
    let ascii = TextStyle(color: false, unicode: false, width: 80)

    @Test func `colours are there only when they are wanted`() {
        #expect(TextStyle(color: true, unicode: true, width: 80).paint("ok", .green) == "\u{1B}[32mok\u{1B}[0m")
        #expect(plain.paint("ok", .green) == "ok")
    }

    @Test func `a bar grows by eighths, and by whole characters in ASCII`() {
        #expect(plain.bar(0.5, columns: 4) == "██")
        #expect(plain.bar(0.53, columns: 4) == "██▏")
        #expect(plain.bar(1, columns: 4) == "████")
        #expect(ascii.bar(0.5, columns: 4) == "##")
    }

    @Test func `a share that is there shows, and none does not`() {
        #expect(plain.bar(0.000_001, columns: 4) == "▏")
        #expect(ascii.bar(0.000_001, columns: 4) == "#")
        #expect(plain.bar(0, columns: 4) == "")
        #expect(ascii.bar(0, columns: 4) == "")
    }

    @Test func `a bar never leaves its columns`() {
        #expect(plain.bar(7, columns: 4) == "████")
        #expect(plain.bar(-1, columns: 4) == "")
        #expect(plain.bar(.nan, columns: 4) == "")
    }

    @Test func `a text from elsewhere can't steer the terminal`() {
        #expect(plain.clean("a\u{1B}[31mb\nc\u{9B}d\u{202E}e\t\u{7}") == #"a\e[31mb\nc\u{9b}d\u{202e}e\t\x07"#)
    }

    @Test func `bytes that are no text are shown as such`() {
        #expect(plain.clean("a\u{10FEFF}\u{10FE80}ä") == #"a\xff\x80ä"#)
        #expect(ascii.clean("a\u{10FEFF}") == #"a\xff"#)
    }

    @Test func `a text is spelled in ASCII as far as it can be`() {
        #expect(ascii.clean("0, 1 … 3 × µs ä") == "0, 1 ... 3 x us ?")
        #expect(plain.clean("0, 1 … 3 × µs ä") == "0, 1 … 3 × µs ä")
    }

    @Test func `a text that is too long is cut, and shows that it was`() {
        #expect(plain.clean("abcdefgh", limit: 5) == "abcd…")
        #expect(ascii.clean("abcdefgh", limit: 5) == "ab...")
        #expect(plain.clean("abcde", limit: 5) == "abcde")
    }

    @Test func `parts flow on to the next line where the width ends`() {
        let narrow = TextStyle(color: false, unicode: true, width: 12)
        #expect(
            narrow.flow(["aaa", "bbb", "ccc", "dddddddddddd"], indent: 2) == ["aaa · bbb", "  ccc", "  dddddddddddd"])
        #expect(narrow.flow([], indent: 2) == [])
    }
}
