import Testing
import Varlink

@Suite("Interface descriptions")
struct InterfaceTests {
    @Test("a description is read whole")
    func whole() throws {
        let description = try InterfaceDescription(
            """
            # An example. -> ( is only a comment
            interface org.example-one.test2

            type Kind (one, two_words)
            type Deep (list: []?[string](a: int, b: ?Kind), any: object) # at the end

            method Go(kind: Kind, flag: ?bool)->(
                rate: float,
                name: string
            )
            method Nothing() -> ()
            error Wrong (reason: string)
            error Plain ()
            """)
        #expect(description.name == "org.example-one.test2")
        #expect(description.types.map(\.name) == ["Kind", "Deep"])
        #expect(description.types[0].type == .enumeration(["one", "two_words"]))
        let inner = InterfaceDescription.ValueType.structure(
            fields([("a", .int), ("b", .optional(.named("Kind")))]))
        #expect(
            description.types[1].type
                == .structure(fields([("list", .array(.optional(.dictionary(inner)))), ("any", .object)])))
        let go = try #require(description.method("Go"))
        #expect(go.input == fields([("kind", .named("Kind")), ("flag", .optional(.bool))]))
        #expect(go.output == fields([("rate", .float), ("name", .string)]))
        #expect(description.method("Nothing")?.output.isEmpty == true)
        #expect(description.method("Gone") == nil)
        #expect(description.errors.map(\.name) == ["Wrong", "Plain"])
        #expect(description.errors[1].type == .structure([]))
    }

    private func fields(
        _ list: [(String, InterfaceDescription.ValueType)]
    ) -> [InterfaceDescription.Field] {
        list.map { InterfaceDescription.Field(name: $0.0, type: $0.1) }
    }

    @Test(
        "what is wrong is found on its line",
        arguments: [
            ("", 1, "expected 'interface'"),
            ("\n\ninterface one", 3, "expected an interface's name"),
            ("interface a.b-", 1, "expected an interface's name"),
            ("interface a..b", 1, "expected an interface's name"),
            ("interface a.b\nmethod go() -> ()", 2, "expected a name that starts with a capital"),
            ("interface a.b\n# x\nmethod Go()\n-> (", 4, "expected a field's name"),
            ("interface a.b\nmethod Go() ()", 2, "expected '->'"),
            ("interface a.b\nmethod Go(a: Missing) -> ()", 2, "type Missing is not defined"),
            ("interface a.b\nmethod Go(a: int,\n a: int) -> ()", 3, "a is there twice"),
            ("interface a.b\ntype T (a, b: int)", 2, "either all members have a type, or none"),
            ("interface a.b\ntype T (a: int)\nerror T ()", 3, "T is there twice"),
            ("interface a.b\nmethod Go(a, b) -> ()", 2, "fields need types here"),
            ("interface a.b\ntype T (a: ??int)", 2, "expected a type after ?"),
            ("interface a.b\ntype T (a__b: int)", 2, "expected a field's name"),
            ("interface a.b\ntype T (a: [int]int)", 2, "expected ']'"),
            ("interface a.b\ntype T (a: int;)", 2, "a character that has no place here"),
            ("interface a.b\nstruct T ()", 2, "expected type, method or error"),
        ])
    func wrong(_ source: String, _ line: Int, _ reason: String) {
        let error = #expect(throws: InterfaceError.self) { try InterfaceDescription(source) }
        #expect(error?.line == line)
        #expect(error?.reason.hasPrefix(reason) == true, "\(String(describing: error))")
    }

    @Test("nesting without end is refused")
    func nesting() {
        let source = "interface a.b\ntype T (a: " + String(repeating: "[]", count: 100_000) + "int)"
        let error = #expect(throws: InterfaceError.self) { try InterfaceDescription(source) }
        #expect(error?.line == 2 && error?.reason.contains("nest") == true, "\(String(describing: error))")
    }
}
