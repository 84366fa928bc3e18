import Glibc
import Linux
import Synchronization

/// Signals as bytes of a pipe, so that one poll(2) waits for them beside a socket.
///
/// There is one, for the life of the process: a handler has no other way to find its pipe than a global.
struct Signals {
    /// To poll for reading.
    let descriptor: Int32
    private let numbers: [Int32]

    /// The end of the pipe that handlers write to.
    private static let entry = Atomic<Int32>(-1)

    /// Takes the named signals from now on. Those that whoever started this process had it ignore stay ignored, as `nohup`
    /// and a script's `&` want it; but for that of a child's end.
    init(_ wanted: [Int32]) throws(CommandError) {
        let numbers = wanted.filter { $0 == SIGCHLD || !IgnoredSignals.contains($0) }
        do throws(SystemError) {
            let ends = try Pipe().release()
            // The writing end must not block: a handler that does would stop the program for good.
            try system("fcntl") { fcntl(ends.writer, F_SETFL, O_NONBLOCK) }
            descriptor = ends.reader
            Self.entry.store(ends.writer, ordering: .releasing)
        } catch {
            throw CommandError(error)
        }
        self.numbers = numbers
        for number in numbers { try Self.take(number) }
    }

    private static func take(_ number: Int32) throws(CommandError) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { number in
            // Only what signal-safety(7) allows: an atomic load and write(2), with errno kept.
            let saved = errno
            var byte = UInt8(truncatingIfNeeded: number)
            _ = Glibc.write(Signals.entry.load(ordering: .acquiring), &byte, 1)
            errno = saved
        }
        action.sa_flags = SA_RESTART
        guard sigaction(number, &action, nil) == 0 else { throw .system(call: "sigaction", errno: errno) }
    }

    /// Has a signal do to this process what it does by default, this once.
    func undergo(_ number: Int32) {
        signal(number, SIG_DFL)
        raise(number)
        if numbers.contains(number) { try? Self.take(number) }
    }

    /// Takes those by which a user ends a program, and that of a child's end.
    static func ofUser() throws(CommandError) -> Signals { try Signals([SIGINT, SIGTERM, SIGHUP, SIGCHLD]) }

    /// Has all of them but SIGCHLD end the process again, as they do by default: from when on nothing is left to be done but
    /// to print, which may wait for a reader without end.
    func release() {
        for number in numbers where number != SIGCHLD { signal(number, SIG_DFL) }
    }

    /// The next signal that came; nil if there is none.
    func next() -> Int32? {
        var byte: UInt8 = 0
        return read(descriptor, &byte, 1) == 1 ? Int32(byte) : nil
    }

    /// Waits until `other` is ready, for reading unless `events` says otherwise, or a signal can be read, for at most
    /// `milliseconds` (-1: for ever).
    func wait(
        beside other: Int32, for events: Int32 = POLLIN, milliseconds: Int32
    ) throws(CommandError) -> (other: Bool, signal: Bool) {
        var polled = [
            pollfd(fd: other, events: Int16(events), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&polled, 2, milliseconds) >= 0 else {
            guard errno == EINTR else { throw .system(call: "poll", errno: errno) }
            return (false, false)
        }
        return (polled[0].revents != 0, polled[1].revents != 0)
    }
}
