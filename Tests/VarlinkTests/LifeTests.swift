import Foundation
import Glibc
import Linux
import Testing
import Varlink
import VarlinkServer

private let ping = "{\"method\":\"org.example.test.Ping\"}"
private let wait = "{\"method\":\"org.example.test.Wait\"}"

@Suite("The life of a server", .timeLimit(.minutes(1)))
struct LifeTests {
    @Test("the socket has the mode asked for, and goes with the server, as its lock does")
    func files() async throws {
        try await withTemporaryDirectory { directory async throws in
            let path = directory + "/a.sock"
            let server = try serve(try Listener(binding: path, mode: 0o660))
            var status = stat()
            #expect(lstat(path, &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o660)
            await server.stop(within: .zero)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        }
    }

    @Test("a socket that is served is not taken")
    func alreadyServed() async throws {
        try await withTemporaryDirectory { directory async throws in
            let path = directory + "/a.sock"
            let server = try serve(try Listener(binding: path, mode: 0o600))
            let taken = ListenError.alreadyServed(path: path)
            #expect(throws: taken) { _ = try Listener(binding: path, mode: 0o600) }
            // Without its lock too.
            unlink(path + ".lock")
            #expect(throws: taken) { _ = try Listener(binding: path, mode: 0o600) }
            #expect(taken.description.contains("another daemon is running"))
            try await expectPong(path)
            await server.stop(within: .zero)
        }
    }

    @Test("a socket that a dead server left is replaced")
    func stale() async throws {
        try await withTemporaryDirectory { directory async throws in
            let path = directory + "/a.sock"
            let address = try #require(UnixAddress(path))
            do {
                let left = try StreamSocket()
                #expect(address.withSocketAddress { bind(left.descriptor, $0, $1) } == 0)
            }
            #expect(FileManager.default.createFile(atPath: path + ".lock", contents: nil))
            let server = try serve(try Listener(binding: path, mode: 0o600))
            try await expectPong(path)
            await server.stop(within: .zero)
        }
    }

    @Test("a file that is no socket stays")
    func notASocket() async throws {
        try await withTemporaryDirectory { directory async throws in
            let path = directory + "/file"
            #expect(FileManager.default.createFile(atPath: path, contents: Data([1])))
            #expect(throws: ListenError.notASocket(path: path)) { _ = try Listener(binding: path, mode: 0o600) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["file"])
        }
    }

    @Test("paths that can't be are said to be so")
    func badPaths() {
        let long = "/tmp/" + String(repeating: "x", count: 200)
        #expect(throws: ListenError.failed(call: "bind", path: long, errno: ENAMETOOLONG)) {
            _ = try Listener(binding: long, mode: 0o600)
        }
        #expect(unreachable(long)?.contains("107 bytes") == true)
        #expect(unreachable("/nowhere/at/all")?.contains("start the service") == true)
        #expect(unreachable("") != nil)
        let error = #expect(throws: ListenError.self) { _ = try Listener(binding: "/nowhere/at/all", mode: 0o600) }
        #expect(error?.description == "the directory of /nowhere/at/all.lock is not there: make it first")
    }

    @Test("a listening descriptor is adopted, and nothing else is")
    func adopted() async throws {
        try await withTemporaryDirectory { directory async throws in
            let path = directory + "/a.sock"
            let address = try #require(UnixAddress(path))
            let handed = try StreamSocket().release()
            #expect(address.withSocketAddress { bind(handed, $0, $1) } == 0)
            #expect(throws: ListenError.notAListener(descriptor: handed)) { _ = try Listener(adopting: handed) }
            #expect(listen(handed, 5) == 0)
            let server = try serve(try Listener(adopting: handed))
            try await expectPong(path)
            await server.stop(within: .zero)
            // The file is its maker's.
            #expect(access(path, F_OK) == 0)
        }
    }

    @Test("a server that stops lets the current call finish, begins no other, and closes the idle at once")
    func gracefulStop() async throws {
        try await Fixture.run { fixture in
            let idle = try RawClient(fixture.path)
            try idle.send(ping)
            #expect(try await idle.next() != nil)
            let busy = try RawClient(fixture.path)
            try busy.send(wait)
            #expect(await fixture.nextEvent() == .started)
            async let stopped: Void = fixture.server.stop(within: .seconds(600))
            #expect(try await idle.next() == nil)
            try busy.send(ping)
            fixture.service.gate.open()
            #expect(try await busy.next() == "{\"parameters\":{}}")
            #expect(try await busy.next() == nil)
            await stopped
            #expect(unreachable(fixture.path) != nil)
        }
    }

    @Test("a call that takes longer than the time to stop is cancelled")
    func stopCancels() async throws {
        try await Fixture.run { fixture in
            let busy = try RawClient(fixture.path)
            try busy.send(wait)
            #expect(await fixture.nextEvent() == .started)
            await fixture.server.stop(within: .milliseconds(1))
            #expect(await fixture.nextEvent() == .cancelled)
            #expect(try await busy.next() == nil)
        }
    }

    private func serve(_ listener: consuming Listener) throws -> Server {
        try Server.start(on: listener, info: Fixture.info, services: [try TestService()])
    }

    /// What is said about a path that can't be connected to; nil when it can.
    private func unreachable(_ path: String) -> String? {
        do {
            _ = try Client(connectingTo: path)
            return nil
        } catch {
            return "\(error)"
        }
    }
}
