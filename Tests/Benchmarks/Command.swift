import Control
import Linux
import Varlink

/// The client: as a whole process, and on a connection that is open.
enum Command {
    private static let count = 20
    private static let requestCount = 500

    static func rows(_ bench: Bench) throws -> [Row] {
        let nothing = Contestant("/bin/true") { try bench.limits.ask("run", "\(bench.samples(count))", "/bin/true") }
        let ping = Row(
            "8 parctl ping", targets: [.atMost(8, times: nothing.name)],
            [Contestant("par") { try parctl(bench, ["ping"], count: bench.samples(count)) }, nothing])
        let run = Row(
            "8 parctl run noop, over ping", targets: [.under(300_000)], [Contestant("par") { try excess(bench) }])
        return [ping, run, try requests(bench), try runs(bench)]
    }

    /// Whole processes of `parctl`, in nanoseconds.
    private static func parctl(_ bench: Bench, _ command: [String], count: Int) throws -> [Double] {
        try bench.limits.ask(
            ["run", "\(count)", bench.daemon.parctl, "--socket", bench.daemon.socket] + command)
    }

    /// By how much a run of one task takes longer than a ping: the difference of medians, each of alternating blocks.
    private static func excess(_ bench: Bench) throws -> [Double] {
        var pings: [Double] = []
        var runs: [Double] = []
        for _ in 0..<bench.samples(4) {
            pings += try parctl(bench, ["ping"], count: 5)
            runs += try parctl(bench, ["run", "noop", "--tasks", "1"], count: 5)
        }
        return [Figure(runs).median - Figure(pings).median]
    }

    private static func requests(_ bench: Bench) throws -> Row {
        let connection = try Connection(to: bench.daemon.socket)
        return Row(
            "9 request to reply, open connection", targets: [.under(20_000)],
            [
                Contestant("par") { try (0..<bench.samples(requestCount)).map { _ in try connection.ping() } },
                Contestant("socketpair") {
                    try bench.limits.ask("socket", "\(bench.samples(requestCount))", "0", Place.free.rawValue)
                },
            ])
    }

    private static func runs(_ bench: Bench) throws -> Row {
        let connection = try Connection(to: bench.daemon.socket)
        let ping = Contestant("ping") { try (0..<bench.samples(requestCount)).map { _ in try connection.ping() } }
        return Row(
            "9 Run of one no-op, open connection", targets: [.under(100_000), .atMost(4, times: ping.name)],
            [Contestant("par") { try (0..<bench.samples(requestCount)).map { _ in try connection.run() } }, ping])
    }
}

/// An open connection to the daemon.
private final class Connection {
    private var client: Client

    init(to socket: String) throws {
        client = try Client(connectingTo: socket)
    }

    /// Nanoseconds from a call to its reply.
    func ping() throws -> Double {
        let start = Monotonic.now()
        _ = try client.call(Ping.method, Empty(), as: Empty.self)
        return Double(Monotonic.now() - start)
    }

    /// Nanoseconds from a call that runs one task on a warm thread to its receipt, which is not read.
    func run() throws -> Double {
        let request = Run.Request(workload: "noop", mode: .serial, tasks: 1)
        let start = Monotonic.now()
        _ = try client.call(Run.method, request, as: Empty.self)
        return Double(Monotonic.now() - start)
    }
}
