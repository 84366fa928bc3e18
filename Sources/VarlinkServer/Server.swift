import Glibc
import NIOCore
import NIOPosix
import Synchronization
import Varlink

/// A Varlink server on a Unix socket.
public final class Server: Sendable {
    private let channel: any Channel
    private let connections: Connections
    private let group: any EventLoopGroup
    /// Let go when the server has stopped.
    private let file: Mutex<SocketFile?>

    private init(channel: any Channel, connections: Connections, group: any EventLoopGroup, file: SocketFile?) {
        self.channel = channel
        self.group = group
        self.connections = connections
        self.file = Mutex(file)
    }

    /// Serves `services` and `org.varlink.service` on a listening socket until ``stop(within:)``.
    ///
    /// - Parameter group: the event loops to use; they stay the caller's. By default those that the process shares.
    public static func start(
        on listener: consuming Listener, info: ServiceInfo, services: [any Service],
        configuration: ServerConfiguration = ServerConfiguration(),
        group: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup
    ) async throws -> Server {
        let router = try Router(info: info, services: services)
        let connections = Connections(limit: configuration.connections, large: configuration.largeFrames)
        let file = listener.file
        let channel = try await ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        AcceptBackoffHandler(shouldForwardIOErrorCaught: true),
                        AcceptFailures(onEvent: configuration.onEvent))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try open(channel, connections, router, configuration)
                }
            }
            .withBoundSocket(listener.release())
            .get()
        return Server(channel: channel, connections: connections, group: group, file: file)
    }

    /// How many connections are open.
    public var connectionCount: Int { connections.count }

    /// Returns once every event loop has come round, however long that takes. Throws when they have been shut down.
    public func checkIn() async throws {
        for loop in group.makeIterator() { try await loop.submit {}.get() }
    }

    /// Takes no more connections, lets the calls that are being answered finish, and removes the socket's file.
    ///
    /// Calls that take longer than `limit` are cancelled and their connections closed.
    public func stop(within limit: Duration) async {
        // Closing can only fail when it is closed already.
        try? await channel.close()
        file.withLock { $0?.remove() }
        let loop = channel.eventLoop
        let drained = loop.makePromise(of: Void.self)
        let deadline = loop.scheduleTask(in: TimeAmount(limit)) { [connections] in connections.close() }
        connections.drain(drained)
        // The promise is only ever kept.
        try? await drained.futureResult.get()
        deadline.cancel()
        file.withLock { $0 = nil }
    }

    /// Sets a new connection up, or refuses it.
    private static func open(
        _ channel: any Channel, _ connections: Connections, _ router: Router, _ configuration: ServerConfiguration
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        let peer = try pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { descriptor in
            // accept4 is not asked for this by NIO.
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            return Peer(of: descriptor)
        }
        guard let peer = peer ?? nil else { throw ChannelError.operationUnsupported }
        let isAdmitted = connections.add(channel)
        if isAdmitted { channel.closeFuture.whenComplete { _ in connections.remove(channel) } }
        try pipeline.addHandler(
            Connection(
                router: router, configuration: configuration, peer: peer, connections: connections,
                isAdmitted: isAdmitted))
    }
}

/// Reports what went wrong with accepting; the handler before it waits a while before the next try.
private final class AcceptFailures: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let onEvent: @Sendable (ServerEvent) -> Void

    init(onEvent: @escaping @Sendable (ServerEvent) -> Void) {
        self.onEvent = onEvent
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        onEvent(.acceptFailed(error))
    }
}
