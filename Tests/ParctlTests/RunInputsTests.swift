import Control
import Testing
import Varlink

@testable import parctl

@Suite struct RunInputsTests {
    private func count(_ words: String..., tasks: Int? = nil) throws -> Int? {
        try RunInputs(try CommandWords.read(words), tasks: tasks).count
    }

    @Test func `a single address is for all tasks, and of several each has one`() throws {
        #expect(try count("download", "http://host/") == 1)
        #expect(try count("download", "http://host/", tasks: 7) == 7)
        #expect(try count("download", "http://host/a", "http://host/b", tasks: 7) == 2)
        #expect(try count("api", "http://host/", "{}", tasks: 3) == 3)
    }

    @Test(arguments: [1_000_000, Int.max])
    func `requests that no call can carry are refused before they are made`(tasks: Int) {
        for words in [["download", "http://host/"], ["api", "http://host/", "[1]"]] {
            let failure = #expect(throws: CommandError.self) {
                try RunInputs(try CommandWords.read(words), tasks: tasks)
            }
            #expect(failure?.status == .usage)
            #expect(failure?.message?.contains("and a run takes at most 8 MiB: run them in parts") == true)
        }
    }

    @Test func `commands that no call can carry are refused as well`() {
        let long = String(repeating: "x", count: 1 << 20)
        let failure = #expect(throws: CommandError.self) {
            try RunInputs(
                try CommandWords.read(["exec", "--", "echo", ":::"] + Array(repeating: long, count: 8)), tasks: nil)
        }
        #expect(failure?.message?.hasPrefix("exec: the commands come to 8 MiB") == true)
    }

    @Test(arguments: [[], ["true"], ["echo", "a\"b", ""]])
    func `what a task is given counts what it is in JSON, at least`(words: [String]) throws {
        #expect(CallSize.bytes(of: words) >= (try JSON.object(Run.Input(words: words)).count + 1))
    }

    @Test(arguments: ["", "plain", "\"\\", "\u{1}\n", "é"])
    func `a text counts what it is in JSON, at least`(text: String) {
        var json = JSONWriter()
        json.append(quoted: text)
        #expect(CallSize.bytes(of: text) == json.count + 1)
    }
}
