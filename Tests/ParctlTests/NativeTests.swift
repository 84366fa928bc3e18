import Bytes
import Control
import Testing
import Varlink

@testable import parctl

@Suite("What is typed behind native")
struct NativeTests {
    /// A file that can be read: nothing here loads it.
    private let library = "/etc/passwd"

    private func plan(_ words: [String]) throws -> FunctionPlan {
        let prepared = try CommandWords.prepared(["run", "native"] + words)
        return try FunctionPlan(try CommandWords.read(Array(prepared.dropFirst()), in: "/"))
    }

    private func texts(_ words: [String]) throws -> [String]? {
        try plan(words).items.map { items in (0..<items.count).map(items.text) }
    }

    @Test func `begins with a library and a function, of which the path is made absolute`() throws {
        #expect(try plan(["\(library):work"]).function == "/etc/passwd:work")
        let words = try CommandWords.read(["native", "etc/passwd:work"], in: "/")
        let missing = #expect(throws: CommandError.self) { try FunctionPlan(words, in: "/nonexistent") }
        #expect(missing?.message?.contains("No such file or directory") == true)
        for wrong in [[], ["work"], [":work"], ["\(library):"]] {
            let error = #expect(throws: CommandError.self, "\(wrong)") { try plan(wrong) }
            #expect(error?.message?.contains("which function?") == true)
        }
    }

    @Test func `goes on with inputs, which are whatever stands behind a mark`() throws {
        #expect(try texts(["\(library):f"]) == nil)
        #expect(try texts(["\(library):f", "a", "", "b c"]) == ["a", "", "b c"])
        #expect(try texts(["\(library):f", ":::", "--tag", "-", ":::"]) == ["--tag", "-", ":::"])
        #expect(try texts(["\(library):f", "a", "--", "--tag"]) == ["a", "--tag"])
        let none = #expect(throws: CommandError.self) { try plan(["\(library):f", ":::"]) }
        #expect(none?.message?.contains("no input") == true)
        let both = #expect(throws: CommandError.self) { try plan(["\(library):f", "--tag", "--output", "/tmp", "a"]) }
        #expect(both?.message?.contains("--tag is for results that are printed") == true)
    }

    @Test func `makes as many tasks as there are inputs, and one input is for as many as are asked for`() throws {
        let words = try CommandWords.read(["native", "\(library):f"], in: "/")
        #expect(try plan(["\(library):f"]).count(asked: nil, words) == nil)
        #expect(try plan(["\(library):f"]).count(asked: 5, words) == 5)
        #expect(try plan(["\(library):f", "a"]).count(asked: 5, words) == 5)
        #expect(try plan(["\(library):f", "a", "b"]).count(asked: nil, words) == 2)
        let other = #expect(throws: CommandError.self) { try plan(["\(library):f", "a", "b"]).count(asked: 5, words) }
        #expect(other?.message?.contains("there are 2 inputs") == true)
    }

    @Test func `is asked for with the inputs as a file`() throws {
        var request = Run.Request(workload: "native")
        try plan(["\(library):f", "a", "b"]).put(into: &request)
        #expect(request.arguments == ["function": "/etc/passwd:f"])
        #expect(request.block == Run.Block(descriptor: 0, table: 0) && request.tasks == 2 && request.results == true)
        var single = Run.Request(workload: "native")
        try plan(["\(library):f", "a"]).put(into: &single)
        #expect(single.block == Run.Block(descriptor: 0))
    }

    @Test func `takes inputs that are no text byte by byte, each as it was typed`() throws {
        let typed: [[UInt8]] = [Array("a\u{fffd}".utf8), [0x61, 0xff], Array("b".utf8), [0x61, 0xfe]]
        let words = ["native", "\(library):f"] + typed.map { String(bytes: $0) }
        let plan = try FunctionPlan(try CommandWords.read(words, in: "/"))
        let items = try #require(plan.items)
        #expect((0..<items.count).map { Array(items.bytes(of: $0)) } == typed)
    }
}
