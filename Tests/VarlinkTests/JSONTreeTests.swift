import Foundation
import Testing

@testable import Varlink

/// The short way to read JSON beside Foundation's.
@Suite struct JSONTreeTests {
    private enum Kind: String, Codable { case one, two }

    private struct Part: Codable, Equatable {
        var text: String
        var kind: Kind
        var numbers: [Int]
    }

    private struct Whole: Codable, Equatable {
        var flag: Bool
        var small: UInt8
        var large: Int
        var float: Double?
        var name: String?
        var parts: [Part]
        var table: [String: Int]
        var nested: [[String]]
    }

    private let whole = Whole(
        flag: true, small: 255, large: .min, float: -1.5e-3, name: nil,
        parts: [Part(text: "a\"\\/\n\u{1}é😀", kind: .two, numbers: [0, -1, .max])], table: ["a": 1, "é\n": 2],
        nested: [[], ["x", ""]])

    private func short(_ text: String) -> Whole? { try? JSONTree.decode(Whole.self, from: Array(text.utf8)) }
    private func ordinary(_ text: String) -> Whole? { try? JSONDecoder().decode(Whole.self, from: Data(text.utf8)) }

    @Test func `what an encoder writes is read`() throws {
        for formatting in [[], .prettyPrinted, .withoutEscapingSlashes] as [JSONEncoder.OutputFormatting] {
            let encoder = JSONEncoder()
            encoder.outputFormatting = formatting
            #expect(short(String(decoding: try encoder.encode(whole), as: UTF8.self)) == whole)
        }
    }

    @Test func `nothing is read differently from the ordinary way, whatever byte is another`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let bytes = [UInt8](try encoder.encode(whole))
        var read = 0
        for index in bytes.indices {
            for byte in Array("0-19e.\"\\ntu{}[],: /".utf8) {
                var spoilt = bytes
                spoilt[index] = byte
                // Frames that are no JSON never come so far.
                guard (try? JSONScanner.members(of: spoilt, depthLimit: 32)) != nil else { continue }
                let text = String(decoding: spoilt, as: UTF8.self)
                guard let short = short(text) else { continue }
                read += 1
                // Foundation's refuses a zero below zero that has an exponent, such as -0.0e15, which JSON allows.
                guard !text.contains(/-0\.0+e/) else { continue }
                #expect(short == ordinary(text), "\(text)")
            }
        }
        #expect(read > 100)
    }

    @Test(
        arguments: [
            #""\u0041\ud83d\ude00""#, #""\ud83d""#, #""\ude00\ud83d""#, #""\u+041""#, #""\x""#, #""\b\f\n\r\t\/\\\"""#,
            "\"\"", #""a\u0000b""#,
        ])
    func `escapes mean what they mean to the ordinary way`(text: String) {
        let short = try? JSONTree.decode([String].self, from: Array("[\(text)]".utf8))
        let ordinary = try? JSONDecoder().decode([String].self, from: Data("[\(text)]".utf8))
        if let short { #expect(short == ordinary) }
    }

    @Test(arguments: ["", "{", "[1,]", "{\"a\":}", "{\"a\"}", "tru", "[1 2]", "{}{}", "\"", "\"\\", "\"\\u00"])
    func `text that is none gives no tree`(text: String) {
        #expect(throws: JSONTree.Unfit.self) { try JSONTree(Array(text.utf8)) }
    }

    @Test func `a key that is there twice gives nothing, among few or many`() {
        #expect(throws: (any Error).self) {
            try JSONTree.decode([String: Int].self, from: Array(#"{"a":1,"a":1}"#.utf8))
        }
        let many = (0..<100).map { "\"k\($0)\":\($0)" }
        let text = "{" + many.joined(separator: ",")
        #expect((try? JSONTree.decode([String: Int].self, from: Array((text + "}").utf8)))?.count == 100)
        #expect(throws: (any Error).self) {
            try JSONTree.decode([String: Int].self, from: Array((text + ",\"k7\":1}").utf8))
        }
        #expect(throws: FrameError.self) {
            try JSONScanner.members(of: Array((text + ",\"k7\":1}").utf8), depthLimit: 32)
        }
        #expect(throws: FrameError.self) { try JSONScanner.members(of: Array(#"{"a":1,"a":1}"#.utf8), depthLimit: 32) }
    }

    @Test func `nesting beyond all measure gives no tree`() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: JSONTree.Unfit.self) { try JSONTree(Array(text.utf8)) }
    }
}
