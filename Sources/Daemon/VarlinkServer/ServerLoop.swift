import CLinux
import Glibc
import Linux
import Sharing
import SystemPackage
import Varlink

/// The server's event loop: accepts clients, reads their calls, begins them, and closes who keeps to no limit.
///
/// It lives on one thread. Nothing slow is done there: a call that is long is put together, read and answered by background
/// threads, and what a handler does on the loop must be quick.
final class ServerLoop {
    static let listenerKey: UInt64 = 0
    static let bellKey: UInt64 = 1
    static let firstConnection: UInt64 = 2
    /// Connections that are accepted until others get their turn.
    static let acceptedAtOnce = 64
    /// Reads from one connection until others get their turn.
    private static let readsAtOnce = 2
    private static let readBytes = 1 << 16
    /// Calls of one connection that are begun when it is heard, and at each later turn, until others get theirs.
    static let callsHeard = 1
    private static let callsAtTurn = 4
    /// How long turns are taken until those are heard who have sent something meanwhile: whoever has many calls to be begun
    /// holds nobody up who has one.
    private static let turnsNanoseconds: UInt64 = 200_000
    /// How long accepting rests when there is no room for another connection.
    static let pauseNanoseconds: UInt64 = 100_000_000
    /// How often unfinished calls and unread replies are looked at.
    static let sweepNanoseconds: UInt64 = 200_000_000
    /// Waits that fail one after the other until the loop gives up.
    private static let failuresAllowed = 100

    let shared: ServerShared
    private let router: Router
    let configuration: ServerConfiguration
    private let background: BackgroundThreads
    var listener: Int32?
    var poller: EventLoop
    var connections: [UInt64: ClientConnection] = [:]
    var nextConnection = ServerLoop.firstConnection
    var users: UserShares
    var callBytes: UserShares
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: readBytes, alignment: 16)
    private let descriptors = UnsafeMutableBufferPointer<Int32>.allocate(capacity: Int(PAR_DESCRIPTORS))
    /// When accepting goes on; nil while it does.
    var acceptAt: UInt64?
    /// Whether the want of room has been told since a connection was last accepted.
    var isPauseTold = false
    /// Connections with an unfinished call or unread replies, and when they are looked at next.
    var watched: Set<UInt64> = []
    var sweepAt: UInt64 = 0
    /// When memory that large calls have left goes back to the system; nil while there is none.
    private var trimAt: UInt64?
    /// How long after the last of them: by then they have been read, and what was made of them is where it belongs.
    private static let trimNanoseconds: UInt64 = 5_000_000_000
    /// Connections with calls to be begun at their next turn; first the one that has waited longest.
    private var queue: [UInt64] = []
    private var stopping: ServerShared.Stop?

    /// Whether several clients have something to say in this round.
    private var isCrowded = false

    /// - Parameter listener: the loop's own from now on.
    init(
        _ shared: ServerShared, _ router: Router, _ configuration: ServerConfiguration,
        _ background: BackgroundThreads, listener: Int32
    ) throws(SystemError) {
        self.shared = shared
        self.router = router
        self.configuration = configuration
        self.background = background
        self.listener = listener
        users = UserShares(limit: configuration.connections, isShared: configuration.isShared)
        callBytes = UserShares(limit: configuration.callBytes, isShared: configuration.isShared)
        poller = try EventLoop()
        try poller.add(listener, key: Self.listenerKey, for: .readable)
        try poller.add(shared.bell.raw, key: Self.bellKey, for: .readable)
    }

    deinit {
        for connection in connections.values { connection.outbox.close() }
        if let listener { close(listener) }
        buffer.deallocate()
        descriptors.deallocate()
    }

    /// Serves until it has been told to stop and the last connection is closed.
    func run() {
        var failures = 0
        while true {
            let count: Int
            do {
                count = try poller.events(milliseconds: patience)
                failures = 0
            } catch {
                failures += 1
                if failures > Self.failuresAllowed { return configuration.onEvent(.loopFailed(error)) }
                // Whatever it wants for, asking again at once would only add to it.
                poll(nil, 0, 10)
                continue
            }
            // The bell is silenced before commands are taken: one that comes in between rings it again. And they are taken before
            // all else, as what has been given back may be needed.
            var callers = queue.count
            for index in 0..<count {
                switch poller.event(index).key {
                case Self.bellKey: silence(shared.bell.raw)
                case Self.listenerKey: break
                default: callers += 1
                }
            }
            isCrowded = callers > 1
            for command in shared.takeCommands() { carryOut(command) }
            for index in 0..<count {
                let (key, readiness) = poller.event(index)
                switch key {
                case Self.listenerKey: accept()
                case Self.bellKey: break
                default: if let connection = connections[key] { hear(connection, readiness) }
                }
            }
            takeTurns()
            keepTime()
            if let stopping {
                if stopping.answersMore, listener != nil, !connections.values.contains(where: \.isDraining) {
                    stopAccepting()
                    drain()
                }
                if connections.isEmpty { return }
            }
        }
    }

    /// How long to wait at most, in milliseconds; nil for as long as nothing happens.
    private var patience: Int32? {
        if !queue.isEmpty { return 0 }
        var times: [UInt64] = []
        if !watched.isEmpty { times.append(sweepAt) }
        if let acceptAt { times.append(acceptAt) }
        if let trimAt { times.append(trimAt) }
        if let stopping { times.append(stopping.deadline) }
        return times.min().map(Monotonic.milliseconds(until:))
    }

    private func keepTime() {
        if watched.isEmpty, acceptAt == nil, trimAt == nil, stopping == nil { return }
        let now = Monotonic.now()
        if let due = trimAt, now >= due {
            trimAt = nil
            // The allocator keeps what many large calls had, hundreds of MiB, unless it is told.
            if callBytes.used == 0 { background.run { par_trim_heap() } }
        }
        if let due = acceptAt, now >= due { resumeAccepting(now) }
        if !watched.isEmpty, now >= sweepAt { sweep(now) }
        if let stopping, now >= stopping.deadline {
            stopAccepting()
            for connection in Array(connections.values) { drop(connection) }
        }
    }

    private func carryOut(_ command: ServerShared.Command) {
        switch command {
        case .attend(let id): if let connection = connections[id] { pump(connection) }
        case .released(let byteCount, let user):
            callBytes.giveBack(byteCount, for: user)
            trimAt = Monotonic.now() + Self.trimNanoseconds
        case .checkIn(let answer): answer(true)
        case .stop(let stop):
            if let earlier = stopping { earlier.done() }
            stopping = stop
            if !stop.answersMore { stopAccepting() }
            drain()
        }
    }

    /// Lets go of the connections that there are, as soon as their calls are answered.
    private func drain() {
        for connection in Array(connections.values) {
            connection.isDraining = true
            pump(connection)
        }
    }

    // MARK: Connections

    private func hear(_ connection: ClientConnection, _ readiness: Readiness) {
        if readiness.contains(.writable) { connection.outbox.writeOn() }
        // Once the client is gone, what it sent before is still read: a call may want no reply.
        if readiness.contains(.readable) || (!readiness.isDisjoint(with: .hungUp) && !connection.isInputOver) {
            guard read(connection) else { return drop(connection) }
        }
        pump(connection)
        // One that has more calls to be begun goes once those have had their turns.
        if !readiness.isDisjoint(with: .hungUp), connections[connection.id] != nil, !connection.isQueued {
            drop(connection)
        }
    }

    /// - Returns: false where the client has gone.
    private func read(_ connection: ClientConnection) -> Bool {
        for _ in 0..<Self.readsAtOnce {
            guard connection.mayRead(isIdle: connection.outbox.isIdle, ahead: configuration.pipelineBytes) else {
                break
            }
            let reading = connection.read(into: buffer, descriptors)
            switch reading {
            case .gone: return false
            case .enough: return charge(connection)
            case .more: if !charge(connection) { return false }
            }
        }
        return true
    }

    /// Counts what waits of a connection's calls; false where that is too much, and the client has been told.
    private func charge(_ connection: ClientConnection) -> Bool {
        let due = max(0, connection.frames.bufferedBytes - configuration.pipelineBytes)
        let change = due - connection.chargedBytes
        if change < 0 {
            callBytes.giveBack(-change, for: connection.peer.uid)
        } else if change > 0, !callBytes.take(change, for: connection.peer.uid) {
            configuration.onEvent(.connectionRefused(connection.peer, .callBytes))
            if let frame = refusal(connection.peer, .callBytes, callBytes) {
                connection.outbox.refuse(frame)
            }
            return false
        }
        connection.chargedBytes = due
        return true
    }

    /// Begins up to `calls` of what can be begun, and says what the connection is waited for from then on.
    func pump(_ connection: ClientConnection, calls: Int = callsHeard) {
        var left = calls
        while true {
            begin(connection, atMost: &left)
            let holdsMore = connection.frames.hasFrame
            let awaits =
                holdsMore || connection.isInputOver || connection.isDraining
                || connection.frames.bufferedBytes >= configuration.pipelineBytes
            let standing = connection.outbox.stand(awaits: awaits)
            if standing.isOver { return drop(connection) }
            if standing.isIdle, holdsMore, !connection.isDraining {
                // The call may just have ended.
                if left > 0 { continue }
                enqueue(connection)
            }
            if standing.isSettled, connection.isDraining || (connection.isInputOver && !holdsMore) {
                return drop(connection)
            }
            return wait(for: connection, standing)
        }
    }

    private func enqueue(_ connection: ClientConnection) {
        guard !connection.isQueued else { return }
        connection.isQueued = true
        queue.append(connection.id)
    }

    /// Gives connections that wait for their turn another one, as far as there is time.
    private func takeTurns() {
        guard !queue.isEmpty else { return }
        let end = Monotonic.now() + Self.turnsNanoseconds
        var turns = queue[...]
        queue = []
        while let id = turns.popFirst() {
            guard let connection = connections[id] else { continue }
            connection.isQueued = false
            pump(connection, calls: Self.callsAtTurn)
            if Monotonic.now() >= end { break }
        }
        queue = turns + queue
    }

    private func begin(_ connection: ClientConnection, atMost left: inout Int) {
        while left > 0, connection.outbox.isIdle, !connection.isDraining {
            do throws(FrameError) {
                guard let frame = try connection.frames.next() else { return }
                left -= 1
                try begin(frame, connection)
                if connection.chargedBytes > 0 { _ = charge(connection) }
            } catch {
                configuration.onEvent(.protocolViolation(connection.peer, error))
                connection.outbox.closeAfterWrites()
            }
        }
    }

    private func begin(_ frame: Frame, _ connection: ClientConnection) throws(FrameError) {
        let isLarge = frame.byteCount > configuration.inlineBytes
        var charge: CallCharge?
        if isLarge {
            // The frame's bytes stay counted until it has been read, in place of those that waited.
            callBytes.add(frame.byteCount, for: connection.peer.uid)
            charge = CallCharge(frame.byteCount, of: connection.peer.uid, shared)
        }
        let work = CallWork(
            router: router, configuration: configuration, peer: connection.peer, outbox: connection.outbox,
            number: connection.outbox.begin(), charge: charge)
        guard isLarge else { return try work.answer(frame, isCrowded ? .crowdedLoop : .loop) }
        background.run {
            do throws(FrameError) {
                try work.answer(frame, .background)
            } catch {
                work.fail(error)
            }
        }
    }

    private func wait(for connection: ClientConnection, _ standing: Outbox.Standing) {
        var interest: Readiness = []
        if connection.mayRead(isIdle: standing.isIdle, ahead: configuration.pipelineBytes) {
            interest.insert(.readable)
        }
        if standing.isBlocked { interest.insert(.writable) }
        if interest != connection.interest {
            do {
                try poller.change(connection.socket, key: connection.id, to: interest)
                connection.interest = interest
            } catch {
                return drop(connection)
            }
        }
        if connection.unaskedDescriptors > 0 {
            configuration.onEvent(.descriptorsUnasked(connection.peer, count: connection.unaskedDescriptors))
            connection.unaskedDescriptors = 0
        }
        watch(connection, standing)
    }

    /// Closes a connection and cancels what it had asked for.
    func drop(_ connection: ClientConnection) {
        guard connections.removeValue(forKey: connection.id) != nil else { return }
        watched.remove(connection.id)
        connection.outbox.close()
        users.giveBack(1, for: connection.peer.uid)
        callBytes.giveBack(connection.chargedBytes, for: connection.peer.uid)
        shared.totals.connections.store(connections.count, ordering: .relaxed)
        // A descriptor has become free.
        if acceptAt != nil { acceptAt = Monotonic.now() }
    }

    /// Tells whoever waits that the loop has ended.
    func finish() {
        stopping?.done()
    }
}
