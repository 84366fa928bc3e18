import Glibc
import Linux
import Synchronization

/// Closes what clients have sent, and their sockets where something is left in them.
///
/// Where nobody else has a file open, closing it may take long, or for ever: a socket may be set to wait until its peer has read
/// all that was written (SO_LINGER), a large memory file gives its pages back, and whoever serves a file may not answer. So it is
/// done on threads of their own: one for each user who has something to be closed, so that it holds up nobody else.
final class DescriptorCloser: Sendable {
    /// What waits to be closed, by user. Whoever is in here has a thread.
    private let waiting = Mutex<[UInt32: [Int32]]>([:])
    /// How many users are in there.
    private let users = Atomic(0)

    /// A user of whom more waits is not read until less does.
    private static let limit = 512

    /// Takes over open descriptors.
    func close(_ numbers: [Int32], of user: UInt32) {
        if numbers.isEmpty { return }
        let isFirst = waiting.withLock { waiting in
            defer {
                waiting[user, default: []] += numbers
                users.store(waiting.count, ordering: .relaxed)
            }
            return waiting[user] == nil
        }
        guard isFirst else { return }
        let work: @Sendable () -> Void = { [self] in
            while let number = next(of: user) { Self.close(number) }
        }
        do {
            try SystemThread.detached(named: "par-close", work)
        } catch {
            work()
        }
    }

    /// Closes a client's connection. What it has sent and nobody has read may have descriptors with it, which go as well.
    func close(connection socket: Int32, of user: UInt32) {
        shutdown(socket, Int32(SHUT_RDWR))
        var unread: Int32 = 0
        if ioctl(socket, UInt(FIONREAD), &unread) == 0, unread == 0 {
            Glibc.close(socket)
        } else {
            close([socket], of: user)
        }
    }

    /// Whether so much of a user's waits that he is to bring no more.
    func isBehind(_ user: UInt32) -> Bool {
        if users.load(ordering: .relaxed) == 0 { return false }
        return waiting.withLock { ($0[user]?.count ?? 0) > Self.limit }
    }

    private func next(of user: UInt32) -> Int32? {
        waiting.withLock { waiting in
            if let number = waiting[user]?.popLast() { return number }
            waiting[user] = nil
            users.store(waiting.count, ordering: .relaxed)
            return nil
        }
    }

    /// A socket doesn't linger any more then, nor for its sender, if he has it open still: he has sent what nobody wants.
    private static func close(_ number: Int32) {
        var none = linger(l_onoff: 0, l_linger: 0)
        setsockopt(number, SOL_SOCKET, SO_LINGER, &none, socklen_t(MemoryLayout.size(ofValue: none)))
        Glibc.close(number)
    }
}

/// The closer of what one user has sent.
struct UserCloser: Sendable {
    let closer: DescriptorCloser
    let user: UInt32

    func close(_ numbers: [Int32]) { closer.close(numbers, of: user) }
    func close(connection socket: Int32) { closer.close(connection: socket, of: user) }
    var isBehind: Bool { closer.isBehind(user) }
}
