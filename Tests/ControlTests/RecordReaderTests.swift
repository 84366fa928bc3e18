import Control
import Testing
import Varlink

@Suite("Reading records from a reply's frame")
struct RecordReaderTests {
    private static let head = #"{"parameters":{"records":["#
    private static let tail = #"]},"continues":true}"#
    private static let one =
        #"{"task":3,"worker":1,"pid":42,"tid":44,"start":-9,"stop":6,"cpu":2,"attempt":1,"status":"ok","value":8}"#

    /// The frame of a reply with `records`, without its NUL.
    private func frame(_ records: [Record]) -> [UInt8] {
        Reply(text: RecordJSON.parameters(records: records), continues: true).frame.dropLast()
    }

    /// What the ordinary decoder makes of `frame`.
    private func ordinary(_ frame: [UInt8]) throws -> Run.Reply {
        try JSON.decode(Run.Reply.self, from: Reply(frame: frame, limits: .client).parameters)
    }

    @Test("any records that a daemon writes are read, and as the ordinary decoder reads them", arguments: 0..<50)
    func roundTrip(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let records = (0..<Int.random(in: 1...20, using: &dice)).map { _ in dice.record() }
        let bytes = frame(records)
        #expect(Run.Reply(recordsFrame: bytes) == Run.Reply(records: records))
        #expect(try ordinary(bytes) == Run.Reply(records: records))
    }

    @Test("the frame of the tests below is read")
    func plain() throws {
        let reply = try #require(Run.Reply(recordsFrame: Array((Self.head + Self.one + Self.tail).utf8)))
        #expect(reply.records?.map(\.start) == [-9])
    }

    @Test(
        "a frame of another form is left to the ordinary decoder, which can read it",
        arguments: [
            // A member more: in the record, the parameters, the reply.
            (#""value":8"#, #""value":8,"colour":"red""#), (#""task":3"#, #""task":3,"node":7"#),
            (#""records":["#, #""page":1,"records":["#), (#""continues":true"#, #""continues":true,"x":1"#),
            (#""continues":true"#, #""continues":false"#), (#","continues":true"#, ""),
            (#""continues":true}"#, "\"continues\":true}\n"),
            // Another order, and space.
            (#""task":3,"worker":1"#, #""worker":1,"task":3"#), (#""task":3"#, #""task": 3"#), ("{", " {"), ("}", "} "),
            // Other spellings.
            (#""task":3"#, #""t\u0061sk":3"#), (#""value":8"#, #""value":8.0"#), (#""value":8"#, #""value":8e0"#),
            (#""value":8"#, #""value":-0"#), (#""value":8"#, #""value":8,"reason":null"#), (one, ""),
        ])
    func otherForms(text: String, other: String) throws {
        let frame = (Self.head + Self.one + Self.tail).replacing(text, with: other)
        #expect(Run.Reply(recordsFrame: Array(frame.utf8)) == nil)
        _ = try ordinary(Array(frame.utf8))
    }

    @Test(
        "a frame that nobody can read is not read",
        arguments: [
            (#""value":8"#, #""value":9223372036854775808"#), (#""value":8"#, #""value":-9223372036854775809"#),
            (#""value":8"#, #""value":99999999999999999999"#), (#""value":8"#, #""value":08"#),
            (#""value":8"#, #""value":"#), (#""value":8"#, #""value":-"#), (#""value":8"#, #""value":--8"#),
            (#""value":8"#, #""value":"8""#), (#""value":8"#, #""value":null"#), (#","value":8"#, ""),
            (#""value":8}"#, #""value":8},"#), ("[", "[,"), ("}]", "}}]"), ("true}", "true}}"), (#""ok""#, #""ok"#),
            (#""ok""#, #""o\k""#),
            (#""ok""#, #""\ud800""#), (#""ok""#, "\"o\u{1}k\""), (#""ok""#, #"ok"#), (#""ok""#, #""\"#),
        ])
    func malformed(text: String, other: String) {
        let frame = (Self.head + Self.one + Self.tail).replacing(text, with: other)
        #expect(Run.Reply(recordsFrame: Array(frame.utf8)) == nil)
        #expect(throws: (any Error).self) { try ordinary(Array(frame.utf8)) }
    }

    @Test("a frame that is not UTF-8 is not read")
    func notUTF8() {
        let parts = (Self.head + Self.one + Self.tail).split(separator: "k", maxSplits: 1).map { Array($0.utf8) }
        for bytes in [[0xC3, 0x28], [0xFF], [0xED, 0xA0, 0x80]] as [[UInt8]] {
            let frame = Array(parts.joined(separator: bytes))
            #expect(Run.Reply(recordsFrame: frame) == nil)
            #expect(throws: (any Error).self) { try ordinary(frame) }
        }
    }

    @Test("a frame that ends anywhere before its end is not read")
    func cutOff() {
        let whole = frame([Samples.record, RecordJSONTests.lost])
        #expect(Run.Reply(recordsFrame: whole) != nil)
        for count in whole.indices { #expect(Run.Reply(recordsFrame: Array(whole[..<count])) == nil) }
    }

    @Test("a frame with any one byte changed is read as the ordinary decoder reads it, or not at all")
    func damaged() throws {
        let whole = frame([Samples.record, RecordJSONTests.lost])
        var dice = Dice(seed: 1)
        for index in whole.indices {
            for byte in Array("0\"\\-,:{}x ".utf8) + [UInt8.random(in: 1...(.max), using: &dice)] {
                var damaged = whole
                damaged[index] = byte
                guard let reply = Run.Reply(recordsFrame: damaged) else { continue }
                #expect(try ordinary(damaged) == reply)
            }
        }
    }
}

/// Random numbers that are the same ones each time: SplitMix64, https://prng.di.unimi.it/splitmix64.c
private struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number of any length and sign.
    mutating func number() -> Int {
        let special = [0, 1, -1, 9, 10, -10, .max, .min, .max - 1, .min + 1]
        return special[Int.random(in: special.indices, using: &self)] &* Int.random(in: 0...1, using: &self)
            &+ (Int(truncatingIfNeeded: next()) >> Int.random(in: 0...63, using: &self))
    }

    mutating func text() -> String {
        let pieces = [
            "", "a", "\"", "\\", "/", "\n", "\t", "\u{1}", "\u{7F}", "é", "日本", "🧵", "\u{2028}", "{", "}", "]", ":",
        ]
        return (0..<Int.random(in: 0...12, using: &self)).map { _ in pieces.randomElement(using: &self) ?? "" }.joined()
    }

    mutating func record() -> Record {
        var record = Record(
            task: number(), worker: number(), pid: number(), tid: number(), start: number(), stop: number(),
            cpu: number(), attempt: number(), status: text(), value: number(), reason: nil)
        if Bool.random(using: &self) { record.reason = text() }
        if Bool.random(using: &self) {
            record.command = CommandRecord(
                exitCode: number(), signal: number(), tries: number(), spawn: number(), command: number(),
                user: number(), system: number(), peakMemory: number(), stdoutBytes: number(), stderrBytes: number(),
                cause: Bool.random(using: &self) ? text() : nil)
        }
        if Bool.random(using: &self) {
            record.fetch = FetchRecord(
                url: text(), status: number(), bytes: number(), redirects: number(), connections: number(),
                lookup: number(), connect: number(), tls: number(), firstByte: number())
        }
        if Bool.random(using: &self) {
            record.detail = [:]
            for _ in 0..<Int.random(in: 0...3, using: &self) { record.detail?[text()] = number() }
        }
        return record
    }
}
