import CLinux
import Glibc
import Linux
import Synchronization
import Varlink

/// What goes out to one client, and the call that is being answered.
///
/// Any thread may send. What the kernel takes at once is written by the thread that has it, without a change of threads; the
/// rest is kept in its order, and the event loop writes on when the client has read some.
final class Outbox: Sendable {
    /// A reply that has not been written whole.
    private struct Piece: Sendable {
        var bytes: [UInt8]
        var written = 0
        /// Sent with the first byte, and closed then.
        var descriptors: SentDescriptors?
    }

    private struct State: Sendable {
        /// Nil once the connection is closed.
        var socket: Int32?
        var waiting: [Piece] = []
        var waitingBytes = 0
        /// When something was written last, or began to wait; nil while nothing waits.
        var waitingSince: UInt64?
        /// The number of the call that is being answered, or was last.
        var call: UInt64 = 0
        var isBusy = false
        /// The loop is to be told when the call ends.
        var isAwaited = false
        /// The loop knows that something waits.
        var isWatched = false
        /// No further call is begun; closed once all is written.
        var isClosing = false
        var onGone: (@Sendable () -> Void)?
        var onRoom: (@Sendable () -> Void)?
    }

    private let state: Mutex<State>
    private let totals: ServerTotals
    private let limits: ReplyLimits
    /// Has the loop attend to the connection.
    private let callLoop: @Sendable () -> Void

    init(
        socket: Int32, totals: ServerTotals, limits: ReplyLimits, callLoop: @escaping @Sendable () -> Void
    ) {
        state = Mutex(State(socket: socket))
        self.totals = totals
        self.limits = limits
        self.callLoop = callLoop
    }

    // MARK: The loop's

    /// Whether the next call can be begun: none is being answered, and the client has read its replies.
    var isIdle: Bool {
        state.withLock { !$0.isBusy && $0.waiting.isEmpty && !$0.isClosing }
    }

    /// What the loop has to know after it has done what it can.
    struct Standing {
        var isIdle: Bool
        /// Something waits to be written.
        var isBlocked: Bool
        /// Nothing more is to be answered, and all is written.
        var isOver: Bool
    }

    /// Asks how things stand, and has the loop called when the current call ends, if `awaits`.
    func stand(awaits: Bool) -> Standing {
        state.withLock { state in
            let isBlocked = !state.waiting.isEmpty
            let isIdle = !state.isBusy && !isBlocked && !state.isClosing
            state.isAwaited = awaits && state.isBusy
            state.isWatched = isBlocked
            return Standing(isIdle: isIdle, isBlocked: isBlocked, isOver: state.isClosing && !isBlocked)
        }
    }

    /// Begins to answer a call; its number.
    func begin() -> UInt64 {
        state.withLock { state in
            state.call += 1
            state.isBusy = true
            return state.call
        }
    }

    /// Writes what the client takes now.
    func writeOn() {
        let room = state.withLock { state in
            write(&state)
            return takeRoom(&state)
        }
        room?()
    }

    /// Begins no further call, and has the connection closed once all is written.
    func closeAfterWrites() {
        state.withLock { $0.isClosing = true }
    }

    /// Sends a frame that belongs to no call, and closes the connection.
    func refuse(_ frame: [UInt8]) {
        state.withLock { state in
            state.isClosing = true
            if state.socket != nil { put(Piece(bytes: frame), &state) }
        }
    }

    /// For how long nothing has been read of what waits, in nanoseconds; nil where nothing waits.
    func stalled(_ now: UInt64) -> UInt64? {
        state.withLock { state in state.waitingSince.map { now > $0 ? now - $0 : 0 } }
    }

    /// Closes the connection and cancels what is being answered.
    func close() {
        let (gone, room) = state.withLock { state in
            if let socket = state.socket { Glibc.close(socket) }
            state.socket = nil
            totals.unreadBytes.subtract(state.waitingBytes, ordering: .relaxed)
            state.waiting = []
            state.waitingBytes = 0
            state.waitingSince = nil
            state.isClosing = true
            return (state.onGone.take(), state.onRoom.take())
        }
        gone?()
        room?()
    }

    // MARK: Anybody's

    /// Sends a frame of the call numbered `call`; `isLast` ends it.
    ///
    /// - Returns: false where the connection or the call is over.
    @discardableResult
    func send(_ frame: [UInt8]?, _ descriptors: SentDescriptors? = nil, of call: UInt64, isLast: Bool) -> Bool {
        let (isSent, mustCall, dropped) = state.withLock { state in
            guard state.call == call, state.isBusy else { return (false, false, nil as (@Sendable () -> Void)?) }
            var dropped: (@Sendable () -> Void)?
            if isLast {
                state.isBusy = false
                dropped = state.onGone.take()
                state.onRoom = nil
            }
            guard state.socket != nil else { return (false, false, dropped) }
            if let frame { put(Piece(bytes: frame, descriptors: descriptors), &state) }
            let mustCall = (isLast && state.isAwaited) || (!state.waiting.isEmpty && !state.isWatched)
            if mustCall {
                state.isAwaited = false
                state.isWatched = true
            }
            return (true, mustCall, dropped)
        }
        // A handler may hold the last of something that takes the lock as it goes.
        withExtendedLifetime(dropped) {}
        if mustCall { callLoop() }
        return isSent
    }

    /// Ends a call without a reply, and the connection with it.
    func abandon(_ call: UInt64) {
        let isMine = state.withLock { state in
            guard state.call == call, state.isBusy else { return false }
            state.isBusy = false
            state.isClosing = true
            state.onGone = nil
            state.onRoom = nil
            return state.socket != nil
        }
        if isMine { callLoop() }
    }

    /// Whether the connection is there, and the call is being answered.
    func isOpen(_ call: UInt64) -> Bool {
        state.withLock { $0.call == call && $0.isBusy && $0.socket != nil }
    }

    /// Whether another reply may be made: the client reads, or has little to read.
    var hasRoom: Bool {
        state.withLock { hasRoom($0) }
    }

    /// Calls `body` once, when another reply may be made, or the client has gone; at once where that is so.
    func whenRoom(_ call: UInt64, _ body: @escaping @Sendable () -> Void) {
        let isNow = state.withLock { state in
            if state.socket == nil || state.call != call || hasRoom(state) { return true }
            state.onRoom = body
            return false
        }
        if isNow { body() }
    }

    /// Calls `body` once, if the client goes before the call has ended; at once where it has gone.
    func whenGone(_ call: UInt64, _ body: @escaping @Sendable () -> Void) {
        let isGone = state.withLock { state in
            guard state.call == call, state.isBusy else { return false }
            if state.socket != nil { state.onGone = body }
            return state.socket == nil
        }
        if isGone { body() }
    }

    // MARK: Under the lock

    private func hasRoom(_ state: borrowing State) -> Bool {
        if state.waitingBytes == 0 { return true }
        return state.waitingBytes < limits.clientBytes
            && totals.unreadBytes.load(ordering: .relaxed) < limits.totalBytes
    }

    private func takeRoom(_ state: inout State) -> (@Sendable () -> Void)? {
        hasRoom(state) ? state.onRoom.take() : nil
    }

    private func put(_ piece: consuming Piece, _ state: inout State) {
        let byteCount = piece.bytes.count
        state.waiting.append(piece)
        state.waitingBytes += byteCount
        totals.unreadBytes.add(byteCount, ordering: .relaxed)
        // What waits already goes first, and the kernel takes none of it.
        if state.waiting.count == 1 { write(&state) }
    }

    private func write(_ state: inout State) {
        guard let socket = state.socket else { return }
        var finished = 0
        var isStuck = false
        while finished < state.waiting.count, !isStuck {
            let sent = Self.write(&state.waiting[finished], to: socket)
            if sent > 0 {
                state.waitingBytes -= sent
                totals.unreadBytes.subtract(sent, ordering: .relaxed)
                state.waitingSince = nil
            }
            if state.waiting[finished].written == state.waiting[finished].bytes.count {
                finished += 1
            } else if sent == -Int(EAGAIN) || sent == -Int(ENOBUFS) || sent == -Int(ENOMEM) {
                isStuck = true
            } else if sent < 0 {
                // The client has gone. The loop hears of it, and closes the connection.
                totals.unreadBytes.subtract(state.waitingBytes, ordering: .relaxed)
                state.waitingBytes = 0
                finished = state.waiting.count
                state.isClosing = true
            }
        }
        state.waiting.removeFirst(finished)
        if state.waiting.isEmpty {
            state.waitingSince = nil
        } else if state.waitingSince == nil {
            state.waitingSince = Monotonic.now()
        }
    }

    /// - Returns: how many bytes were written, or a negative errno.
    private static func write(_ piece: inout Piece, to socket: Int32) -> Int {
        let descriptors = piece.descriptors?.numbers ?? []
        let written = piece.written
        let sent = piece.bytes.withUnsafeBytes { bytes in
            descriptors.withUnsafeBufferPointer { numbers in
                par_send(
                    socket, bytes.baseAddress.map { $0 + written }, bytes.count - written, numbers.baseAddress,
                    Int32(numbers.count))
            }
        }
        if sent > 0 {
            piece.written += Int(sent)
            piece.descriptors = nil
        }
        return Int(sent)
    }
}

/// Descriptors that go out with a reply. They are closed with the object, once they are sent or nobody takes them.
public final class SentDescriptors: Sendable {
    let numbers: [Int32]

    /// Takes over open descriptors, at most ``limit``.
    public init(_ numbers: [Int32]) {
        self.numbers = numbers
    }

    /// The most that the kernel lets one message carry.
    public static let limit = Int(PAR_DESCRIPTORS)

    deinit {
        for number in numbers { close(number) }
    }
}

/// How much may wait for clients that don't read.
struct ReplyLimits: Sendable {
    /// For each, in bytes; one reply more may be there.
    var clientBytes: Int
    /// For all together; beyond, each has no more than one reply.
    var totalBytes: Int
}

/// What all connections have together.
final class ServerTotals: Sendable {
    /// Bytes of replies that wait for their clients.
    let unreadBytes = Atomic(0)
    /// Connections that are open.
    let connections = Atomic(0)
}
