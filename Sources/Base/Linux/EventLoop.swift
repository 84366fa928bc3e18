import CLinux
import Glibc
import SystemPackage

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

/// What a descriptor is waited for, or is ready for.
public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    public static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The other end is gone, in both directions. Told of whether it is waited for or not.
    public static let hungUp = Readiness(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)
}

extension EventLoop {
    /// Reports `key` from now on whenever `descriptor` is ready for something of `interest`, or hung up.
    public borrowing func add(_ descriptor: Int32, key: UInt64, for interest: Readiness) throws(SystemError) {
        try control(EPOLL_CTL_ADD, descriptor, key, interest)
    }

    /// Waits for something else on a descriptor that was added.
    public borrowing func change(_ descriptor: Int32, key: UInt64, to interest: Readiness) throws(SystemError) {
        try control(EPOLL_CTL_MOD, descriptor, key, interest)
    }

    private borrowing func control(
        _ operation: Int32, _ descriptor: Int32, _ key: UInt64, _ interest: Readiness
    ) throws(SystemError) {
        var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: key))
        let raw = epoll.raw
        try system("epoll_ctl") { epoll_ctl(raw, operation, descriptor, &event) }
    }

    /// Waits for at most `milliseconds`, for ever when nil.
    ///
    /// - Returns: how many events there are, each of which ``event(_:)`` shows until the next wait; 0 where the time passed,
    ///   or a signal came.
    public mutating func events(milliseconds: Int32?) throws(SystemError) -> Int {
        let raw = epoll.raw
        let count = ready.withUnsafeMutableBufferPointer { events in
            epoll_wait(raw, events.baseAddress, Int32(events.count), milliseconds ?? -1)
        }
        if count >= 0 { return Int(count) }
        let error = Errno.current
        if error == .interrupted { return 0 }
        throw SystemError("epoll_wait", error)
    }

    /// One of the events of the last wait.
    public borrowing func event(_ index: Int) -> (key: UInt64, readiness: Readiness) {
        (ready[index].data.u64, Readiness(rawValue: ready[index].events))
    }
}
