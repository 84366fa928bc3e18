import ArgumentParser
import Catalogue
import Control
import Daemon
import Glibc
import Linux
import Pools
import ServiceLifecycle

/// Keeps thread pools and process pools warm.
@main
struct Pard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pard",
        abstract: "Keep thread pools and process pools warm, and run jobs on them.",
        discussion: """
            Runs in the foreground until SIGTERM or SIGINT, which let running jobs finish. Messages go to standard error.

            EXAMPLES
              pard --socket /tmp/pard.sock
              pard --socket /tmp/pard.sock --floor-threads 8 --floor-processes 0
              parctl --socket /tmp/pard.sock run io --threads 4
            """,
        version: "pard \(Version.current)")

    @ArgumentParser.Option(help: "Where to make the socket (default: $XDG_RUNTIME_DIR/pard/pard.sock).")
    var socket: String?

    @ArgumentParser.Option(help: "Threads to keep warm (default: 4, or one for each processor if there are more).")
    var floorThreads: Int?

    @ArgumentParser.Option(help: "Processes to keep warm (default: 4, or one for each processor if there are more).")
    var floorProcesses: Int?

    @ArgumentParser.Option(help: "Workers that there may be at a time, warm and cold ones together.")
    var workerLimit = 256

    @ArgumentParser.Option(help: "Tasks that a job may have.")
    var taskLimit = JobLimits().tasks

    @ArgumentParser.Option(help: "Jobs that may wait for workers.")
    var queueLimit = JobLimits().queuedJobs

    @ArgumentParser.Option(help: "Connections that may be open at a time.")
    var connectionLimit = 512

    @ArgumentParser.Option(help: "Shared memory for the records of all jobs.", transform: size)
    var ledgerSize = JobLimits().ledgerBytes

    @ArgumentParser.Option(
        help: "How long a worker above the floor waits for work until it is stopped.", transform: duration)
    var idleTime = 60_000_000_000

    @ArgumentParser.Option(help: "How long jobs may go on once the daemon has been told to stop.", transform: duration)
    var drainTime = 30_000_000_000

    @ArgumentParser.Option(help: "How long a cancelled task may go on until its worker is killed.", transform: duration)
    var cancelGrace = 1_000_000_000

    @ArgumentParser.Option(
        help: .init("Tell readiness on this descriptor, and stop when it hangs up.", visibility: .hidden))
    var leash: Int32?

    mutating func validate() throws {
        for (name, value, range) in [
            ("worker-limit", workerLimit, 1...4096), ("task-limit", taskLimit, 1...100_000_000),
            ("queue-limit", queueLimit, 0...100_000), ("connection-limit", connectionLimit, 1...100_000),
            ("floor-threads", floorThreads ?? 0, 0...max(0, workerLimit)),
            ("floor-processes", floorProcesses ?? 0, 0...max(0, workerLimit)),
            ("ledger-size", ledgerSize, 1 << 20...1 << 40),
        ] where !range.contains(value) {
            throw ValidationError("--\(name) can't be \(value): it takes \(range.lowerBound) to \(range.upperBound)")
        }
        guard floors.threads + floors.processes <= workerLimit else {
            throw ValidationError(
                "\(floors.threads) threads and \(floors.processes) processes are more than --worker-limit \(workerLimit)"
            )
        }
    }

    private var floors: (threads: Int, processes: Int) {
        let usual = max(4, Processors.available)
        return (floorThreads ?? usual, floorProcesses ?? usual)
    }

    func run() async throws {
        // Inherited as ignored, it would have the kernel reap workers before the daemon has seen how they ended.
        signal(SIGCHLD, SIG_DFL)
        let log = try DaemonLog()
        defer { log.finish() }
        // The command that a private daemon serves has the terminal to itself, unless something is wrong.
        let isPrivate = leash != nil && log.target == .standardError
        let logger = log.logger("pard", level: isPrivate ? .warning : .info)
        var policy = PoolPolicy(threadFloor: floors.threads, processFloor: floors.processes)
        policy.workerLimit = workerLimit
        policy.idleNanoseconds = UInt64(idleTime)
        policy.cancelGraceNanoseconds = UInt64(cancelGrace)
        var configuration = Configuration(
            socketPath: try socketPath(), zygotePath: try ZygoteProgram.path(), policy: policy)
        configuration.limits.tasks = taskLimit
        configuration.limits.queuedJobs = queueLimit
        configuration.limits.ledgerBytes = ledgerSize
        configuration.connectionLimit = connectionLimit
        configuration.drainNanoseconds = UInt64(drainTime)
        configuration.leash = leash
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: Daemon(configuration, logger: logger))],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        if let leash { try Leash(leash).whenDropped { Task { await group.triggerGracefulShutdown() } } }
        try await group.run()
    }

    private func socketPath() throws -> String {
        if let socket { return socket }
        guard let directory = getenv("XDG_RUNTIME_DIR").map({ String(cString: $0) }), !directory.isEmpty else {
            throw ValidationError("XDG_RUNTIME_DIR is not set: say where to make the socket with --socket PATH")
        }
        mkdir("\(directory)/pard", 0o700)
        return "\(directory)/pard/pard.sock"
    }
}

private func size(_ text: String) throws -> Int {
    guard let bytes = Quantity.bytes(text) else { throw ValidationError("\(text) is no size: write 64MiB or 1GiB") }
    return bytes
}

private func duration(_ text: String) throws -> Int {
    guard let time = Quantity.nanoseconds(text) else {
        throw ValidationError("\(text) is no duration: write 500ms or 30s")
    }
    return time
}
