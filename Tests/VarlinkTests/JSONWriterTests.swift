import Testing
import Varlink

@Suite struct JSONWriterTests {
    /// What `write` writes, into memory that has to grow for it.
    private func text(_ write: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter(expecting: 0)
        write(&json)
        #expect(json.count == json.bytes.count && json.first == json.bytes.first && json.last == json.bytes.last)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test(arguments: [0, 7, 10, -1, 42_000, .max, .min] as [Int])
    func `numbers have all their digits`(number: Int) {
        #expect(text { $0.append(number) } == "\(number)")
        #expect(text { $0.append(",\"n\":", number) } == ",\"n\":\(number)")
    }

    @Test(arguments: [
        ("", #""""#), ("plain", #""plain""#), ("\"\\", #""\"\\""#), ("\u{0}\n\u{1F}", #""\u0000\u000a\u001f""#),
        ("é\u{1F980}\"é", #""é\#u{1F980}\"é""#),
    ])
    func `texts have quotes, and escapes where they need some`(plain: String, quoted: String) {
        #expect(text { $0.append(quoted: plain) } == quoted)
    }

    @Test func `fractions that JSON can't hold are null`() {
        #expect(text { $0.append(0.5) } == "0.5")
        #expect(text { $0.append(.infinity as Double) } == "null")
        #expect(text { $0.append("", fractionOrNull: nil) } == "null")
    }

    @Test func `lists have commas between their elements`() {
        #expect(text { $0.append("", numbers: []) } == "[]")
        #expect(text { $0.append("", numbers: [1]) } == "[1]")
        #expect(text { $0.append(":", texts: ["a", "b", ""]) } == #":["a","b",""]"#)
        #expect(text { $0.append("", true) } == "true")
    }

    @Test func `long texts are whole, whatever was expected`() {
        let long = String(repeating: "abcdefghij\n", count: 10_000)
        let written = text { json in
            for _ in 0..<3 { json.append(quoted: long) }
            json.append([1, 2, 3])
        }
        #expect(written.utf8.count == 3 * (2 + 10_000 * 16) + 3)
        #expect(written.hasPrefix(#""abcdefghij\u000aabc"#))
    }

    @Test func `what was written can be forgotten`() {
        #expect(
            text { json in
                json.append("gone")
                json.removeAll()
                json.append("here")
            } == "here")
    }
}
