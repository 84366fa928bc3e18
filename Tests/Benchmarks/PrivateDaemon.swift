import Control
import Glibc
import Linux
import Varlink

/// A `pard` for as long as the benchmarks run.
final class PrivateDaemon {
    let socket: String
    let parctl: String
    let directory: String
    private let pid: Int32
    private let leash: Int32
    private var files: [String] = []

    /// How long it may take to be ready.
    private static let startMilliseconds: Int32 = 30_000

    /// - Parameter directory: where `pard` and `parctl` are.
    init(directory programs: String) throws {
        var template = Array("/tmp/par-benchmarks-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", .current) }
        directory = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
        socket = directory + "/pard.sock"
        parctl = programs + "/parctl"
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw SystemError("socketpair", .current)
        }
        leash = ends[0]
        pid = try Program(
            path: programs + "/pard", arguments: ["--socket", socket, "--leash", "3"],
            environment: .ofThisProcess,
            descriptors: [ends[1]]
        ).spawn()
        close(ends[1])
        var byte: UInt8 = 0
        var ready = pollfd(fd: leash, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, Self.startMilliseconds) == 1, read(leash, &byte, 1) == 1 else {
            close(leash)
            throw Bench.Missing(description: "pard did not start")
        }
    }

    /// Has a run done, in whose tasks nothing may fail, and returns what it took in nanoseconds.
    func elapsed(_ request: Run.Request) throws -> Double {
        var client = try Client(connectingTo: socket)
        let reply = try client.call(Run.method, request, as: Run.Reply.self)
        guard let receipt = reply.receipt, receipt.outcome == .ok else {
            let reason = reply.receipt?.failures.first?.reason ?? "no receipt"
            throw Bench.Missing(description: "\(request.workload) failed: \(reason)")
        }
        return Double(receipt.elapsed)
    }

    /// Where a file of the benchmarks' own is to stand, which goes with the daemon.
    func path(_ name: String) -> String {
        files.append(directory + "/" + name)
        return directory + "/" + name
    }

    /// Stops the daemon and waits for its end.
    func end() {
        close(leash)
        kill(pid, SIGTERM)
        waitpid(pid, nil, 0)
        for file in files + [socket] { unlink(file) }
        rmdir(directory)
    }
}
