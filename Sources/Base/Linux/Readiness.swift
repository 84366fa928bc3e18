import CLinux
import Glibc
import SystemPackage

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
