import CLease
import Glibc
import Linux

/// Bytes to a worker process and back, from a task's being put to its result's being read: by the C client's lease, whose memory
/// both share, beside pools that send them through a pipe.
enum Payloads {
    private static let sizes: [(name: String, bytes: Int, count: Int)] = [
        ("64 B", 64, 300), ("4 KiB", 4 << 10, 300), ("64 KiB", 64 << 10, 100), ("1 MiB", 1 << 20, 20),
        ("16 MiB", 16 << 20, 3), ("64 MiB", 64 << 20, 1),
    ]

    static func rows(_ bench: Bench) throws -> [Row] {
        guard let library = try Functions.library(bench) else { return [] }
        return sizes.map { name, bytes, count in
            Row(
                "14 \(name) in and out, processes", targets: [],
                [Contestant("par") { try echoes(bench, library, bytes, count: bench.samples(count)) }]
                    + Peers.processes.map { title, kind in
                        bench.python(title) { try $0.ask("payload", "\(bench.samples(count))", kind, "\(bytes)") }
                    })
        }
    }

    private static func echoes(_ bench: Bench, _ library: String, _ bytes: Int, count: Int) throws -> [Double] {
        let lease = try EchoLease(bench.daemon.socket, library, bytes: bytes)
        let input = [UInt8](repeating: 1, count: bytes)
        var output = [UInt8](repeating: 0, count: bytes)
        // The first touches memory that the others find.
        try lease.echo(input, into: &output)
        return try (0..<count).map { _ in
            let start = Monotonic.now()
            try lease.echo(input, into: &output)
            return Double(Monotonic.now() - start)
        }
    }
}

/// A lease of one process that hands back what it is given.
private final class EchoLease {
    private let lease: OpaquePointer

    init(_ socket: String, _ library: String, bytes: Int) throws {
        var options = par_lease_options()
        options.version = UInt32(PAR_LEASE_VERSION)
        options.processes = 1
        options.tasks = 64
        options.input_bytes = UInt64(bytes) + (1 << 16)
        options.result_bytes = UInt64(bytes) + (1 << 16)
        var opened: OpaquePointer?
        var error = [CChar](repeating: 0, count: 512)
        // No result may be longer than this option says.
        let words = ["function", library + ":echo", "result-limit", "\(max(bytes, 1))"]
        let copies = words.map { word in word.withCString { strdup($0) } }
        defer { for copy in copies { free(copy) } }
        let arguments: [UnsafePointer<CChar>?] = copies.map { UnsafePointer($0) } + [nil]
        let code = arguments.withUnsafeBufferPointer { arguments in
            socket.withCString { socket in
                "native".withCString { name in
                    options.socket = socket
                    options.workload = name
                    options.arguments = arguments.baseAddress
                    return par_lease_open(&options, &opened, &error, error.count)
                }
            }
        }
        guard code == 0, let opened else {
            throw Bench.Missing(description: String(decoding: error.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        lease = opened
    }

    deinit { par_lease_close(lease) }

    /// The bytes are copied out, as whoever asks for them has his own then, as with pipes.
    func echo(_ input: [UInt8], into output: inout [UInt8]) throws {
        var id: UInt64 = 0
        var result = par_result()
        guard par_lease_put(lease, input, input.count, 0, &id) == 0,
            par_lease_wait(lease, id, &result, 30_000_000_000) == 0, result.size == input.count
        else { throw Bench.Missing(description: "the lease is over") }
        if let bytes = result.bytes {
            output.withUnsafeMutableBytes { $0.copyMemory(from: .init(start: bytes, count: result.size)) }
        }
        par_lease_release(lease, id)
    }
}
