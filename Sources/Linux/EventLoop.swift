import CLinux
import Glibc

/// A set of descriptors to wait on, each with a number of the caller's.
public struct EventLoop: ~Copyable, Sendable {
    let epoll: Descriptor
    var ready = [epoll_event](repeating: epoll_event(), count: 64)

    public init() throws(SystemError) {
        epoll = Descriptor(owning: try system("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
    }

    /// Reports `key` from now on whenever `descriptor` is readable or hung up.
    ///
    /// - Parameter onlyNews: once each time that something is written, whether or not it is read then.
    public borrowing func add(_ descriptor: Int32, key: UInt64, onlyNews: Bool = false) throws(SystemError) {
        let events = onlyNews ? EPOLLIN.rawValue | EPOLLET.rawValue : EPOLLIN.rawValue
        var event = epoll_event(events: events, data: epoll_data_t(u64: key))
        let raw = epoll.raw
        try system("epoll_ctl") { epoll_ctl(raw, EPOLL_CTL_ADD, descriptor, &event) }
    }

    /// Forgets `descriptor`, which is still open.
    public borrowing func remove(_ descriptor: Int32) throws(SystemError) {
        let raw = epoll.raw
        try system("epoll_ctl") { epoll_ctl(raw, EPOLL_CTL_DEL, descriptor, nil) }
    }

    /// Waits for at most `milliseconds` (for ever when nil) and returns the keys of what is readable. Descriptors may be added
    /// and removed meanwhile, by other threads.
    public borrowing func wait(milliseconds: Int32?) throws(SystemError) -> [UInt64] {
        let raw = epoll.raw
        return try withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 64) { ready throws(SystemError) in
            let count = try system("epoll_wait") {
                epoll_wait(raw, ready.baseAddress, Int32(ready.count), milliseconds ?? -1)
            }
            return ready.prefix(Int(count)).map(\.data.u64)
        }
    }
}
