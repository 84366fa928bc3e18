import Foundation
import Testing

/// A run of commands that go on until the test says so, and not until a time has passed.
struct Gate {
    private let file: String
    private let run: Parctl

    /// Starts it, and waits until it runs.
    init(_ daemon: Daemon, tasks: Int, _ options: String...) throws {
        file = daemon.fixture.folder + "/gate"
        let command = "until [ -e '\(file)' ]; do sleep 0.01; done"
        run = try Parctl(
            words: ["--socket", daemon.socket, "run", "exec"] + options + ["sh", "-c", command, ":::"]
                + (1...tasks).map(String.init), in: daemon.fixture)
        _ = try daemon.awaitJob()
    }

    /// Lets all commands end, and waits for the run's end.
    func open() throws -> Parctl.Outcome {
        try Data().write(to: URL(fileURLWithPath: file))
        defer { unlink(file) }
        return try run.outcome()
    }
}
