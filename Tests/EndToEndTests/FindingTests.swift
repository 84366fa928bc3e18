import Control
import Foundation
import Testing

extension EndToEnd {
    @Suite("A client that isn't told where the daemon is")
    struct FindingTests {
        @Test("finds the one at $PARD_SOCKET")
        func variable() throws {
            try Daemon.run { daemon in
                let variables = ["PARD_SOCKET": daemon.socket]
                let outcome = try Parctl("run noop --json", in: daemon.fixture, variables: variables).outcome()
                #expect(outcome.status == 0)
                #expect(outcome.errors == "")
                #expect(try outcome.receipt.temperature == .warm)
            }
        }

        @Test("finds the user's own, which goes by $XDG_RUNTIME_DIR as well")
        func runtimeDirectory() throws {
            try Fixture.run { fixture in
                let variables = ["XDG_RUNTIME_DIR": fixture.folder]
                let daemon = try Child(Program.pard.path, [], environment: fixture.environment(variables))
                #expect(eventually { daemon.errors.text.contains("ready: ") })
                let outcome = try Parctl("run noop --json", in: fixture, variables: variables).outcome()
                #expect(outcome.status == 0)
                #expect(outcome.errors == "")
                #expect(try outcome.receipt.temperature == .warm)
                daemon.signal(SIGTERM)
                #expect(daemon.end() == .exit(0))
                #expect(fixture.files == ["pard"])
                try fixture.removeFiles()
            }
        }

        @Test("learns from it what can be run, and how")
        func workloads() throws {
            let nap = WorkloadDescription(
                name: "nap", summary: "sleep well", detail: "A task dreams.", unit: nil, rerun: true, input: "item",
                options: [.init(name: "depth", kind: "count", value: "1", summary: "how deep", least: 1, most: 9)],
                examples: ["nap --depth 2 a b"])
            let reply = try JSONEncoder().encode(["parameters": ListWorkloads.Reply(workloads: [nap])])
            try Fixture.run { fixture in
                try FakeServer.run(in: fixture, [FakeServer.frames(String(decoding: reply, as: UTF8.self))]) { server in
                    func run(_ line: String) throws -> Parctl.Outcome {
                        try Parctl("--socket \(server.path) \(line)", in: fixture).outcome()
                    }
                    #expect(try run("workloads").output.hasPrefix("nap  sleep well\n"))
                    #expect(
                        try run("run nap --help").output.contains(
                            "Usage: parctl run nap [OPTION...] [ITEM... | --from FILE | -]"))
                    let refused = try run("run nap --depth 10 a")
                    #expect(refused.status == 2)
                    #expect(refused.errors.contains("nap: --depth takes a whole number from 1 to 9, not '10'"))
                    #expect(try run("run nup").errors.contains("did you mean 'nap'?"))
                }
                // Without a daemon, this program's own do.
                let own = try Parctl("workloads --socket \(fixture.folder)/none", in: fixture).outcome()
                #expect(own.status == 0 && own.output.contains("noop  "))
            }
        }
    }
}
