import Catalogue
import Testing

@testable import Control

@Suite("What a daemon tells of a workload")
struct WorkloadDescriptionTests {
    @Test("is enough for a client to read its options as the daemon does", arguments: Catalogue.all)
    func roundTrip(definition: Definition) throws {
        let told = try Definition(WorkloadDescription(definition))
        #expect(told.name == definition.name && told.text == definition.text && told.input == definition.input)
        #expect(told.options.map(\.name) == definition.options.map(\.name))
        for (option, own) in zip(told.options, definition.options) {
            #expect(option.kind == own.kind && option.expected == own.expected)
            for text in ["", "0", "1", "64KiB", "10ms", "f32", "true", "nonsense", "17179869185", "99999999h"] {
                #expect(option.number(text) == own.number(text), "\(option.name): \(text)")
            }
        }
        #expect(try Arguments([:], for: told) == Arguments([:], for: definition))
        let columns = definition.detail.columns.filter { $0.role != .hidden }
        #expect(told.detail.columns.map(\.key) == columns.map(\.key))
        #expect(told.detail.columns.map(\.unit) == columns.map(\.unit))
    }

    private func told(_ option: WorkloadDescription.Option, input: String? = nil) throws -> Definition {
        try Definition(
            WorkloadDescription(
                name: "nap", summary: "", detail: "", unit: nil, rerun: true, input: input, options: [option]))
    }

    @Test("may say what makes no sense, or what this client can't check, which the daemon then does")
    func odd() throws {
        let backwards = try told(.init(name: "n", kind: "count", value: "5", summary: "", least: 9, most: 2))
        #expect(throws: Arguments.Mismatch.self) { try Arguments([:], for: backwards) }
        #expect(try Arguments(["n": "9"], for: backwards).number("n") == 9)
        let unknown = try told(.init(name: "n", kind: "colour", value: nil, summary: ""))
        #expect(try Arguments(["n": "red"], for: unknown).text("n") == "red")
        let empty = try told(.init(name: "n", kind: "choice", value: nil, summary: "", choices: []))
        #expect(try Arguments(["n": "any"], for: empty).text("n") == "any")
    }

    @Test("is refused where tasks are given what this client doesn't know")
    func unknownInput() throws {
        let option = WorkloadDescription.Option(name: "n", kind: "count", value: "5", summary: "")
        #expect(try told(option, input: "item").input == .item)
        #expect(throws: Definition.UnknownInput(name: "dream")) { try told(option, input: "dream") }
    }
}
