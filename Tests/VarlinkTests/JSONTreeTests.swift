import Foundation
import Testing

@testable import Varlink

/// The short way to read JSON, beside Foundation's where it can be.
@Suite struct JSONTreeTests {
    private func object(_ text: String) throws -> JSONObject { try JSONObject(Array(text.utf8)) }

    @Test func `members are read as what they are expected to be`() throws {
        let json = try object(
            #" { "n" : -9223372036854775808, "f":1.5e3, "t":"a\u00e9", "z":null, "o":{"n":1}, "a":[{"n":2},{"n":3}] } "#
        )
        #expect(try json.number("n") == .min)
        #expect(try json.fractionIfPresent("f") == 1500)
        #expect(try json.text("t") == "aé")
        #expect(try json.object("o").number("n") == 1)
        #expect(try json.objects("a").map { try $0.number("n") } == [2, 3])
        #expect(json.keys == ["n", "f", "t", "z", "o", "a"])
    }

    @Test func `a member that is null is one that is not there`() throws {
        for json in [try object("{}"), try object(#"{"x":null}"#)] {
            #expect(try json.numberIfPresent("x") == nil)
            #expect(try json.textIfPresent("x") == nil)
            #expect(try json.fractionIfPresent("x") == nil)
            #expect(try json.objectIfPresent("x") == nil)
            #expect(try json.objectsIfPresent("x") == nil)
            #expect(throws: JSONObject.Unfit.self) { try json.number("x") }
            #expect(throws: JSONObject.Unfit.self) { try json.objects("x") }
        }
    }

    @Test(
        arguments: [
            "1.0", "1e2", "9223372036854775808", "-9223372036854775809", "\"1\"", "true", "[]", "{}", "+1", "-", "1-1",
        ])
    func `a number that is none, or too large, is not read as another one`(text: String) throws {
        let json = try object("{\"n\":\(text)}")
        #expect(throws: JSONObject.Unfit.self) { try json.number("n") }
        #expect(throws: JSONObject.Unfit.self) { try json.numberIfPresent("n") }
    }

    @Test(
        arguments: [
            #""\u0041\ud83d\ude00""#, #""\ud83d""#, #""\ude00\ud83d""#, #""\u+041""#, #""\x""#, #""\b\f\n\r\t\/\\\"""#,
            "\"\"", #""a\u0000b""#,
        ])
    func `escapes mean what they mean to others`(text: String) throws {
        let ordinary = try? JSONDecoder().decode([String].self, from: Data("[\(text)]".utf8))
        let short = try? object("{\"t\":\(text)}").text("t")
        #expect(short == ordinary?[0])
    }

    @Test(arguments: ["", "{", "[1,]", "{\"a\":}", "{\"a\"}", "tru", "[1 2]", "{}{}", "\"", "\"\\", "\"\\u00"])
    func `text that is none gives no tree`(text: String) {
        #expect(throws: JSONTree.Unfit.self) { try JSONTree(Array(text.utf8)) }
    }

    @Test func `a key that is there twice gives nothing, among few or many`() throws {
        #expect(throws: JSONObject.Unfit.self) { try object(#"{"a":1,"a":1}"#) }
        let many = "{" + (0..<100).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
        #expect(try object(many + "}").keys.count == 100)
        #expect(throws: JSONObject.Unfit.self) { try object(many + ",\"k7\":1}") }
        for text in [many + ",\"k7\":1}", #"{"a":1,"a":1}"#] {
            #expect(throws: FrameError.self) { try JSONScanner.members(of: Array(text.utf8), depthLimit: 32) }
        }
    }

    @Test func `nesting beyond all measure gives no tree`() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: JSONTree.Unfit.self) { try JSONTree(Array(text.utf8)) }
    }
}
