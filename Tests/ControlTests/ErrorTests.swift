import Control
import Testing
import Varlink

@Suite("Control errors as replies")
struct ErrorTests {
    @Test("an error comes back from its reply as it was", arguments: Samples.errors)
    func roundTrip(_ error: ControlError) throws {
        let reply = try Reply(frame: Reply(error).frame.dropLast(), limits: .client)
        let name = try #require(reply.error)
        #expect(ControlError(ErrorReply(name: name, json: reply.parameters)) == error)
    }

    @Test("errors of other interfaces, unknown ones and incomplete ones are none")
    func others() {
        let empty = Array("{}".utf8)
        #expect(ControlError(ErrorReply(name: "org.example.Busy", json: empty)) == nil)
        #expect(ControlError(ErrorReply(name: "org.pard.Control.Unheard", json: empty)) == nil)
        #expect(ControlError(ErrorReply(name: "org.pard.Control.Busy", json: empty)) == nil)
        #expect(ControlError(ErrorReply(name: "org.pard.Control.Draining", json: empty)) == .draining)
    }

    @Test("an error's text is one sentence with what it is about", arguments: Samples.errors)
    func text(_ error: ControlError) {
        let text = "\(error)"
        #expect(!text.contains("\n"))
        #expect(text.count > 30)
    }

    @Test("a bad argument is told with its name, its value and what it takes")
    func badArgument() {
        let text = "\(ControlError.badArgument("size", value: "8XB", expected: "a size such as 8MiB"))"
        #expect(text == "size can't be 8XB: it takes a size such as 8MiB")
    }
}
