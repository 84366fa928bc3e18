import Foundation
import Testing
import VarlinkServer

/// Python's `varlink` package is a client that shares nothing with this one.
@Suite("Python's varlink as the client", .timeLimit(.minutes(1)))
struct PythonTests {
    static let interpreter = ProcessInfo.processInfo.environment["PARD_PYTHON"]

    private static let script = """
        import json, sys, varlink

        with varlink.Client.new_with_address("unix:" + sys.argv[1]) as client:
            with client.open("org.varlink.service") as service:
                info = service.GetInfo()
            with client.open("org.example.test") as test:
                echo = test.Echo(2**63 - 1, "\\u00e9\\n")
                numbers = [reply["number"] for reply in test.Count(4, _more=True)]
                errors = []
                for call in (lambda: test.Fail(7), lambda: test.Count(4)):
                    try:
                        call()
                    except varlink.VarlinkError as error:
                        errors.append([error.error(), error.parameters()])
        print(json.dumps({
            "vendor": info["vendor"], "interfaces": info["interfaces"], "echo": echo, "numbers": numbers,
            "errors": [[name, json.dumps(members)] for name, members in errors],
        }))
        """

    private struct Output: Decodable {
        var vendor: String
        var interfaces: [String]
        var echo: TestService.Echo
        var numbers: [Int]
        var errors: [[String]]
    }

    @Test(
        "GetInfo, a call, a stream and errors",
        .enabled(if: interpreter != nil, "PARD_PYTHON names no Python that has the package varlink"))
    func drive() async throws {
        let interpreter = try #require(Self.interpreter)
        try await Fixture.run { fixture in
            let json = try await onThread { try Self.run(interpreter, fixture.path) }
            let output = try JSONDecoder().decode(Output.self, from: json)
            #expect(output.vendor == "Example")
            #expect(output.interfaces == ["org.varlink.service", "org.example.test"])
            #expect(output.echo == TestService.Echo(number: .max, text: "é\n"))
            #expect(output.numbers == [1, 2, 3, 4])
            #expect(
                output.errors == [
                    ["org.example.test.Failed", "{\"code\": 7}"],
                    ["org.varlink.service.ExpectedMore", "{}"],
                ])
        }
    }

    private static func run(_ interpreter: String, _ path: String) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: interpreter)
        process.arguments = ["-c", script, path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return data
    }
}
