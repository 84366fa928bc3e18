import Control
import Foundation
import Testing
import Varlink

/// The text by which a script is asked for and answered, beside Swift's own coding.
@Suite("The text of scripts' calls and replies")
struct ScriptJSONTests {
    @Test("a call is written as the encoder has it, and read back")
    func request() throws {
        let text = Samples.script.json
        #expect(try JSONDecoder().decode(Script.Request.self, from: Data(text)) == Samples.script)
        #expect(Script.Request(parameters: text) == Samples.script)
        let plain = Script.Request(
            python: "/p", kind: .input, script: "", words: ["/p"], arguments: 0, surroundings: [:],
            context: Context(directory: "/", umask: 0, environment: ["A=\"\u{10FEFF}"]))
        #expect(Script.Request(parameters: plain.json) == plain)
    }

    @Test("a reply is written as the encoder has it, and read back", arguments: Samples.scriptReplies)
    func reply(_ reply: Script.Reply) throws {
        #expect(try JSONDecoder().decode(Script.Reply.self, from: Data(reply.json)) == reply)
        #expect(Script.Reply(parameters: reply.json) == reply)
    }

    @Test(
        "what is no call is left to the decoder, which says what is wrong",
        arguments: ["", "{}", "[]", #"{"python":7}"#, #"{"python":"/p","kind":"novel","script":"","words":[]}"#])
    func others(_ text: String) {
        #expect(Script.Request(parameters: Array(text.utf8)) == nil)
    }
}
