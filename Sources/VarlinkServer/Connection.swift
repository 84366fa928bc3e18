import NIOCore
import Varlink

/// One client. Answers its calls one at a time and in order; reads ahead only so far.
///
/// Lives on its channel's event loop: every method but ``Handle``'s is called there.
final class Connection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The call that is being answered.
    private enum Current {
        case none
        /// Its task has not been made yet, or is still in its first stretch.
        case starting
        case running(Task<Void, Never>)
    }

    private let router: Router
    private let configuration: ServerConfiguration
    private let peer: Peer
    private let connections: Connections
    /// There was room for the connection.
    private let isAdmitted: Bool
    private var frames: FrameSplitter
    /// Whether what has been read and not taken is counted as large.
    private var isLarge = false
    private var current = Current.none
    private var isPumping = false
    private var holdsRead = false
    /// The client has sent its last byte.
    private var isInputOver = false
    /// No further call is begun.
    private var isDraining = false
    /// The connection is closed, or will be once what was written is out.
    private var isClosing = false

    init(
        router: Router, configuration: ServerConfiguration, peer: Peer, connections: Connections, isAdmitted: Bool
    ) {
        self.isAdmitted = isAdmitted
        self.connections = connections
        self.router = router
        self.configuration = configuration
        self.peer = peer
        frames = FrameSplitter(limit: configuration.limits.frameBytes)
    }

    // MARK: From the channel

    func channelActive(context: ChannelHandlerContext) {
        if !isAdmitted { refuse(context, configuration.refusal) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        unwrapInboundIn(data).withUnsafeReadableBytes { frames.append($0) }
        guard isWithinRoom() else { return refuse(context, configuration.largeFrameRefusal) }
        pump(context)
    }

    func read(context: ChannelHandlerContext) {
        if mayRead(context) { context.read() } else { holdsRead = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pump(context)
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            isInputOver = true
            pump(context)
        } else if event is DrainEvent {
            isDraining = true
            pump(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosing = true
        if isLarge { connections.endLarge() }
        isLarge = false
        if case .running(let task) = current { task.cancel() }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The transport failed: a client that went away in the middle. channelInactive does the rest.
        context.close(promise: nil)
    }

    // MARK: Calls

    private var isIdle: Bool {
        if case .none = current { true } else { false }
    }

    /// While nothing holds the next call up, its frame may come whole; else what is read ahead has a limit.
    private func mayRead(_ context: ChannelHandlerContext) -> Bool {
        frames.bufferedBytes < configuration.pipelineBytes || (isIdle && context.channel.isWritable)
    }

    /// Whether the next call can be answered now: none is being answered, and the client takes its replies.
    private func mayBegin(_ context: ChannelHandlerContext) -> Bool {
        isIdle && !isDraining && !isClosing && context.channel.isWritable
    }

    /// Begins what can be begun, and goes on with reading.
    private func pump(_ context: ChannelHandlerContext) {
        guard !isPumping else { return }
        isPumping = true
        repeat {
            do throws(FrameError) {
                while mayBegin(context), let frame = try frames.next() {
                    _ = isWithinRoom()
                    try begin(try Call(frame: frame, limits: configuration.limits), context)
                }
            } catch {
                configuration.onEvent(.protocolViolation(peer, error))
                closeAfterWrites(context)
            }
            context.flush()
        } while mayBegin(context) && frames.hasFrame
        isPumping = false
        if isIdle, isDraining || (isInputOver && !frames.hasFrame) { closeAfterWrites(context) }
        if holdsRead, !isClosing, mayRead(context) {
            holdsRead = false
            context.read()
        }
    }

    private func begin(_ call: Call, _ context: ChannelHandlerContext) throws(FrameError) {
        switch try router.route(call, limits: configuration.limits) {
        case .reply(let reply): write(call.oneway ? nil : reply.frame, context)
        case .serve(let service): serve(call, service, context)
        }
    }

    private func serve(_ call: Call, _ service: any Service, _ context: ChannelHandlerContext) {
        let incoming = IncomingCall(call, peer: peer)
        let replies = Replies(channel: context.channel, wantsMore: call.more, isOneway: call.oneway)
        let handle = Handle(self, context)
        current = .starting
        let task = Task.immediate { @Sendable in handle.end(await Self.outcome(of: incoming, replies, service)) }
        guard !isIdle else { return }
        current = .running(task)
        if isClosing { task.cancel() }
    }

    private enum Outcome: Sendable {
        /// Nil when the client takes none.
        case reply([UInt8]?)
        /// Nil when there is nothing to report.
        case failed((any Error)?, method: String)
    }

    private static func outcome(of call: IncomingCall, _ replies: Replies, _ service: any Service) async -> Outcome {
        do {
            let reply = try await service.handle(call, replies)
            return .reply(call.isOneway ? nil : try Reply(reply).frame)
        } catch let error as any ErrorConvertible {
            if call.isOneway { return .reply(nil) }
            do {
                return .reply(try Reply(error).frame)
            } catch {
                return .failed(error, method: call.method)
            }
        } catch is CancellationError {
            return .failed(nil, method: call.method)
        } catch {
            return .failed(error, method: call.method)
        }
    }

    private func end(_ outcome: Outcome, _ context: ChannelHandlerContext) {
        current = .none
        switch outcome {
        case .reply(let frame):
            write(frame, context)
        case .failed(let error, let method):
            if let error { configuration.onEvent(.handlerFailed(method: method, error: error)) }
            closeAfterWrites(context)
        }
        pump(context)
    }

    private func write(_ frame: [UInt8]?, _ context: ChannelHandlerContext) {
        guard let frame, !isClosing else { return }
        context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: frame)), promise: nil)
    }

    /// Counts what has been read and not taken; false where it is large and there are too many of those.
    private func isWithinRoom() -> Bool {
        let isNowLarge = frames.bufferedBytes > configuration.largeFrameBytes
        guard isNowLarge != isLarge else { return true }
        if isNowLarge, !connections.beginLarge() { return false }
        if isLarge { connections.endLarge() }
        isLarge = isNowLarge
        return true
    }

    private func refuse(_ context: ChannelHandlerContext, _ refusal: (any ErrorConvertible)?) {
        configuration.onEvent(.connectionRefused(peer))
        do throws(FrameError) {
            if let refusal { write(try Reply(refusal).frame, context) }
        } catch {
            configuration.onEvent(.protocolViolation(peer, error))
        }
        closeAfterWrites(context)
    }

    /// Closing drops what was not written yet, so it waits for that.
    private func closeAfterWrites(_ context: ChannelHandlerContext) {
        guard !isClosing else { return }
        isClosing = true
        let channel = context.channel
        channel.writeAndFlush(channel.allocator.buffer(capacity: 0)).whenComplete { _ in channel.close(promise: nil) }
    }

    /// The way back from a handler, wherever it ends.
    private struct Handle: Sendable {
        private let channel: any Channel
        private let bound: NIOLoopBound<(connection: Connection, context: ChannelHandlerContext)>

        init(_ connection: Connection, _ context: ChannelHandlerContext) {
            channel = context.channel
            bound = NIOLoopBound((connection, context), eventLoop: context.eventLoop)
        }

        /// Hands over how the current call ended; at once when on the event loop.
        func end(_ outcome: Outcome) {
            if channel.eventLoop.inEventLoop {
                bound.value.connection.end(outcome, bound.value.context)
            } else {
                channel.eventLoop.execute { bound.value.connection.end(outcome, bound.value.context) }
            }
        }
    }
}
