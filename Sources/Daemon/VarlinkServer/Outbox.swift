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
        /// A thread is writing, without the lock: the client may answer before it is done. It writes what others add, too.
        var isWriting = false
        /// The loop is to be told when the call ends.
        var isAwaited = false
        /// The loop knows that something waits.
        var isWatched = false
        /// No further call is begun; closed once all is written.
        var isClosing = false
        var onGone: (@Sendable () -> Void)?
        var onRoom: (@Sendable () -> Void)?
        /// The client has sent its last byte.
        var isInputOver = false
        var onInputEnd: (@Sendable () -> Void)?
    }

    private let state: Mutex<State>
    private let totals: ServerTotals
    private let limits: ReplyLimits
    private let closer: UserCloser
    /// Has the loop attend to the connection.
    private let callLoop: @Sendable () -> Void

    init(
        socket: Int32, totals: ServerTotals, limits: ReplyLimits, closer: UserCloser,
        callLoop: @escaping @Sendable () -> Void
    ) {
        state = Mutex(State(socket: socket))
        self.totals = totals
        self.limits = limits
        self.closer = closer
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
        /// No call is being answered, and all is written.
        var isSettled: Bool
        /// Nothing more is to be answered, and all is written.
        var isOver: Bool
    }

    /// Asks how things stand, and has the loop called when the current call ends, if `awaits`.
    func stand(awaits: Bool) -> Standing {
        state.withLock { state in
            let isBlocked = !state.waiting.isEmpty && !state.isWriting
            let isWritten = state.waiting.isEmpty && !state.isWriting
            state.isAwaited = awaits && (state.isBusy || state.isWriting)
            state.isWatched = isBlocked
            return Standing(
                isIdle: !state.isBusy && state.waiting.isEmpty && !state.isClosing, isBlocked: isBlocked,
                isSettled: !state.isBusy && isWritten, isOver: state.isClosing && isWritten)
        }
    }

    /// The client has sent its last byte.
    func endInput() {
        let body = state.withLock { state in
            state.isInputOver = true
            return state.onInputEnd.take()
        }
        body?()
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
        write()
        let room = state.withLock { state in takeRoom(&state) }
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
        write()
    }

    /// For how long nothing has been read of what waits, in nanoseconds; nil where nothing waits.
    func stalled(_ now: UInt64) -> UInt64? {
        state.withLock { state in state.waitingSince.map { now > $0 ? now - $0 : 0 } }
    }

    /// Closes the connection and cancels what is being answered.
    func close() {
        let (gone, room) = state.withLock { state in
            // Whoever is writing closes it.
            if let socket = state.socket, !state.isWriting { closer.close(connection: socket) }
            state.socket = nil
            forget(&state)
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
        let (isSent, dropped) = state.withLock { state in
            guard state.call == call, state.isBusy else { return (false, nil as (@Sendable () -> Void)?) }
            var dropped: (@Sendable () -> Void)?
            if isLast {
                state.isBusy = false
                dropped = state.onGone.take()
                state.onRoom = nil
                state.onInputEnd = nil
            }
            guard state.socket != nil else { return (false, dropped) }
            if let frame { put(Piece(bytes: frame, descriptors: descriptors), &state) }
            return (true, dropped)
        }
        // A handler may hold the last of something that takes the lock as it goes.
        withExtendedLifetime(dropped) {}
        guard isSent else { return false }
        write()
        let (mustCall, room) = state.withLock { state in
            // Whoever is writing sees to it.
            if state.isWriting { return (false, nil as (@Sendable () -> Void)?) }
            let isBlocked = !state.waiting.isEmpty && !state.isWatched
            let isDone = !state.isBusy && (state.isAwaited || state.isClosing)
            if isBlocked { state.isWatched = true }
            if isDone { state.isAwaited = false }
            // What others have added was written, too, and they may wait for that.
            return (isBlocked || isDone, takeRoom(&state))
        }
        if mustCall { callLoop() }
        room?()
        return true
    }

    /// Ends a call without a reply, and the connection with it.
    func abandon(_ call: UInt64) {
        let isMine = state.withLock { state in
            guard state.call == call, state.isBusy else { return false }
            state.isBusy = false
            state.isClosing = true
            state.onGone = nil
            state.onRoom = nil
            state.onInputEnd = nil
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

    /// Calls `body` once, if the client sends its last byte before the call has ended; at once where it has.
    func whenInputEnds(_ call: UInt64, _ body: @escaping @Sendable () -> Void) {
        let isNow = state.withLock { state in
            guard state.call == call, state.isBusy, state.socket != nil else { return false }
            if !state.isInputOver { state.onInputEnd = body }
            return state.isInputOver
        }
        if isNow { body() }
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
    }

    private func forget(_ state: inout State) {
        totals.unreadBytes.subtract(state.waitingBytes, ordering: .relaxed)
        state.waiting = []
        state.waitingBytes = 0
        state.waitingSince = nil
        state.isClosing = true
    }

    // MARK: Writing

    /// Writes all that the kernel takes, unless a thread is at it. Not under the lock: the client may be woken in the middle,
    /// and its next call must not find the lock taken.
    private func write() {
        var next = state.withLock { state -> (Piece, Int32)? in
            guard !state.isWriting, let socket = state.socket, !state.waiting.isEmpty else { return nil }
            state.isWriting = true
            return (state.waiting.removeFirst(), socket)
        }
        while let (taken, socket) = next {
            var piece = taken
            let sent = Self.write(&piece, to: socket)
            next = state.withLock { goOn(after: piece, socket, sent, &$0) }
        }
    }

    /// Takes in that `sent` bytes of a piece were written, or a negative errno.
    ///
    /// - Returns: what is to be written next; nil where there is nothing, or the kernel takes no more.
    private func goOn(after piece: Piece, _ socket: Int32, _ sent: Int, _ state: inout State) -> (Piece, Int32)? {
        guard state.socket != nil else {
            closer.close(connection: socket)
            state.isWriting = false
            return nil
        }
        if sent > 0 {
            state.waitingBytes -= sent
            totals.unreadBytes.subtract(sent, ordering: .relaxed)
            state.waitingSince = nil
        }
        if piece.written < piece.bytes.count {
            if sent >= 0 { return (piece, socket) }
            state.isWriting = false
            if [EAGAIN, ENOBUFS, ENOMEM].contains(Int32(-sent)) {
                state.waiting.insert(piece, at: 0)
                if state.waitingSince == nil { state.waitingSince = Monotonic.now() }
            } else {
                // The client has gone. The loop hears of it, and closes the connection.
                forget(&state)
            }
            return nil
        }
        if !state.waiting.isEmpty { return (state.waiting.removeFirst(), socket) }
        state.isWriting = false
        return nil
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
    private let byteCount: Int

    /// Takes over open descriptors, at most ``limit``.
    ///
    /// - Parameter byteCount: how much memory goes where nobody else has them open. Closing them holds nobody up.
    public init(_ numbers: [Int32], byteCount: Int = 0) {
        self.numbers = numbers
        self.byteCount = byteCount
    }

    /// The most that the kernel lets one message carry.
    public static let limit = Int(PAR_DESCRIPTORS)

    deinit {
        let numbers = numbers
        SystemThread.giveBack(byteCount) { for number in numbers { close(number) } }
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
