import Control
import Glibc
import Linux
import Varlink

/// What more workers gain over one, with work of each kind: waiting for servers, computing, and computing with a library
/// that has threads of its own.
enum Shapes {
    private static let workers = [("4 threads", Mode.threads), ("4 processes", .processes)]
    private static let serial = "serial"

    static func rows(_ bench: Bench) -> [Row] {
        downloads(bench) + onTwo("cpu", ["iterations": "20000000"], target: 1.7, bench)
            + onTwo("dot, 1 BLAS thread", ["size": "512", "blas-threads": "1"], target: 1.7, bench)
            + onTwo("dot, BLAS threads as usual", ["size": "512"], target: nil, bench)
    }

    /// 16 URLs that take 50 ms each.
    private static func downloads(_ bench: Bench) -> [Row] {
        guard let server = bench.server else { return [] }
        let inputs = [Run.Input](repeating: ["\(server.url)/slow/50"], count: 16)
        func run(_ mode: Mode, _ workers: Int) throws -> [Double] {
            let request = Run.Request(
                workload: "download", mode: mode, processes: mode == .processes ? workers : nil,
                threads: mode == .threads ? workers : nil, inputs: inputs)
            return [try bench.daemon.elapsed(request)]
        }
        return workers.map { title, mode in
            Row(
                "10 download of 16 slow URLs, \(title)", targets: [.faster(3, than: serial)],
                [Contestant("par") { try run(mode, 4) }, Contestant(serial) { try run(.serial, 1) }])
        }
    }

    private static func onTwo(
        _ title: String, _ arguments: [String: String], target: Double?, _ bench: Bench
    ) -> [Row] {
        let workload = String(title.prefix { $0 != "," })
        func run(_ mode: Mode, _ workers: Int) throws -> [Double] {
            let request = Run.Request(
                workload: workload, arguments: arguments, mode: mode, processes: mode == .processes ? workers : nil,
                threads: mode == .threads ? workers : nil, tasks: 64)
            return [try bench.daemon.elapsed(request)]
        }
        return [("threads", Mode.threads), ("processes", .processes)].map { name, mode in
            Row(
                "10 \(title), 2 \(name)", targets: target.map { [.faster($0, than: serial)] } ?? [],
                [Contestant("par") { try run(mode, 2) }, Contestant(serial) { try run(.serial, 1) }])
        }
    }
}

/// A server on loopback that is slow on purpose, for as long as the benchmarks run.
final class SlowServer {
    let url: String
    private let pid: Int32

    init(python: String, script: String) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0, let port = fdopen(ends[0], "re") else {
            throw SystemError("pipe", .current)
        }
        defer { fclose(port) }
        pid = try Program(
            path: python, arguments: [script, "3"], environment: .ofThisProcess, descriptors: [ends[1]]
        ).spawn()
        close(ends[1])
        var line = [CChar](repeating: 0, count: 16)
        guard fgets(&line, Int32(line.count), port) != nil,
            let number = Int(String(decoding: line.prefix { $0 != 10 }.map(UInt8.init), as: UTF8.self))
        else { throw Bench.Missing(description: "\(script) did not start") }
        url = "http://127.0.0.1:\(number)"
    }

    func end() {
        killChild(pid)
    }
}
