import Glibc
import Linux
import Testing
import Varlink

@testable import parctl

@Suite struct JobCancellerTests {
    /// A socket on which every call of one connection has an answer, and nothing else is read before that is taken.
    private final class Peer: Sendable {
        let path: String
        private let folder: String
        private let listener: Int32
        private let thread: SystemThread

        init() throws {
            var template = Array("/tmp/parctl-test-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
            path = folder + "/socket"
            let address = try #require(UnixAddress(path))
            let socket = try StreamSocket()
            try #require(address.withSocketAddress { bind(socket.descriptor, $0, $1) } == 0)
            try #require(listen(socket.descriptor, 1) == 0)
            let listener = socket.release()
            self.listener = listener
            thread = try SystemThread(named: "peer") { Self.serve(listener) }
        }

        private static func serve(_ listener: Int32) {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            defer { close(connection) }
            let answer = Array(#"{"parameters":{}}"#.utf8) + [0]
            var bytes = [UInt8](repeating: 0, count: 4096)
            while case let count = read(connection, &bytes, bytes.count), count > 0 {
                for byte in bytes[..<count] where byte == 0 {
                    guard send(connection, answer, answer.count, Int32(MSG_NOSIGNAL)) == answer.count else { return }
                }
            }
        }

        /// Once its client is gone.
        func stop() {
            shutdown(listener, Int32(SHUT_RDWR))
            thread.join()
            close(listener)
            unlink(path)
            rmdir(folder)
        }
    }

    @Test func `answers are taken, however many there are, so that the daemon reads on`() throws {
        let peer = try Peer()
        defer { peer.stop() }
        let canceller = JobCanceller(at: peer.path)
        for job in 0..<2_000 { try canceller.cancel(["job\(job)"]) }
        let deadline = Monotonic.now() + 20_000_000_000
        while !canceller.hasAnswers, Monotonic.now() < deadline {
            var polled = canceller.polled
            poll(&polled, 1, 1_000)
            canceller.hear()
        }
        #expect(canceller.hasAnswers)
    }
}
