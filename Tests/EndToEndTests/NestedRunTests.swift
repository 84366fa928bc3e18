import Foundation
import Testing

extension EndToEnd {
    @Suite("A command that runs parctl")
    struct NestedRunTests {
        /// A run of commands that hold all workers of a pool, and each runs something on that pool.
        private func words(_ commands: Int, _ inner: String) throws -> [String] {
            ["-q", "--threads", "\(commands)", "sh", "-c", "'\(try Program.parctl.path)' \(inner)", ":::"]
                + (1...commands).map(String.init)
        }

        @Test("gets workers though all of the pool wait for it, as that grows", arguments: ["", "--wait"])
        func grows(outer: String) throws {
            try Daemon.run { daemon in
                let options = outer.isEmpty ? [] : [outer]
                let outcome = try daemon.exec(
                    options + words(4, "run exec -q --threads 2 echo ::: {}a {}b"),
                    variables: ["PARD_SOCKET": daemon.socket])
                #expect(outcome.status == 0)
                let lines = ["1a", "1b", "2a", "2b", "3a", "3b", "4a", "4b"]
                #expect(outcome.output.split(separator: "\n").sorted() == lines.map { $0[...] })
            }
        }

        @Test("gets them in a command of a command of a command, and says why they were cold")
        func deep() throws {
            try Daemon.run("--floor-threads 1") { daemon in
                let parctl = "'\(try Program.parctl.path)'"
                let inner = "\(parctl) run exec -q --threads 1 \(parctl) run noop --threads 1 --json --tasks ::: 1"
                let outcome = try daemon.exec(
                    ["-q", "--threads", "1", "sh", "-c", inner, ":::", "x"], variables: ["PARD_SOCKET": daemon.socket])
                #expect(outcome.status == 0)
                #expect(try outcome.receipt.reason == "pool busy")
            }
        }

        @Test(
            "is refused where there can be no others, rather than wait for ever",
            arguments: [("--worker-limit 4 --floor-processes 0", ""), ("--grow-busy-pools false", ""), ("", "--wait")])
        func refused(options: String, inner: String) throws {
            try Daemon.run(options) { daemon in
                let outcome = try daemon.exec(
                    words(4, "run noop \(inner) --threads 1 --json; echo $?"),
                    variables: ["PARD_SOCKET": daemon.socket])
                #expect(outcome.status == 0)
                #expect(outcome.output == "4\n4\n4\n4\n")
                #expect(outcome.errors.contains("this run is part of a command that has a worker"))
                // Any other waits for its turn.
                #expect(try daemon.parctl("run noop --threads 4").status == 0)
            }
        }
    }
}
