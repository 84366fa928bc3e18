import Control
import Glibc
import Journal
import Linux
public import Logging
import Pools
import Scheduling
public import ServiceLifecycle
import UnixSignals
import Varlink
import VarlinkServer

/// The whole daemon as one service: it comes up, serves until it is told to stop, and lets its jobs finish.
public struct Daemon: ServiceLifecycle.Service {
    private let configuration: Configuration
    private let reread: (@Sendable () async throws -> Configuration)?
    private let logger: Logger

    /// Threads that write long replies, and those that look at what runs are to be of: files that may be far away, and scripts
    /// that stand for interpreters.
    private static let replyThreads = 2
    private static let planThreads = 4

    /// The name of the socket that the service manager hands over, the FileDescriptorName= of its unit.
    public static let socketName = "control"
    /// That of a socket for whoever gathers metrics, which need not be there.
    public static let metricsSocketName = "metrics"

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
        let startTime = ProcessUsage.now
        // From the first moment on, as the signal would end a process that doesn't expect it.
        let hangups = reread == nil ? nil : await UnixSignalsSequence(trapping: .sighup)
        for note in configuration.notes { logger.notice("\(note)") }
        let sockets = try takeSockets()
        let listener = try listen(on: sockets.control)
        let socketPath = listener.path ?? configuration.socketPath
        let directoryPath = JobDirectory.newPath()
        var options = Supervisor.Configuration(
            policy: configuration.policy, zygotePath: configuration.zygotePath,
            libraryZygotePath: configuration.libraryZygotePath, environment: ServiceVariables.environmentOfWorkers,
            queueLimit: configuration.limits.queuedJobs, ledgerBytes: configuration.limits.ledgerBytes)
        options.directory = directoryPath
        let memoryKills = MemoryKills.current()
        options.memoryKills = { memoryKills.count }
        options.pythonLibraryPath = configuration.pythonLibraryPath
        let memory = min(configuration.limits.memoryBytes, configuration.limits.runtimeBytes)
        options.pluginMemoryBytes = memory == .max ? nil : memory
        options.growthBytes = configuration.limits.growthBytes == .max ? nil : configuration.limits.growthBytes
        if configuration.runtimeStartNanoseconds > 0 {
            options.patience.pluginNanoseconds = configuration.runtimeStartNanoseconds
            options.patience.interpreterNanoseconds = configuration.runtimeStartNanoseconds
        }
        // Only the newest is of interest to whoever looks at the status.
        let (loads, loadFeed) = AsyncStream<Load>.makeStream(bufferingPolicy: .bufferingNewest(1))
        options.onLoad = { loadFeed.yield($0) }
        let supervisor = try Self.supervisor(options)
        let counts = RunCounts()
        let (warmth, warm) = AsyncThrowingStream<Void, any Error>.makeStream()
        let (failures, failure) = AsyncStream<DaemonError>.makeStream()
        let (endings, ending) = AsyncThrowingStream<Void, any Error>.makeStream()
        _ = try supervisor.start { [logger] notice in
            logger.tell(notice)
            counts.count(notice)
            switch notice {
            case .warm: warm.finish()
            case .failed(let why):
                warm.finish(throwing: DaemonError.poolsFailed(why))
                failure.yield(.poolsFailed(why))
                ending.finish(throwing: DaemonError.poolsFailed(why))
            case .ended: ending.finish()
            case .workerLost, .zygoteStarted, .zygoteLost, .forksFailed, .trouble, .refused: break
            }
        }
        let directory = try Self.directory(at: directoryPath)
        try await cancelWhenGracefulShutdown { for try await _ in warmth {} }
        if Task.isShuttingDownGracefully {
            supervisor.shutDown(deadline: Monotonic.now())
            for try await _ in endings {}
            return
        }
        let context = DaemonContext(
            live: LiveConfiguration(configuration), access: Access(isShared: configuration.isShared, owner: getuid()),
            socketPath: socketPath, supervisor: supervisor, runs: RunRegistry(prefix: jobPrefix(startedAt)),
            directory: directory.path, startedAt: startedAt, startTime: startTime, logger: logger,
            background: try BackgroundThreads(named: "par-replies", count: Self.replyThreads),
            planners: try BackgroundThreads(named: "par-plans", count: Self.planThreads), counts: counts,
            origin: DaemonOrigin(configuration))
        supervisor.look { [logger] snapshot in
            if let snapshot { logger.tellWarmth(of: snapshot) }
        }
        let server = try serve(context, on: listener) { failure.yield(.socketFailed("\($0)")) }
        let metrics = try serveMetrics(context, on: sockets.metrics)
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
            if let limit = context.origin.idleNanoseconds {
                let watch = IdleWatch(limit: limit, usage: context.usage, supervisor: supervisor)
                group.addTask { [logger] in
                    guard (try? await watch.run()) != nil else { return }
                    logger.info("nobody has used this daemon for as long as it was to stay")
                    failure.finish()
                }
            }
            try await cancelWhenGracefulShutdown { for await error in failures { throw error } }
            try await drain(context, server, endings)
            group.cancelAll()
        }
        metrics?.end()
        extendLifetime(directory)
        let finished = context.runs.counts.finished
        logger.tell(.drained, "drained; jobs finished since the start: \(finished)", ["jobs_finished": "\(finished)"])
    }

    /// The sockets that were handed over, by the service manager or by the command that has this daemon to itself.
    private func takeSockets() throws -> (control: Int32?, metrics: Int32?) {
        if let listener = configuration.listener { return (listener, nil) }
        let given = try Activation.descriptors(named: Self.socketName, others: [Self.metricsSocketName])
        return (given[Self.socketName], given[Self.metricsSocketName])
    }

    /// The socket that was handed over, or else one of the daemon's own.
    private func listen(on given: Int32?) throws -> Listener {
        if let given { return try Listener(adopting: given) }
        return try Listener(binding: configuration.socketPath, mode: configuration.socketMode)
    }

    /// Answers who gathers metrics, where there is to be a socket for that.
    private func serveMetrics(_ context: DaemonContext, on given: Int32?) throws -> MetricsServer? {
        do {
            return try MetricsServer(
                path: configuration.metricsSocket, mode: configuration.socketMode, port: configuration.metricsPort,
                given: given
            ) { answer in
                context.supervisor.look { [background = context.background] snapshot in
                    background.run { answer(snapshot.map { MetricsReport(of: context, $0).metrics }) }
                }
            }
        } catch  where configuration.ownerLink != nil {
            // That of one command may have these variables from a daemon that has the sockets already.
            logger.notice("metrics are not served: \(error)")
            return nil
        }
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
        await server.stop(within: .nanoseconds(Int64(patience)), goesOnAnswering: true)
        for try await _ in endings {}
    }

    /// - Parameter onFailure: told when the socket can't be served any more.
    private func serve(
        _ context: DaemonContext, on listener: consuming Listener,
        onFailure: @escaping @Sendable (SystemError) -> Void
    ) throws -> Server {
        let limits = configuration.limits
        var options = ServerConfiguration()
        options.limits = configuration.frameLimits
        options.connections = configuration.connectionLimit
        options.isShared = configuration.isShared
        options.isShort = { context.supervisor.retainedBytes.load(ordering: .relaxed) > limits.unreadRecordBytes }
        options.refusal = { limit, allowed, peer in
            let name = limit == .connections ? "connections" : "bytes of calls"
            return ControlError.busy(limit: name, allowed: allowed, user: peer.map { Int($0.uid) })
        }
        options.onEvent = { [logger] event in
            context.throttle.tell(logger, event, now: Monotonic.now())
            if case .loopFailed(let error) = event { onFailure(error) }
        }
        return try Server.start(
            on: listener,
            info: ServiceInfo(vendor: "par", product: "pard", version: Version.current, url: "https://varlink.org"),
            services: [try ControlService(daemon: context)], configuration: options)
    }

    private func announceReady(on socketPath: String) {
        let policy = configuration.policy
        let status = "\(policy.threadFloor) threads and \(policy.processFloor) processes are warm"
        logger.info("ready: \(status)", metadata: ["socket": "\(socketPath)"])
        Notify.ready(status: status)
        if let ownerLink = configuration.ownerLink {
            OwnerLink(ownerLink).ready()
        } else {
            if let readyLink = configuration.readyLink {
                OwnerLink(readyLink).ready()
                close(readyLink)
            }
            // Half of what it has resident is code of its start. One that serves a single run won't live to be at rest.
            ThisProcess.releaseCode()
        }
    }

    /// Four digits that hardly any other daemon of this host has had.
    private func jobPrefix(_ time: UInt64) -> String {
        let mixed = (time / 1000 &* 0x9e37_79b9_7f4a_7c15) >> 48
        let digits = String(mixed, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    private static func directory(at path: String) throws -> JobDirectory {
        do {
            return try JobDirectory(at: path)
        } catch {
            throw DaemonError.noDirectory("\(error)")
        }
    }

    private static func supervisor(_ options: Supervisor.Configuration) throws -> Supervisor {
        do {
            return try Supervisor(options)
        } catch {
            throw error.errno == .fileTooLarge ? DaemonError.fileLimit(ledgerBytes: options.ledgerBytes) : error
        }
    }
}

/// Why the daemon ends without having been told to.
enum DaemonError: Error, CustomStringConvertible {
    /// Nothing can be run any more; the service manager is to start another daemon.
    case poolsFailed(String)
    /// Nobody can reach it any more; likewise.
    case socketFailed(String)
    /// There is no place for the files of jobs.
    case noDirectory(String)
    /// The ledger, which counts as a file, would be larger than one may be.
    case fileLimit(ledgerBytes: Int)

    var description: String {
        switch self {
        case .poolsFailed(let why): "the pools have failed: \(why)"
        case .socketFailed(let why): "the socket can't be served any more: \(why)"
        case .noDirectory(let why): "no directory can be made for temporary files: \(why); name another place by TMPDIR"
        case .fileLimit(let bytes):
            "'ulimit -f' must allow the ledger's \(bytes >> 20) MiB: raise it, or set a smaller ledger-size"
        }
    }
}

/// The descriptor that ties a private daemon to the command that started it.
public struct OwnerLink: Sendable {
    private let descriptor: Int32

    /// Takes over an open descriptor.
    public init(_ descriptor: Int32) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    /// Says that the daemon serves.
    public func ready() {
        let line = Array("READY\n".utf8)
        // If nobody is there to read it, `whenDropped` is about to say so.
        _ = write(descriptor, line, line.count)
    }

    /// Calls `body` once the other end is gone.
    public func whenDropped(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let descriptor = descriptor
        _ = try SystemThread(named: "par-owner") {
            var byte: UInt8 = 0
            while true {
                let count = read(descriptor, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            body()
        }
    }
}

/// The variables by which a service manager and an operator speak to the daemon itself: workers have no business with
/// them.
enum ServiceVariables {
    /// From "Environment Variables Set or Propagated by the Service Manager" of systemd.exec(5), and sd_notify(3).
    private static let names: Set<Substring> = [
        "NOTIFY_SOCKET", "INVOCATION_ID", "JOURNAL_STREAM", "LOG_NAMESPACE", "SYSTEMD_EXEC_PID",
        "CREDENTIALS_DIRECTORY",
        "RUNTIME_DIRECTORY", "STATE_DIRECTORY", "CACHE_DIRECTORY", "LOGS_DIRECTORY", "CONFIGURATION_DIRECTORY",
        "MAINPID",
        "PIDFILE", "REMOTE_ADDR", "REMOTE_PORT", "SERVICE_RESULT", "EXIT_CODE", "EXIT_STATUS", "FDSTORE",
        "DEBUG_INVOCATION", "SO_COOKIE",
    ]
    private static let prefixes = [
        "PARD_", "LISTEN_", "WATCHDOG_", "MANAGERPID", "MEMORY_PRESSURE_", "MONITOR_", "TRIGGER_",
    ]

    /// The environment that zygotes and workers have: this process's, less all of that.
    static var environmentOfWorkers: Variables { Variables(ofThisProcessWithout: isOfService) }

    static func isOfService(_ name: Substring) -> Bool {
        names.contains(name) || prefixes.contains { name.hasPrefix($0) }
    }
}
