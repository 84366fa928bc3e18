import Foundation
import Testing

/// An HTTP server of Python's on loopback, see `server.py` among the benchmarks' peers.
struct WebServer {
    let url: String
    private let process: Child

    /// Runs a test with a daemon and a server.
    static func run(_ options: String = "", _ test: (Daemon, WebServer) throws -> Void) throws {
        try Daemon.run(options) { daemon in
            let server = try WebServer(in: daemon.fixture)
            defer { server.stop() }
            try test(daemon, server)
        }
    }

    private init(in fixture: Fixture) throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let script = tests.appendingPathComponent("Benchmarks/Peers/server.py").path
        let child = try Child("/usr/bin/env", ["python3", script], environment: fixture.environment())
        process = child
        var line = ""
        let isThere = eventually {
            line = child.output.text
            return line.hasSuffix("\n")
        }
        try #require(isThere, "the server is not ready: \(child.errors.text)")
        url = "http://127.0.0.1:\(line.dropLast())"
    }

    private func stop() {
        process.signal(SIGKILL)
        #expect(process.end() == .signal(SIGKILL), "the server ended by itself: \(process.errors.text)")
    }
}
