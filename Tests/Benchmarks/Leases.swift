import CLease
import Glibc
import Linux
import Scheduling

/// No-ops through the lease that any program can have, by the C library, beside the one that only a program with the pools in it
/// can have, which no daemon's client is.
enum Leases {
    private static let count = 5000
    private static let many = 100_000
    private static let inProcess = "par in the program itself"

    static func rows(_ bench: Bench) -> [Row] {
        let places: [Place] = Place.possible.contains(.apart) ? [.free, .apart] : [.free]
        return places.map { backToBack(bench, $0) } + [parked(bench), stream(bench)]
    }

    private static func backToBack(_ bench: Bench, _ place: Place) -> Row {
        let own = Parked.pool(bench, .processes(threads: 1), count: count, pause: 0, place)
        return Row(
            "1 no-op, back to back, by a C client's lease\(place.title)", targets: [.atMost(3, times: inProcess)],
            [trips(bench, count: count, pause: 0, place), Contestant(inProcess, own.measure)])
    }

    private static func parked(_ bench: Bench) -> Row {
        let own = Parked.pool(bench, .processes(threads: 1), count: 150, pause: 200_000, .free)
        return Row(
            "2 no-op after 200 µs, by a C client's lease", targets: [],
            [trips(bench, count: 150, pause: 200_000, .free), Contestant(inProcess, own.measure)])
    }

    /// Round trips, in nanoseconds.
    private static func trips(_ bench: Bench, count: Int, pause: Int, _ place: Place) -> Contestant {
        Contestant("par, for any program") {
            let lease = try ClientLease(bench.daemon.socket, processes: 1)
            for _ in 0..<20 { try lease.trip() }
            let worker = Int32(try lease.trip().pid)
            return try bench.placed(place, caller: ThisProcess.tid, worker: worker) {
                try (0..<bench.samples(count)).map { _ in
                    rest(nanoseconds: pause)
                    let start = Monotonic.now()
                    try lease.trip()
                    return Double(Monotonic.now() - start)
                }
            }
        }
    }

    /// Many at a time, each put, done, stamped, read and let go: nanoseconds a task.
    private static func stream(_ bench: Bench) -> Row {
        Row(
            "4 no-ops by a C client's lease, many at a time, 2 workers", targets: [],
            [
                Contestant("par, for any program") {
                    let lease = try ClientLease(bench.daemon.socket, processes: 2)
                    let count = bench.samples(many)
                    let start = Monotonic.now()
                    try lease.stream(count)
                    return [Double(Monotonic.now() - start) / Double(count)]
                }
            ])
    }
}

/// A lease of no-ops by the C library.
private final class ClientLease {
    private let lease: OpaquePointer
    private var results = [par_result](repeating: par_result(), count: 4096)
    private var ids = [UInt64](repeating: 0, count: 4096)

    init(_ socket: String, processes: UInt32) throws {
        var options = par_lease_options()
        options.version = UInt32(PAR_LEASE_VERSION)
        options.processes = processes
        var opened: OpaquePointer?
        var error = [CChar](repeating: 0, count: 512)
        let code = socket.withCString { socket in
            "noop".withCString { name in
                options.socket = socket
                options.workload = name
                return par_lease_open(&options, &opened, &error, error.count)
            }
        }
        guard code == 0, let opened else {
            throw Bench.Missing(description: String(decoding: error.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        lease = opened
    }

    deinit { par_lease_close(lease) }

    @discardableResult
    func trip() throws -> par_result {
        var id: UInt64 = 0
        var result = par_result()
        guard par_lease_put(lease, nil, 0, 0, &id) == 0, par_lease_wait(lease, id, &result, 10_000_000_000) == 0 else {
            throw Bench.Missing(description: "the lease is over")
        }
        par_lease_release(lease, id)
        return result
    }

    /// Puts `count` tasks through, as many as fit at a time.
    func stream(_ count: Int) throws {
        var (put, done) = (0, 0)
        while done < count {
            let more = put < count ? par_lease_put_many(lease, nil, nil, nil, min(1024, count - put), nil) : 0
            if more > 0 { put += more }
            let taken = par_lease_take(
                lease, &results, results.count, more > 0 ? 1 : min(1024, count - done), more > 0 ? 0 : 10_000_000_000)
            if taken == -Int(ETIMEDOUT), more > 0 { continue }
            guard taken > 0 else { throw Bench.Missing(description: "the lease is over") }
            for index in 0..<taken { ids[index] = results[index].id }
            par_lease_release_many(lease, ids, taken)
            done += taken
        }
    }
}
