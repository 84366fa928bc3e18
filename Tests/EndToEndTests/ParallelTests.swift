import Dispatch
import Foundation
import Synchronization
import Testing

/// The program that is compared with.
private enum GNUParallel {
    private static let program = "/usr/bin/parallel"

    /// Whether it is GNU's, of the version that is compared with.
    static var isInstalled: Bool {
        let variables = ["HOME": "/nonexistent", "PATH": "/usr/bin:/bin"]
        guard let child = try? Child(program, ["--version"], environment: variables), child.end() != nil,
            child.output.isOver(within: 10)
        else { return false }
        return child.output.text.hasPrefix("GNU parallel 20221122")
    }
}

extension EndToEnd {
    /// The table of ``ParallelLines``, run by GNU parallel 20221122 and by `parctl run exec`.
    @Suite("Command lines of GNU parallel", .enabled(if: GNUParallel.isInstalled))
    struct ParallelTests {
        private struct Outcome: Equatable {
            let output: String
            let end: Child.End?
        }

        /// What bash makes of `line` in an empty directory below `home`.
        private static func outcome(
            _ line: String, in home: String, _ fixture: Fixture, _ variables: [String: String] = [:]
        ) throws -> Outcome {
            let folder = home + "/line"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            var environment = fixture.environment(variables)
            environment["HOME"] = home
            // Its lines are bash's, whatever the user's own shell is.
            environment["SHELL"] = "/bin/bash"
            // One of the two is this function; the other one is the program of that name.
            let function = #"parallel() { "$PARCTL" --socket "$PARD" run exec "$@"; }; "#
            let child = try Child(
                "/bin/bash", ["-c", "cd '\(folder)'; \(variables.isEmpty ? "" : function)\(line)"],
                environment: environment)
            let end = child.end()
            let who = variables.isEmpty ? "GNU parallel" : "parctl"
            try #require(child.output.isOver(within: 10), "\(who) holds its output open: \(line)")
            return Outcome(output: String(decoding: child.output.data, as: UTF8.self), end: end)
        }

        @Test("print the same and end in the same way", arguments: ParallelLines.all)
        func lines(group: ParallelLines.Group) throws {
            try Daemon.run { daemon in
                let fixture = daemon.fixture
                let variables = ["PARCTL": try Program.parctl.path, "PARD": daemon.socket]
                let differences = Mutex([String]())
                // GNU parallel takes its time to start. A line's two runs have the same directory, one after the other.
                DispatchQueue.concurrentPerform(iterations: Self.lanes) { lane in
                    let home = fixture.temporary + "/\(lane)"
                    defer { try? FileManager.default.removeItem(atPath: home) }
                    for index in stride(from: lane, to: group.lines.count, by: Self.lanes) {
                        let line = group.lines[index]
                        do {
                            let theirs = try Self.outcome(line, in: home, fixture)
                            let ours = try Self.outcome(line, in: home, fixture, variables)
                            if ours == theirs { continue }
                            differences.withLock { $0.append("\(line)\ntheirs: \(theirs)\nours: \(ours)") }
                        } catch {
                            differences.withLock { $0.append("\(line)\n\(error)") }
                        }
                    }
                }
                let found = differences.withLock { $0 }
                #expect(found.isEmpty, "\(found.joined(separator: "\n\n"))")
            }
        }

        /// Lines that are run at a time.
        private static let lanes = 2

        @Test("are a table of at least 120")
        func count() {
            #expect(ParallelLines.all.reduce(0) { $0 + $1.lines.count } >= 120)
        }
    }
}
