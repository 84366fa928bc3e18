import Control
import Glibc
import Journal
import Linux
public import Logging
import Pools
public import ServiceLifecycle
import Varlink
import VarlinkServer

/// The whole daemon as one service: it comes up, serves until it is told to stop, and lets its jobs finish.
public struct Daemon: ServiceLifecycle.Service {
    private let configuration: Configuration
    private let logger: Logger

    public init(_ configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    public func run() async throws {
        let startedAt = Monotonic.now()
        let listener = try Listener(binding: configuration.socketPath, mode: configuration.socketMode)
        let directory = try JobDirectory()
        let supervisor = try Supervisor(
            .init(
                policy: configuration.policy, zygotePath: configuration.zygotePath, environment: environmentOfProcess(),
                queueLimit: configuration.limits.queuedJobs, ledgerBytes: configuration.limits.ledgerBytes))
        let (warmth, warm) = AsyncThrowingStream<Void, any Error>.makeStream()
        let (failures, failure) = AsyncStream<DaemonError>.makeStream()
        let (endings, ending) = AsyncThrowingStream<Void, any Error>.makeStream()
        _ = try supervisor.start { [logger] notice in
            logger.tell(notice)
            switch notice {
            case .warm: warm.finish()
            case .failed(let why):
                warm.finish(throwing: DaemonError.poolsFailed(why))
                failure.yield(.poolsFailed(why))
                ending.finish(throwing: DaemonError.poolsFailed(why))
            case .ended: ending.finish()
            case .workerLost, .zygoteLost, .trouble: break
            }
        }
        try await cancelWhenGracefulShutdown { for try await _ in warmth {} }
        if Task.isShuttingDownGracefully {
            supervisor.shutDown(deadline: Monotonic.now())
            for try await _ in endings {}
            return
        }
        let context = DaemonContext(
            configuration: configuration, supervisor: supervisor, book: JobBook(prefix: jobPrefix(startedAt)),
            directory: directory.path, startedAt: startedAt, logger: logger)
        logger.tellWarmth(of: try await context.snapshot())
        let server = try await serve(context, on: listener)
        announceReady()
        try await cancelWhenGracefulShutdown { for await error in failures { throw error } }
        logger.info("stopping: no new work is taken")
        Notify.stopping(status: "Letting jobs finish")
        supervisor.shutDown(deadline: Monotonic.now() + configuration.drainNanoseconds)
        let patience = configuration.drainNanoseconds + 2 * configuration.policy.cancelGraceNanoseconds
        await server.stop(within: .nanoseconds(Int64(patience)))
        for try await _ in endings {}
        extendLifetime(directory)
        let finished = context.book.counts.finished
        logger.tell(.drained, "drained; jobs finished since the start: \(finished)", ["jobs_finished": "\(finished)"])
    }

    private func serve(_ context: DaemonContext, on listener: consuming Listener) async throws -> Server {
        var options = ServerConfiguration()
        options.limits = configuration.frameLimits
        options.connections = configuration.connectionLimit
        options.refusal = ControlError.busy(limit: "connections", allowed: configuration.connectionLimit)
        options.onEvent = { [logger] event in logger.notice("\(event)") }
        let service = ControlService(
            interface: try InterfaceDescription(Interface.description), daemon: context)
        return try await Server.start(
            on: listener,
            info: ServiceInfo(vendor: "par", product: "pard", version: Version.current, url: "https://varlink.org"),
            services: [service], configuration: options)
    }

    private func announceReady() {
        let policy = configuration.policy
        let status = "\(policy.threadFloor) threads and \(policy.processFloor) processes are warm"
        logger.info("ready: \(status)", metadata: ["socket": "\(configuration.socketPath)"])
        Notify.ready(status: status)
        configuration.leash.map(Leash.init)?.ready()
    }

    /// Four digits that hardly any other daemon of this host has had.
    private func jobPrefix(_ time: UInt64) -> String {
        let mixed = (time / 1000 &* 0x9e37_79b9_7f4a_7c15) >> 48
        let digits = String(mixed, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}

/// Why the daemon ends without having been told to.
enum DaemonError: Error, CustomStringConvertible {
    /// Nothing can be run any more; the service manager is to start another daemon.
    case poolsFailed(String)

    var description: String {
        switch self {
        case .poolsFailed(let why): "the pools have failed: \(why)"
        }
    }
}

/// `NAME=value` for each variable.
private func environmentOfProcess() -> [String] {
    var variables: [String] = []
    var next = environ
    while let variable = next.pointee {
        variables.append(String(cString: variable))
        next += 1
    }
    return variables
}
