import Glibc
import Linux

/// All that is measured, started once: the pools, and the peers that are programs.
final class Bench {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    let pools: WarmPools
    /// The machine's limits in C.
    let limits: Coprocess
    /// Python's pools; nil without Python.
    let python: Coprocess?
    let daemon: PrivateDaemon
    /// Nil without Python.
    let server: SlowServer?
    /// What the number of samples is multiplied with.
    private let scale: Double

    /// - Parameter peerDirectory: where pools.py is. All other programs are beside this one.
    init(peerDirectory: String, scale: Double) throws {
        guard let directory = Environment.directory else { throw Missing(description: "/proc is not there") }
        self.scale = scale
        limits = try Coprocess("benchpeers", path: "\(directory)/benchpeers")
        if let interpreter = Environment.find("python3") {
            python = try Coprocess("python3", path: interpreter, arguments: ["\(peerDirectory)/pools.py"])
            server = try SlowServer(python: interpreter, script: "\(peerDirectory)/server.py")
        } else {
            complain("python3 is not here: its pools are left out")
            python = nil
            server = nil
        }
        pools = try WarmPools(zygotePath: "\(directory)/parzygote")
        daemon = try PrivateDaemon(directory: directory)
    }

    func end() {
        daemon.end()
        server?.end()
        pools.end()
        python?.end()
        limits.end()
    }

    /// As many samples as a whole or a quick measurement takes.
    func samples(_ whole: Int) -> Int { max(1, Int(Double(whole) * scale)) }

    /// One of Python's pools.
    func python(_ name: String, _ question: @escaping (Coprocess) throws -> [Double]) -> Contestant {
        Contestant(name) { [python] in try python.map(question) ?? [] }
    }

    /// Keeps two threads on processors for as long as `body` runs.
    func placed<Value>(_ place: Place, caller: Int32, worker: Int32, _ body: () throws -> Value) throws -> Value {
        try pin(caller, to: place == .free ? -1 : 0)
        try pin(worker, to: place == .free ? -1 : place == .apart ? 1 : 0)
        defer {
            // A thread that has ended needs no processor.
            for thread in [caller, worker] { try? pin(thread, to: -1) }
        }
        return try body()
    }

    private func pin(_ thread: Int32, to processor: Int) throws {
        _ = try limits.ask("pin", "\(thread)", "\(processor)")
    }
}

/// Where two sides run: where the kernel puts them, on one processor, or on two.
enum Place: String, CaseIterable {
    case free, together, apart

    /// Those that this machine has.
    static var possible: [Place] { Processors.available > 1 ? allCases : [.free] }

    var title: String {
        switch self {
        case .free: ""
        case .together: ", on one processor"
        case .apart: ", on two processors"
        }
    }
}

/// Sleeps.
func rest(nanoseconds: Int) {
    if nanoseconds == 0 { return }
    var time = timespec(tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
    clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nil)
}
