import NIOCore
import Varlink

/// The way for replies before the last one, which a handler returns.
public struct Replies: Sendable {
    let channel: any Channel
    let wantsMore: Bool
    let isOneway: Bool

    /// Sends a reply that says that more follow, and waits until the kernel has taken it: a client that reads slowly slows
    /// its handler down.
    ///
    /// Throws ``ServiceError/expectedMore`` when the client takes only one reply, CancellationError when the connection has
    /// gone, and ``FrameError/notEncodable(reason:)``.
    public func send(_ parameters: some Encodable) async throws {
        if isOneway { return }
        guard wantsMore else { throw ServiceError.expectedMore }
        try await send(try Reply(parameters, continues: true))
    }

    /// Likewise with parameters that are there as text already; it must be that of an object.
    public func send(text: [UInt8]) async throws {
        if isOneway { return }
        guard wantsMore else { throw ServiceError.expectedMore }
        try await send(Reply(text: text, continues: true))
    }

    private func send(_ reply: Reply) async throws {
        let frame = reply.frame
        do {
            try await channel.writeAndFlush(channel.allocator.buffer(bytes: frame))
        } catch {
            throw CancellationError()
        }
    }
}
