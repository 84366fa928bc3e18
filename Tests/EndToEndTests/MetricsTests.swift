import Control
import Foundation
import Testing

extension EndToEnd {
    @Suite("Metrics")
    struct MetricsTests {
        /// One line of a sample: its name with labels, and its value.
        private static func samples(_ text: String) -> [Substring: Double] {
            Dictionary(
                text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
                    line.lastIndex(of: " ").flatMap { space in
                        Double(line[line.index(after: space)...]).map { (line[..<space], $0) }
                    }
                }, uniquingKeysWith: { first, _ in first })
        }

        @Test("count what has been, and are as both formats want them")
        func counted() throws {
            try Daemon.run { daemon in
                _ = try daemon.receipt("noop --threads 2 --tasks 10")
                _ = try daemon.receipt("noop --processes 2 --tasks 10 --cold")
                #expect(try daemon.parctl("run noop --threads 9999").status == 4)
                let open = try daemon.parctl("metrics")
                #expect(open.status == 0)
                #expect(open.output.hasSuffix("\n# EOF\n"))
                let samples = Self.samples(open.output)
                let warm = "mode=\"threads\",temperature=\"warm\",workload=\"noop\""
                let cold = "mode=\"processes\",temperature=\"cold\",workload=\"noop\""
                #expect(
                    samples["pard_runs_total{mode=\"threads\",outcome=\"ok\",temperature=\"warm\",workload=\"noop\"}"]
                        == 1)
                #expect(samples["pard_task_seconds_count{\(warm)}"] == 10)
                #expect(samples["pard_startup_seconds_count{\(cold)}"] == 1)
                #expect(samples["pard_startup_seconds_count{\(warm)}"] == nil)
                #expect(samples["pard_dispatch_seconds_bucket{\(warm),le=\"+Inf\"}"] == 1)
                #expect(samples["pard_pool_workers{pool=\"threads\",runtime=\"native\",state=\"idle\"}"] == 4)
                #expect(samples["pard_user_runs_total{uid=\"\(getuid())\"}"] == 2)
                #expect(samples.keys.contains { $0.hasPrefix("pard_refusals_total{") && $0.contains("limit_exceeded") })
                #expect(
                    try daemon.parctl("metrics --format prometheus").output.contains("# TYPE pard_runs_total counter"))
                let reply = try daemon.parctl("metrics --json").decoded(as: GetMetrics.Reply.self)
                #expect(reply.metrics.contains { $0.name == "pard_task_seconds" && $0.bounds?.first == 1e-6 })
            }
        }

        @Test("please promtool", .enabled(if: Promtool.path != nil, "promtool is not installed"))
        func promtool() throws {
            try Daemon.run { daemon in
                _ = try daemon.receipt("noop --threads 2 --tasks 10 --cold")
                _ = try daemon.receipt("sleep --serial --for 1ms")
                let metrics = try daemon.parctl("metrics --format prometheus").data
                let file = daemon.fixture.temporary + "/metrics"
                try metrics.write(to: URL(fileURLWithPath: file))
                defer { try? FileManager.default.removeItem(atPath: file) }
                let check = try Child(
                    try #require(Promtool.path), ["check", "metrics"], environment: daemon.fixture.environment(),
                    input: file)
                #expect(check.end() == .exit(0))
                #expect(check.output.isOver(within: 10) && check.errors.isOver(within: 10))
                #expect(check.output.text + check.errors.text == "")
            }
        }

        @Test("are served by HTTP where that is set, to whoever keeps to its limits")
        func served() throws {
            guard let port = Self.freePort else { throw Promtool.NoPort() }
            try Fixture.run { fixture in
                let path = fixture.folder + "/metrics.sock"
                let daemon = try Daemon(in: fixture, "--metrics-socket \(path) --metrics-port \(port)")
                _ = try daemon.receipt("noop --threads 2")
                func answer(_ request: String) throws -> String {
                    let client = try HTTPClient(path: path)
                    client.send(request)
                    return client.rest
                }
                let open = try answer("GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text\r\n\r\n")
                #expect(open.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: application/openmetrics-text; version=1.0.0"))
                #expect(open.hasSuffix("\n# EOF\n"))
                #expect(open.contains("pard_runs_total{"))
                #expect(try answer("GET /metrics HTTP/1.0\r\n\r\n").contains("text/plain; version=0.0.4"))
                #expect(try answer("GET /x HTTP/1.1\r\n\r\n").hasPrefix("HTTP/1.1 404"))
                #expect(try answer("DELETE /metrics HTTP/1.1\r\n\r\n").hasPrefix("HTTP/1.1 405"))
                #expect(try answer(String(repeating: "x", count: 9000)).hasPrefix("HTTP/1.1 431"))
                let overTCP = try HTTPClient(port: port)
                overTCP.send("GET /metrics HTTP/1.1\r\n\r\n")
                #expect(overTCP.rest.contains("pard_build_info"))
                // More than are served at a time, none of which says anything: they are let go, and the next one is served.
                let silent = try (0..<12).map { _ in try HTTPClient(path: path) }
                #expect(try answer("HEAD /metrics HTTP/1.1\r\n\r\n").hasPrefix("HTTP/1.1 200"))
                #expect(silent[0].rest == "")
                #expect(try daemon.parctl("ping").status == 0)
                daemon.stop()
            }
        }

        @Test("a port that somebody else has is only told of by a daemon of one command's")
        func takenPort() throws {
            guard let taken = HTTPClient.listen() else { throw Promtool.NoPort() }
            defer { close(taken.descriptor) }
            try Daemon.run("--metrics-port \(taken.port)") { daemon in
                let outcome = try daemon.parctl("ping")
                #expect(outcome.status == 0)
            }
        }

        /// A port that nobody has now.
        private static var freePort: UInt16? {
            guard let taken = HTTPClient.listen() else { return nil }
            close(taken.descriptor)
            return taken.port
        }
    }
}

/// Prometheus' own checker.
enum Promtool {
    struct NoPort: Error {}

    static let path = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
}

/// A connection that says what it is told and reads to the end.
final class HTTPClient {
    private let descriptor: Int32

    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        try #require(result == 0)
        setPatience()
    }

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = Self.address(port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
        setPatience()
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// All that comes until the other side closes it.
    var rest: String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func setPatience() {
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// A socket that listens on a port of the kernel's choice.
    static func listen() -> (descriptor: Int32, port: UInt16)? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = Self.address(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, size) == 0 && Glibc.listen(descriptor, 1) == 0
                    && getsockname(descriptor, pointer, &size) == 0
            }
        }
        return result ? (descriptor, UInt16(bigEndian: address.sin_port)) : nil
    }
}
