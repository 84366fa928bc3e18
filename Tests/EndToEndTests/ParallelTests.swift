import Foundation
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

        /// What bash makes of `line` in an empty directory.
        private func outcome(_ line: String, _ fixture: Fixture, _ variables: [String: String] = [:]) throws -> Outcome
        {
            let folder = fixture.temporary + "/line"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            var environment = fixture.environment(variables)
            environment["HOME"] = fixture.temporary
            // One of the two is this function; the other one is the program of that name.
            let function = #"parallel() { "$PARCTL" --socket "$PARD" run exec "$@"; }; "#
            let child = try Child(
                "/bin/bash", ["-c", "cd '\(folder)'; \(variables.isEmpty ? "" : function)\(line)"],
                environment: environment)
            let end = child.end()
            try #require(child.output.isOver(within: 10), "its output is held open: \(line)")
            return Outcome(output: String(decoding: child.output.data, as: UTF8.self), end: end)
        }

        @Test("print the same and end in the same way", arguments: ParallelLines.all)
        func lines(group: ParallelLines.Group) throws {
            try Daemon.run { daemon in
                let fixture = daemon.fixture
                let variables = ["PARCTL": try Program.parctl.path, "PARD": daemon.socket]
                for line in group.lines {
                    let theirs = try outcome(line, fixture)
                    let ours = try outcome(line, fixture, variables)
                    #expect(ours == theirs, "\(line)")
                }
                try? FileManager.default.removeItem(atPath: fixture.temporary + "/.parallel")
            }
        }

        @Test("are a table of at least 120")
        func count() {
            #expect(ParallelLines.all.reduce(0) { $0 + $1.lines.count } >= 120)
        }
    }
}
