import Glibc
import Linux
import Logging
import Synchronization

@testable import Journal

/// A journal of the tests' own: a datagram socket that blocks when it is full, as the real one's does.
final class SocketOutput: LogOutput {
    private let sending: Descriptor
    private let receiving: Descriptor
    private static let filler = "filler"

    init() throws {
        var ends: [Int32] = [-1, -1]
        try system("socketpair") { socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) }
        sending = Descriptor(owning: ends[0])
        receiving = Descriptor(owning: ends[1])
    }

    /// Stuffs the socket until it takes nothing more.
    func fill() {
        let bytes = Array(Self.filler.utf8)
        while send(sending.raw, bytes, bytes.count, Int32(MSG_DONTWAIT)) >= 0 {}
    }

    func write(_ entry: LogEntry) -> Bool {
        let bytes = Array(JournalFields(entry).lines.joined(separator: "\u{0}").utf8)
        return send(sending.raw, bytes, bytes.count, 0) == bytes.count
    }

    /// The fields of the next entry. Waits for it.
    func next() throws -> [String] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let raw = receiving.raw
            let count = try system("recv") { recv(raw, &bytes, bytes.count, 0) }
            let text = String(decoding: bytes[..<count], as: UTF8.self)
            if text != Self.filler { return text.split(separator: "\u{0}").map(String.init) }
        }
    }
}

/// An output that takes entries or refuses them, and tells of each attempt.
final class FickleOutput: LogOutput {
    struct Attempt: Sendable, Equatable {
        let message: String
        let wasTaken: Bool
    }

    let attempts: AsyncStream<Attempt>
    private let feed: AsyncStream<Attempt>.Continuation
    private let isThere: Atomic<Bool>

    init(isThere: Bool) {
        (attempts, feed) = AsyncStream<Attempt>.makeStream()
        self.isThere = Atomic(isThere)
    }

    func comeBack() { isThere.store(true, ordering: .sequentiallyConsistent) }

    func write(_ entry: LogEntry) -> Bool {
        let taken = isThere.load(ordering: .sequentiallyConsistent)
        feed.yield(Attempt(message: entry.message, wasTaken: taken))
        return taken
    }
}
