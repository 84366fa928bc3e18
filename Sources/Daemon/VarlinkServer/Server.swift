import Glibc
import Linux
import Synchronization
import Varlink

/// A Varlink server on a Unix socket, with a thread for its event loop and a few for what would hold that up.
public final class Server: Sendable {
    /// Threads that read large calls.
    private static let backgroundThreads = 2

    private let shared: ServerShared
    private let background: BackgroundThreads
    /// Let go when the server has stopped.
    private let file: Mutex<SocketFile?>

    private init(_ shared: ServerShared, _ background: BackgroundThreads, file: SocketFile?) {
        self.shared = shared
        self.background = background
        self.file = Mutex(file)
    }

    /// Serves `services` and `org.varlink.service` on a listening socket until ``stop(within:)``.
    public static func start(
        on listener: consuming Listener, info: ServiceInfo, services: [any Service],
        configuration: ServerConfiguration = ServerConfiguration()
    ) throws -> Server {
        let router = try Router(info: info, services: services)
        let shared = try ServerShared()
        let background = try BackgroundThreads(
            named: "par-calls", count: backgroundThreads)
        let file = listener.file
        let descriptor = listener.release()
        _ = try SystemThread(named: "par-socket") {
            do throws(SystemError) {
                let loop = try ServerLoop(shared, router, configuration, background, listener: descriptor)
                loop.run()
                loop.finish()
            } catch {
                configuration.onEvent(.loopFailed(error))
            }
            shared.end()
            background.end()
        }
        return Server(shared, background, file: file)
    }

    /// How many connections are open.
    public var connectionCount: Int { shared.totals.connections.load(ordering: .relaxed) }

    /// Returns once the event loop has come round, however long that takes; false once it has ended.
    public func checkIn() async -> Bool {
        await withCheckedContinuation { answer in shared.send(.checkIn { answer.resume(returning: $0) }) }
    }

    /// Takes no more connections, lets the calls that are being answered finish, and removes the socket's file.
    ///
    /// Calls that take longer than `limit` are cancelled and their connections closed.
    ///
    /// - Parameter goesOnAnswering: whether new connections are taken, and their calls answered, until those that there were
    ///   are over, so that clients hear what the server is about. One whose socket the service manager holds leaves new ones
    ///   to its successor.
    public func stop(within limit: Duration, goesOnAnswering: Bool = false) async {
        let answersMore = file.withLock { file in
            if !goesOnAnswering { file?.remove() }
            return goesOnAnswering && file != nil
        }
        let (seconds, rest) = limit.components
        let nanoseconds = UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(max(0, rest) / 1_000_000_000)
        let deadline = Monotonic.now() + nanoseconds
        await withCheckedContinuation { stopped in
            shared.send(.stop(.init(deadline: deadline, answersMore: answersMore) { stopped.resume() }))
        }
        if goesOnAnswering { file.withLock { $0?.remove() } }
        file.withLock { $0 = nil }
    }
}

/// The way to the event loop from other threads.
final class ServerShared: Sendable {
    enum Command: Sendable {
        /// Look after this connection: its call has ended, or something waits to be written.
        case attend(UInt64)
        /// So many bytes of a user's calls have been read, and let go.
        case released(Int, UInt32)
        case checkIn(@Sendable (Bool) -> Void)
        case stop(Stop)
    }

    struct Stop: Sendable {
        /// When calls that are still being answered are cancelled.
        let deadline: UInt64
        /// Whether new connections are answered until those that there were are over.
        let answersMore: Bool
        let done: @Sendable () -> Void

        init(deadline: UInt64, answersMore: Bool, _ done: @escaping @Sendable () -> Void) {
            self.deadline = deadline
            self.answersMore = answersMore
            self.done = done
        }
    }

    private struct State: Sendable {
        var commands: [Command] = []
        var isOver = false
    }

    let bell: Descriptor
    let totals = ServerTotals()
    let closer = DescriptorCloser()
    private let state = Mutex(State())

    init() throws(SystemError) {
        bell = try Descriptor.event()
    }

    func send(_ command: Command) {
        let (isOver, isFirst) = state.withLock { state in
            if !state.isOver { state.commands.append(command) }
            return (state.isOver, state.commands.count == 1)
        }
        if isOver { Self.refuse(command) } else if isFirst { ring(bell.raw) }
    }

    func takeCommands() -> [Command] {
        state.withLock { state in
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// The loop has ended.
    func end() {
        let left = state.withLock { state in
            state.isOver = true
            defer { state.commands = [] }
            return state.commands
        }
        for command in left { Self.refuse(command) }
    }

    private static func refuse(_ command: Command) {
        switch command {
        case .attend, .released: break
        case .checkIn(let answer): answer(false)
        case .stop(let stop): stop.done()
        }
    }
}
