import Control
import Foundation
import Testing
import Varlink

@Suite("The Swift twins and the interface description")
struct TwinTests {
    let description: InterfaceDescription

    init() throws {
        description = try InterfaceDescription(Interface.description)
    }

    private func json(_ value: any Encodable) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
    }

    @Test("the description is well formed and bears the interface's name")
    func wellFormed() {
        #expect(description.name == Interface.name)
    }

    @Test("every type has a twin that agrees")
    func types() throws {
        #expect(Set(Samples.types.map(\.name)) == Set(description.types.map(\.name)))
        for (name, sample) in Samples.types {
            #expect(try description.disagreements(json(sample), .named(name), at: name) == [])
        }
    }

    @Test("every method has parameters and a reply that agree")
    func methods() throws {
        #expect(Set(Samples.methods.map(\.name)) == Set(description.methods.map { "\(Interface.name).\($0.name)" }))
        for (name, input, output) in Samples.methods {
            let method = try #require(description.method(name.dropFirst(Interface.name.count + 1)))
            #expect(try description.disagreements(json(input), .structure(method.input), at: "\(name) in") == [])
            #expect(try description.disagreements(json(output), .structure(method.output), at: "\(name) out") == [])
        }
    }

    @Test("every error has a case that agrees")
    func errors() throws {
        #expect(Set(Samples.errors.map(\.errorName)) == Set(description.errors.map { "\(Interface.name).\($0.name)" }))
        for error in Samples.errors {
            let members = try json(error.errorParameters)
            let described = try #require(description.errors.first { error.errorName == "\(Interface.name).\($0.name)" })
            #expect(description.disagreements(members, described.type, at: error.errorName) == [])
        }
    }

    @Test("enumerations have the same cases")
    func enumerations() throws {
        func cases(_ name: String) -> InterfaceDescription.ValueType? {
            description.types.first { $0.name == name }?.type
        }
        #expect(cases("Mode") == .enumeration(Mode.allCases.map(\.rawValue)))
        #expect(cases("Cold") == .enumeration(Cold.allCases.map(\.rawValue)))
        #expect(cases("MetricKind") == .enumeration(MetricKind.allCases.map(\.rawValue)))
        #expect(cases("ScriptKind") == .enumeration(Script.Kind.allCases.map(\.rawValue)))
        #expect(cases("OutputOrder") == .enumeration(OutputOrder.allCases.map(\.rawValue)))
    }

    @Test("what the interface lets a client leave out, Swift does too")
    func optionals() throws {
        let request = try JSONDecoder().decode(Run.Request.self, from: Data("{\"workload\":\"io\"}".utf8))
        #expect(request == Run.Request(workload: "io"))
        let reply = try JSONDecoder().decode(Run.Reply.self, from: Data("{}".utf8))
        #expect(reply == Run.Reply())
    }
}
