import Linux
import Synchronization
import Varlink

/// What there is to do for one call, on the event loop or on a background thread.
struct CallWork: Sendable {
    let router: Router
    let configuration: ServerConfiguration
    let peer: Peer
    let outbox: Outbox
    let number: UInt64
    /// What a large call has of the bytes that all calls may have.
    let charge: CallCharge?

    /// Reads the call and has it answered. Throws ``FrameError`` where it is none.
    func answer(_ frame: Frame, _ place: IncomingCall.Place) throws(FrameError) {
        let call: Call
        let parameterNames: [String]?
        do {
            (call, parameterNames) = try Call.read(frame.bytes, limits: configuration.limits)
        } catch {
            discard(frame.descriptors, limit: 0)
            throw error
        }
        switch try router.route(call, parameterNames) {
        case .reply(let reply):
            discard(frame.descriptors, limit: 0)
            outbox.send(call.oneway ? nil : reply.frame, of: number, isLast: true)
        case .serve(let service):
            let descriptors = discard(frame.descriptors, limit: service.descriptorLimit(of: call.method))
            let incoming = IncomingCall(
                call, descriptors, peer: peer, place: place, number: number, outbox: outbox, charge: charge,
                onEvent: configuration.onEvent)
            service.answer(incoming)
            incoming.releaseParameters()
        }
    }

    /// Closes the connection of a client that has sent something else than a call.
    func fail(_ error: FrameError) {
        configuration.onEvent(.protocolViolation(peer, error))
        outbox.abandon(number)
    }

    /// Tells of descriptors that nobody has asked for.
    ///
    /// - Returns: those that may be kept.
    @discardableResult
    private func discard(_ descriptors: ReceivedDescriptors?, limit: Int) -> ReceivedDescriptors? {
        guard let descriptors, descriptors.count > limit else { return descriptors }
        configuration.onEvent(.descriptorsUnasked(peer, count: descriptors.count))
        return nil
    }
}

/// What a call has of the bytes that all calls may have, given back when it has been read.
final class CallCharge: Sendable {
    private let byteCount: Int
    private let user: UInt32
    private let shared: ServerShared
    private let isReleased = Atomic(false)

    init(_ byteCount: Int, of user: UInt32, _ shared: ServerShared) {
        self.byteCount = byteCount
        self.user = user
        self.shared = shared
    }

    deinit { release() }

    /// Gives the bytes back, once. To be called before the client is answered, who may send more at once.
    func release() {
        if !isReleased.exchange(true, ordering: .relaxed) { shared.send(.released(byteCount, user)) }
    }
}
