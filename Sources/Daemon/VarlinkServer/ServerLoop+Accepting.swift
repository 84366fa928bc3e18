import CLinux
import Glibc
import Linux
import Sharing
import SystemPackage
import Varlink

// How clients come in, or are told why not.
extension ServerLoop {
    func accept() {
        for _ in 0..<Self.acceptedAtOnce {
            guard let listener else { return }
            let socket = par_accept(listener)
            switch -socket {
            case _ where socket >= 0:
                isPauseTold = false
                open(socket)
            case EAGAIN: return
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                return pauseAccepting(SystemError("accept4", Errno(rawValue: -socket)))
            // A connection that has gone again, or one that the system didn't allow.
            case ECONNABORTED, EPERM, EPROTO: continue
            default: return pauseAccepting(SystemError("accept4", Errno(rawValue: -socket)))
            }
        }
    }

    /// Leaves connections to the kernel for a while: it has no room for another one now.
    private func pauseAccepting(_ error: SystemError) {
        acceptAt = Monotonic.now() + Self.pauseNanoseconds
        setListening([])
        if !isPauseTold { configuration.onEvent(.acceptPaused(error)) }
        isPauseTold = true
    }

    func resumeAccepting(_ now: UInt64) {
        acceptAt = setListening(.readable) ? nil : now + Self.pauseNanoseconds
    }

    @discardableResult
    private func setListening(_ interest: Readiness) -> Bool {
        guard let listener else { return true }
        do {
            try poller.change(listener, key: Self.listenerKey, to: interest)
            return true
        } catch {
            return false
        }
    }

    func stopAccepting() {
        if let listener { close(listener) }
        listener = nil
        acceptAt = nil
    }

    private func open(_ socket: Int32) {
        guard let peer = Peer(of: socket) else {
            close(socket)
            return
        }
        let closer = UserCloser(closer: shared.closer, user: peer.uid)
        guard users.take(1, for: peer.uid) else {
            return refuse(socket, peer, .connections, users)
        }
        let id = nextConnection
        nextConnection += 1
        do {
            try poller.add(socket, key: id, for: .readable)
        } catch {
            users.giveBack(1, for: peer.uid)
            closer.close(connection: socket)
            configuration.onEvent(.acceptPaused(error))
            return
        }
        let outbox = Outbox(
            socket: socket, totals: shared.totals,
            limits: ReplyLimits(clientBytes: configuration.clientReplyBytes, totalBytes: configuration.replyBytes),
            closer: closer
        ) { [shared] in shared.send(.attend(id)) }
        connections[id] = ClientConnection(
            id: id, socket: socket, peer: peer, outbox: outbox,
            frames: FrameInbox(
                limit: configuration.limits.frameBytes, descriptorLimit: configuration.descriptors,
                closer: closer), closer: closer)
        shared.totals.connections.store(connections.count, ordering: .relaxed)
    }

    /// Tells a client that is not let in why, as far as it takes that at once.
    private func refuse(_ socket: Int32, _ peer: Peer, _ limit: ServerLimit, _ shares: UserShares) {
        configuration.onEvent(.connectionRefused(peer, limit))
        if let frame = refusal(peer, limit, shares) {
            _ = frame.withUnsafeBytes { par_send(socket, $0.baseAddress, $0.count, nil, 0) }
        }
        shared.closer.close(connection: socket, of: peer.uid)
    }

    func refusal(_ peer: Peer, _ limit: ServerLimit, _ shares: UserShares) -> [UInt8]? {
        let allowance = shares.allowance(of: peer.uid)
        let isOwn = shares.used < shares.limit && allowance < shares.limit
        guard let error = configuration.refusal(limit, isOwn ? allowance : shares.limit, isOwn ? peer : nil) else {
            return nil
        }
        do throws(FrameError) {
            return try Reply(error).frame
        } catch {
            configuration.onEvent(.protocolViolation(peer, error))
            return nil
        }
    }
}
