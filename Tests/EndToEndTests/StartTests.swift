import Control
import Foundation
import Testing
import Varlink

extension EndToEnd {
    @Suite("However it is started, a daemon")
    struct StartTests {
        /// Starts pard by a line of a shell's, in which `$0` is the program and `$@` are its arguments.
        private func start(_ line: String, in fixture: Fixture) throws -> Child {
            let words = ["--socket", fixture.folder + "/pard.sock", "--floor-threads", "1", "--floor-processes", "1"]
            return try Child(
                "/bin/bash", ["-c", line, Program.pard.path] + words, environment: fixture.environment())
        }

        /// Waits until it answers, and has it end.
        private func expectService(of daemon: Child, in fixture: Fixture, while isUp: () throws -> Void = {}) throws {
            let answers = eventually {
                guard var client = try? Client(connectingTo: fixture.folder + "/pard.sock") else { return false }
                return (try? client.call(Ping.method, Empty(), as: Empty.self)) != nil
            }
            try #require(answers, "it does not serve: \(daemon.errors.text)")
            try isUp()
            daemon.signal(SIGTERM)
            #expect(daemon.end() == .exit(0))
        }

        @Test(
            "serves, and has nothing of its own in the place of descriptors that were closed",
            arguments: [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]])
        func closed(descriptors: [Int]) throws {
            try Fixture.run { fixture in
                let closing = descriptors.map { "\($0)>&-" }.joined(separator: " ")
                let daemon = try start("exec \"$0\" \"$@\" \(closing)", in: fixture)
                try expectService(of: daemon, in: fixture) {
                    // Only root may look into it.
                    for descriptor in descriptors where geteuid() == 0 {
                        let link = "/proc/\(daemon.pid)/fd/\(descriptor)"
                        let target = try FileManager.default.destinationOfSymbolicLink(atPath: link)
                        #expect(target == "/dev/null")
                    }
                }
            }
        }

        @Test("serves where its directory is gone, and nobody reads what it says")
        func gone() throws {
            try Fixture.run { fixture in
                let line = "mkdir \(fixture.folder)/gone && cd \(fixture.folder)/gone && rmdir ../gone && "
                let daemon = try start(line + "exec \"$0\" \"$@\" 2> >(exit)", in: fixture)
                try expectService(of: daemon, in: fixture)
            }
        }

        @Test(
            "says that there are too few threads, and which limit to raise",
            .enabled(if: OtherUser.isPossible, OtherUser.why),
            arguments: [2, 4, 12])
        func fewThreads(limit: Int) throws {
            try Fixture.run { fixture in
                let user = UInt32.random(in: 542_000...542_999)
                let words = OtherUser.words(user).joined(separator: " ")
                let line = "ulimit -u \(limit); exec setpriv \(words) \"$0\" \"$@\""
                let daemon = try start(line, in: fixture)
                #expect(daemon.end() == .exit(1))
                try #require(daemon.errors.isOver(within: 10))
                #expect(daemon.errors.text.contains("see 'ulimit -u', or LimitNPROC"), "\(daemon.errors.text)")
            }
        }

        @Test("serves whatever the soft limit on files, and says what to do where the hard one is too low")
        func fileLimit() throws {
            try Fixture.run { fixture in
                try expectService(of: try start("ulimit -Sf 1000; exec \"$0\" \"$@\"", in: fixture), in: fixture)
                let daemon = try start("ulimit -f 1000; exec \"$0\" \"$@\"", in: fixture)
                #expect(daemon.end() == .exit(1))
                try #require(daemon.errors.isOver(within: 10))
                #expect(daemon.errors.text.contains("'ulimit -f' must allow the ledger's "), "\(daemon.errors.text)")
            }
        }

        @Test(
            "says that there are too few descriptors, and which limit to raise",
            arguments: ["ulimit -n 4", "ulimit -n 10", "ulimit -n 40", "ulimit -n 256; \(holding(10...245))"]
                + ["ulimit -n 256; \(holding(10...230))"])
        func fewDescriptors(limit: String) throws {
            try Fixture.run { fixture in
                // What the shell itself opens comes before the limit.
                let daemon = try start("\(limit); exec \"$0\" \"$@\"", in: fixture)
                #expect(daemon.end() == .exit(78))
                try #require(daemon.errors.isOver(within: 10))
                #expect(daemon.errors.text.contains("raise LimitNOFILE"), "\(daemon.errors.text)")
            }
        }

        /// A line that opens these descriptors.
        private static func holding(_ descriptors: ClosedRange<Int>) -> String {
            "for n in {\(descriptors.lowerBound)..\(descriptors.upperBound)}; do eval \"exec $n</dev/null\"; done"
        }
    }
}
