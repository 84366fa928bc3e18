import Testing
import Varlink

@Suite("Messages")
struct MessageTests {
    struct Numbers: Codable, Equatable {
        var values: [Int64]
    }

    static func call(_ json: String, limits: Limits = .server) throws(FrameError) -> Call {
        try Call(frame: Array(json.utf8), limits: limits)
    }

    @Test("a call comes back from its frame as it was")
    func callRoundTrip() throws {
        let call = try Call("a.b.C", ["text": "\"\\/\u{1}é"], more: true)
        #expect(call.frame.last == 0)
        #expect(!call.frame.dropLast().contains(0))
        #expect(try Call(frame: call.frame.dropLast(), limits: .server) == call)
    }

    @Test("a reply comes back from its frame as it was")
    func replyRoundTrip() throws {
        let more = try Reply(["n": 1], continues: true)
        #expect(try Reply(frame: more.frame.dropLast(), limits: .client) == more)
        let error = try Reply(ServiceError.invalidParameter("x\"y"))
        #expect(error.error == "org.varlink.service.InvalidParameter")
        #expect(try Reply(frame: error.frame.dropLast(), limits: .client) == error)
    }

    @Test("integers keep all their 64 bits")
    func integers() throws {
        let numbers = Numbers(values: [.max, .min, 1 << 53 + 1, -(1 << 53) - 1, 0])
        let call = try Call(frame: Call("a.b.C", numbers).frame.dropLast(), limits: .server)
        #expect(String(decoding: call.parameters, as: UTF8.self).contains("9223372036854775807"))
        let reply = ErrorReply(name: "a.b.E", json: call.parameters)
        #expect(reply.parameters(as: Numbers.self) == numbers)
    }

    @Test("members may come in any order, with space, escapes and members of no meaning")
    func lenient() throws {
        let call = try Self.call(
            " {\t\"x\" : [ 1.5e-3 , {} , [ ] ] ,\n"
                + " \"m\\u006fre\":true, \"parameters\": null, \"method\":\"a.b\\u002eC\" }\r\n")
        #expect(call.method == "a.b.C")
        #expect(call.more)
        #expect(String(decoding: call.parameters, as: UTF8.self) == "{}")
    }

    @Test(
        "what is not JSON is refused",
        arguments: [
            "", " ", "nonsense", "[]", "1", "\"text\"", "null", "{", "{}}", "{} {}", "{\"a\"}", "{\"a\":}",
            "{\"a\":1,}",
            "{,}", "{a:1}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":1e}", "{\"a\":+1}", "{\"a\":-}",
            "{\"a\":tru}", "{\"a\":True}", "{\"a\":[1,]}", "{\"a\":[1}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}",
            "{\"a\":\"\u{1}\"}", "{\"a\":\"", "{\"a\":\"\\", "{\"a\":NaN}", "{\"a\":1,\"a\":2}",
            "{\"a\":1,\"\\u0061\":2}",
        ])
    func malformed(_ json: String) {
        let error = #expect(throws: FrameError.self) { try Self.call(json) }
        guard case .malformed = error else {
            Issue.record("\(json): \(String(describing: error))")
            return
        }
    }

    @Test("what is not UTF-8 is refused")
    func notUTF8() {
        let frame = Array("{\"method\":\"a.b.C\",\"x\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8)
        #expect(throws: FrameError.malformed(reason: "not UTF-8", offset: 23)) {
            try Call(frame: frame, limits: .server)
        }
    }

    @Test(
        "JSON that is no call is refused",
        arguments: [
            "{}", "{\"method\":1}", "{\"method\":null}", "{\"method\":\"a.b.C\",\"more\":1}",
            "{\"method\":\"a.b.C\",\"oneway\":\"yes\"}", "{\"method\":\"a.b.C\",\"oneway\":true,\"more\":true}",
        ])
    func notACall(_ json: String) {
        let error = #expect(throws: FrameError.self) { try Self.call(json) }
        guard case .notAMessage = error else {
            Issue.record("\(json): \(String(describing: error))")
            return
        }
    }

    @Test("JSON may be nested as deep as the limit and no deeper", arguments: [("[", "]"), ("{\"a\":", "}")])
    func depth(_ open: String, _ close: String) throws {
        func nested(_ levels: Int) -> String {
            let inner = String(repeating: open, count: levels - 1) + "1" + String(repeating: close, count: levels - 1)
            return "{\"method\":\"a.b.C\",\"x\":\(inner)}"
        }
        _ = try Self.call(nested(32))
        #expect(throws: FrameError.tooDeep(limit: 32)) { try Self.call(nested(33)) }
        #expect(throws: FrameError.tooDeep(limit: 32)) { try Self.call(nested(200_000)) }
        #expect(Limits(frameBytes: 1, jsonDepth: 1_000_000).jsonDepth == Limits.maximumJSONDepth)
    }

    @Test("what JSON can't hold, or is no object, is not sent")
    func notEncodable() {
        let error = #expect(throws: FrameError.self) { try Call("a.b.C", ["x": Double.nan]) }
        guard case .notEncodable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(throws: FrameError.notEncodable(reason: "parameters must be an object")) { try Call("a.b.C", [1, 2]) }
    }

    @Test("the standard errors come back from their replies")
    func standardErrors() throws {
        let errors: [ServiceError] = [
            .interfaceNotFound("a.b"), .methodNotFound("a.b.C"), .methodNotImplemented("a.b.D"),
            .invalidParameter("x"), .permissionDenied, .expectedMore,
        ]
        for error in errors {
            let reply = try Reply(error)
            let received = ErrorReply(name: try #require(reply.error), json: reply.parameters)
            #expect(ServiceError(received) == error)
            #expect(!error.description.isEmpty)
        }
        #expect(ServiceError(ErrorReply(name: "org.varlink.service.Unknown", json: [])) == nil)
        #expect(ServiceError(ErrorReply(name: "a.b.ExpectedMore", json: [])) == nil)
    }
}
