import Control
import Glibc
import Journal
import Linux
public import Logging
import Pools
public import ServiceLifecycle
import UnixSignals
import Varlink
import VarlinkServer

/// The whole daemon as one service: it comes up, serves until it is told to stop, and lets its jobs finish.
public struct Daemon: ServiceLifecycle.Service {
    private let configuration: Configuration
    private let reread: (@Sendable () async throws -> Configuration)?
    private let logger: Logger

    /// How the socket is called that the service manager hands over: FileDescriptorName= of its unit.
    public static let socketName = "control"

    /// - Parameter reread: reads the configuration again, for SIGHUP; nil leaves that signal alone.
    public init(
        _ configuration: Configuration, reread: (@Sendable () async throws -> Configuration)? = nil, logger: Logger
    ) {
        self.configuration = configuration
        self.reread = reread
        self.logger = logger
    }

    public func run() async throws {
        let startedAt = Monotonic.now()
        // From the first moment on, as the signal would end a process that doesn't expect it.
        let hangups = reread == nil ? nil : await UnixSignalsSequence(trapping: .sighup)
        for note in configuration.notes { logger.notice("\(note)") }
        let listener = try listen()
        let socketPath = listener.path ?? configuration.socketPath
        let directoryPath = JobDirectory.newPath()
        var options = Supervisor.Configuration(
            policy: configuration.policy, zygotePath: configuration.zygotePath,
            libraryZygotePath: configuration.libraryZygotePath, environment: ServiceVariables.environmentOfWorkers,
            queueLimit: configuration.limits.queuedJobs, ledgerBytes: configuration.limits.ledgerBytes)
        options.directory = directoryPath
        // Only the newest is of interest to whoever looks at the status.
        let (loads, loadFeed) = AsyncStream<Load>.makeStream(bufferingPolicy: .bufferingNewest(1))
        options.onLoad = { loadFeed.yield($0) }
        let supervisor = try Supervisor(options)
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
            case .workerLost, .zygoteStarted, .zygoteLost, .forksFailed, .trouble: break
            }
        }
        let directory = try JobDirectory(at: directoryPath)
        try await cancelWhenGracefulShutdown { for try await _ in warmth {} }
        if Task.isShuttingDownGracefully {
            supervisor.shutDown(deadline: Monotonic.now())
            for try await _ in endings {}
            return
        }
        let context = DaemonContext(
            live: LiveConfiguration(configuration), access: Access(isShared: configuration.isShared, owner: getuid()),
            socketPath: socketPath, supervisor: supervisor, book: JobBook(prefix: jobPrefix(startedAt)),
            directory: directory.path, startedAt: startedAt, logger: logger)
        logger.tellWarmth(of: try await context.snapshot())
        let server = try await serve(context, on: listener)
        announceReady(on: socketPath)
        try await withThrowingTaskGroup { group in
            let status = StatusDisplay()
            group.addTask { for await load in loads { status.show(load) } }
            group.addTask { [logger] in
                await Heartbeat(server: server, supervisor: supervisor, logger: logger).run()
            }
            if let hangups, let reread {
                let reloader = Reloader(
                    live: context.live, supervisor: supervisor, reread: reread, logger: logger, status: status)
                group.addTask { await reloader.follow(hangups) }
            }
            try await cancelWhenGracefulShutdown { for await error in failures { throw error } }
            try await drain(context, server, endings)
            group.cancelAll()
        }
        extendLifetime(directory)
        let finished = context.book.counts.finished
        logger.tell(.drained, "drained; jobs finished since the start: \(finished)", ["jobs_finished": "\(finished)"])
    }

    /// The socket that was handed over, by the service manager or by the command that has this daemon to itself, or else
    /// one of the daemon's own.
    private func listen() throws -> Listener {
        if let listener = configuration.listener { return try Listener(adopting: listener) }
        if let descriptor = try Activation.descriptor(named: Self.socketName) {
            return try Listener(adopting: descriptor)
        }
        return try Listener(binding: configuration.socketPath, mode: configuration.socketMode)
    }

    /// Takes no new work, lets jobs finish, and ends all workers, after the last of which `endings` ends.
    private func drain(
        _ context: DaemonContext, _ server: Server, _ endings: AsyncThrowingStream<Void, any Error>
    ) async throws {
        let configuration = context.configuration
        logger.info("stopping: no new work is taken")
        Notify.stopping(status: "Letting jobs finish", withinNanoseconds: configuration.stopNanoseconds)
        context.supervisor.shutDown(deadline: Monotonic.now() + configuration.drainNanoseconds)
        let patience = configuration.drainNanoseconds + 2 * configuration.policy.cancelGraceNanoseconds
        await server.stop(within: .nanoseconds(Int64(patience)))
        for try await _ in endings {}
    }

    private func serve(_ context: DaemonContext, on listener: consuming Listener) async throws -> Server {
        var options = ServerConfiguration()
        options.limits = configuration.frameLimits
        options.connections = configuration.connectionLimit
        options.refusal = ControlError.busy(limit: "connections", allowed: configuration.connectionLimit)
        options.largeFrameRefusal = ControlError.busy(limit: "large calls", allowed: options.largeFrames)
        options.onEvent = { [logger] event in logger.notice("\(event)") }
        let service = ControlService(
            interface: try InterfaceDescription(Interface.description), daemon: context)
        return try await Server.start(
            on: listener,
            info: ServiceInfo(vendor: "par", product: "pard", version: Version.current, url: "https://varlink.org"),
            services: [service], configuration: options)
    }

    private func announceReady(on socketPath: String) {
        let policy = configuration.policy
        let status = "\(policy.threadFloor) threads and \(policy.processFloor) processes are warm"
        logger.info("ready: \(status)", metadata: ["socket": "\(socketPath)"])
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
