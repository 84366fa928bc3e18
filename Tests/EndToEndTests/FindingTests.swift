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
    }
}
