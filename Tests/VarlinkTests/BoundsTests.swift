import CLinux
import Dispatch
import Glibc
import Linux
import Synchronization
import Testing
import Varlink
@testable import VarlinkServer

private let prefix = "org.example.test."
private let ping = "{\"method\":\"\(prefix)Ping\"}"

@Suite("What clients can't use up", .timeLimit(.minutes(1)))
struct BoundsTests {
    @Test("half a call is given up after its time, and other clients are served meanwhile")
    func unfinished() async throws {
        let events = Mutex([String]())
        var configuration = ServerConfiguration()
        configuration.callNanoseconds = 50_000_000
        configuration.onEvent = { event in events.withLock { $0.append(event.kind) } }
        try await Fixture.run(configuration) { fixture in
            let half = try RawClient(fixture.path)
            try half.send("{\"method\":", ended: false)
            try await expectPong(fixture.path)
            #expect(try await half.next() == nil)
            let idle = try RawClient(fixture.path)
            try idle.send(ping)
            #expect(try await idle.next() == "{\"parameters\":{}}")
        }
        #expect(events.withLock { $0 } == ["unfinished"])
    }

    @Test("who doesn't read replies loses the connection, and it is told once")
    func unread() async throws {
        let events = Mutex([String]())
        var configuration = ServerConfiguration()
        configuration.replyNanoseconds = 50_000_000
        configuration.onEvent = { event in events.withLock { $0.append(event.kind) } }
        try await Fixture.run(configuration) { fixture in
            let slow = try RawClient(fixture.path)
            try slow.send("{\"method\":\"\(prefix)Count\",\"more\":true,\"parameters\":{\"to\":1000000}}")
            while fixture.server.connectionCount < 1 { await Task.yield() }
            while fixture.server.connectionCount > 0 { await Task.yield() }
            var replies = 0
            while try await slow.next() != nil { replies += 1 }
            // What the kernel holds for it, and what waited here.
            #expect(replies < 500_000)
            try await expectPong(fixture.path)
        }
        #expect(events.withLock { $0 } == ["unread"])
    }

    @Test("where memory is short, who has not read for longest goes first")
    func short() async throws {
        let isShort = Mutex(false)
        var configuration = ServerConfiguration()
        configuration.shortReplyNanoseconds = 1
        configuration.isShort = { isShort.withLock { $0 } }
        try await Fixture.run(configuration) { fixture in
            let first = try RawClient(fixture.path)
            let second = try RawClient(fixture.path)
            for client in [first, second] {
                try client.send("{\"method\":\"\(prefix)Count\",\"more\":true,\"parameters\":{\"to\":1000000}}")
            }
            #expect(try await first.next() != nil)
            while fixture.server.connectionCount < 2 { await Task.yield() }
            isShort.withLock { $0 = true }
            while fixture.server.connectionCount > 1 { await Task.yield() }
            isShort.withLock { $0 = false }
            try await expectPong(fixture.path)
        }
    }

    @Test("who has one call waits for a call of each other at most, however many they have sent")
    func turns() async throws {
        let others = 20
        try await Fixture.run { fixture in
            let told = Mutex([String]())
            let allSent = DispatchSemaphore(value: 0)
            fixture.service.onTell.withLock {
                $0 = { text, _ in
                    // The server is held until all calls are there, and takes its time for each then.
                    if told.withLock({ $0.isEmpty }) { allSent.wait() }
                    told.withLock { $0.append(text) }
                    usleep(500)
                }
            }
            func call(_ text: String) -> String {
                "{\"method\":\"\(prefix)Tell\",\"parameters\":{\"text\":\"\(text)\"}}"
            }
            let many = Array(repeating: call("one of many"), count: 40).joined(separator: "\0")
            let clients = try (0..<others).map { _ in try RawClient(fixture.path) }
            for client in clients { try client.send(many) }
            let client = try RawClient(fixture.path)
            try client.send(call("the only one"))
            allSent.signal()
            #expect(try await client.next() != nil)
            let place = try #require(told.withLock { $0.firstIndex(of: "the only one") })
            #expect(place <= 2 * others)
            withExtendedLifetime(clients) {}
        }
    }

    @Test("a call is told whether others wait for the loop that it is answered on")
    func crowd() async throws {
        try await Fixture.run { fixture in
            let told = Mutex([String: IncomingCall.Place]())
            let allSent = DispatchSemaphore(value: 0)
            fixture.service.onTell.withLock {
                $0 = { text, place in
                    told.withLock { $0[text] = place }
                    if text == "first" { allSent.wait() }
                }
            }
            let clients = try (0..<3).map { _ in try RawClient(fixture.path) }
            for (client, text) in zip(clients, ["first", "second", "third"]) {
                try client.send("{\"method\":\"\(prefix)Tell\",\"parameters\":{\"text\":\"\(text)\"}}")
                while told.withLock({ $0.isEmpty }) { await Task.yield() }
            }
            allSent.signal()
            for client in clients { #expect(try await client.next() != nil) }
            #expect(
                told.withLock { $0 } == ["first": .loop, "second": .crowdedLoop, "third": .crowdedLoop])
        }
    }

    @Test("calls that want no reply are carried out, all of them, though their client has gone")
    func gone() async throws {
        try await Fixture.run { fixture in
            let (told, tell) = AsyncStream.makeStream(of: String.self)
            fixture.service.onTell.withLock { $0 = { text, _ in tell.yield(text) } }
            let calls = (1...50).map {
                "{\"method\":\"\(prefix)Tell\",\"oneway\":true,\"parameters\":{\"text\":\"\($0)\"}}"
            }
            let client = try RawClient(fixture.path)
            try client.send(calls.joined(separator: "\0"))
            client.close()
            var seen: [String] = []
            for await text in told {
                seen.append(text)
                if seen.count == calls.count { break }
            }
            #expect(seen == (1...50).map { "\($0)" })
            while fixture.server.connectionCount > 0 { await Task.yield() }
        }
    }

    @Test("a call that nobody answers closes its connection")
    func forgotten() async throws {
        try await Fixture.run { fixture in
            let client = try RawClient(fixture.path)
            try client.send("{\"method\":\"\(prefix)Forget\"}")
            #expect(try await client.next() == nil)
        }
    }

    @Test("a large call is answered while others are served, and its bytes count until then")
    func largeCall() async throws {
        var configuration = ServerConfiguration()
        configuration.callBytes = 3 << 20
        try await Fixture.run(configuration) { fixture in
            let text = String(repeating: "x", count: 2 << 20)
            let large = "{\"method\":\"\(prefix)Echo\",\"parameters\":{\"number\":1,\"text\":\"\(text)\"}}"
            for _ in 0..<4 {
                let client = try RawClient(fixture.path)
                try client.send(large)
                #expect(try await client.next()?.utf8.count ?? 0 > 2 << 20)
            }
        }
    }

    @Test("descriptors come with their call and go with its reply")
    func descriptors() async throws {
        try await Fixture.run { fixture in
            let socket = try await connected(fixture.path)
            defer { close(socket) }
            let given = par_memfd_create("given")
            defer { close(given) }
            #expect(pwrite(given, "hello", 5, 0) == 5)
            for call in ["{\"method\":\"\(prefix)Swap\"}\0", "\(ping)\0{\"method\":\"\(prefix)Swap\"}\0"] {
                #expect(send(call, [given], to: socket) == call.utf8.count)
                let (text, came) = try await receive(from: socket, frames: call.split(separator: "\0").count)
                #expect(text.hasSuffix("{\"parameters\":{\"count\":1}}\0"))
                try #require(came.count == 1)
                var content = [UInt8](repeating: 0, count: 16)
                #expect(pread(came[0], &content, 16, 0) == 5)
                #expect(String(decoding: content.prefix(5), as: UTF8.self) == "hello")
                #expect(fcntl(came[0], F_GETFD) == FD_CLOEXEC)
                close(came[0])
            }
        }
    }

    @Test("descriptors that nobody asked for are closed, however many come", arguments: ["Ping", "Swap", "Gone"])
    func unasked(method: String) async throws {
        let told = Mutex(0)
        var configuration = ServerConfiguration()
        configuration.onEvent = { event in
            if case .descriptorsUnasked(_, let count) = event { told.withLock { $0 += count } }
        }
        try await Fixture.run(configuration) { fixture in
            let socket = try await connected(fixture.path)
            let (reader, writer) = pipe()
            let many = [Int32](repeating: writer, count: Int(PAR_DESCRIPTORS))
            for _ in 0..<8 {
                let call = "{\"method\":\"\(prefix)\(method)\"}\0"
                #expect(send(call, many, to: socket) == call.utf8.count)
                _ = try await receive(from: socket, frames: 1)
            }
            close(writer)
            close(socket)
            // Every copy of the writing end has been closed when the reading end says so.
            let isOver = try await onThread {
                var byte: UInt8 = 0
                return read(reader, &byte, 1) == 0
            }
            #expect(isOver)
            close(reader)
        }
        #expect(told.withLock { $0 } == 8 * Int(PAR_DESCRIPTORS))
    }

    @Test("a descriptor whose closing waits holds nobody up", arguments: ["Ping", "Swap"], [false, true])
    func lingering(method: String, isNested: Bool) async throws {
        try await Fixture.run { fixture in
            let socket = try await connected(fixture.path)
            defer { close(socket) }
            let file = par_memfd_create("given")
            let (reader, full) = try lingering(seconds: 60)
            let writer = isNested ? try wrapped(full) : full
            let call = "{\"method\":\"\(prefix)\(method)\"}"
            #expect(send(call, [file, writer], to: socket) == call.utf8.count)
            close(file)
            close(writer)
            // The call has its end only now: whoever closes them last waits, which is to be the server.
            let begun = ContinuousClock.now
            #expect(send("\0", [], to: socket) == 1)
            let (_, came) = try await receive(from: socket, frames: 1)
            for descriptor in came { close(descriptor) }
            try await expectPong(fixture.path)
            #expect(begun.duration(to: .now) < .seconds(30))
            close(reader)
        }
    }

    /// A socket with `descriptor` in what has been sent to it and not read, so that it is closed with it.
    private func wrapped(_ descriptor: Int32) throws -> Int32 {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        #expect(send("x", [descriptor], to: ends[0]) == 1)
        close(ends[0])
        close(descriptor)
        return ends[1]
    }

    /// A connected socket that is full, and whose closing waits for so long until its peer, the other one, has read all.
    private func lingering(seconds: Int32) throws -> (reader: Int32, writer: Int32) {
        let listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout.size(ofValue: address))
        let writer = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let code = withUnsafeMutablePointer(to: &address) { place in
            place.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                bind(listener, place, size) + listen(listener, 1) + getsockname(listener, place, &size)
                    + connect(writer, place, size)
            }
        }
        try #require(code == 0)
        let reader = accept(listener, nil, nil)
        let block = [UInt8](repeating: 0, count: 1 << 16)
        while Glibc.send(writer, block, block.count, Int32(MSG_DONTWAIT)) > 0 {}
        var option = linger(l_onoff: 1, l_linger: seconds)
        try #require(
            setsockopt(writer, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout.size(ofValue: option))) == 0)
        return (reader, writer)
    }

    @Test("without a descriptor to spare connections wait, it is told once, and they are served when there is one")
    func noDescriptors() async throws {
        let paused = Mutex(0)
        var configuration = ServerConfiguration()
        configuration.onEvent = { event in
            if case .acceptPaused = event { paused.withLock { $0 += 1 } }
        }
        try await Fixture.run(configuration) { fixture in
            try await expectPong(fixture.path)
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let address = try #require(UnixAddress(fixture.path))
            let socket = try StreamSocket()
            // No number is left below the limit for the server's end.
            var low = limit
            low.rlim_cur = 0
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &low) == 0)
            try socket.connect(to: address)
            while paused.withLock({ $0 }) == 0 { await Task.yield() }
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            try socket.send(Array("\(ping)\0".utf8))
            var buffer = [UInt8](repeating: 0, count: 100)
            let count = try socket.receive(into: &buffer)
            #expect(String(decoding: buffer.prefix(count), as: UTF8.self) == "{\"parameters\":{}}\0")
        }
        #expect(paused.withLock { $0 } == 1)
    }
}

/// A connected socket, which the caller closes.
private func connected(_ path: String) async throws -> Int32 {
    let address = try #require(UnixAddress(path))
    let socket = try StreamSocket()
    try socket.connect(to: address)
    return socket.release()
}

private func send(_ text: String, _ descriptors: [Int32], to socket: Int32) -> Int {
    Array(text.utf8).withUnsafeBytes {
        Int(par_send(socket, $0.baseAddress, $0.count, descriptors, Int32(descriptors.count)))
    }
}

/// So many frames as text, and what came with them.
private func receive(from socket: Int32, frames: Int) async throws -> (String, [Int32]) {
    try await onThread {
        var text = ""
        var descriptors: [Int32] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 12)
        while text.split(separator: "\0").count < frames || text.last != "\0" {
            var ready = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 10_000) == 1 else { return (text, descriptors) }
            var numbers = [Int32](repeating: -1, count: Int(PAR_DESCRIPTORS))
            var came: Int32 = 0
            let count = par_receive(socket, &buffer, buffer.count, &numbers, &came, 0)
            guard count > 0 else { return (text, descriptors) }
            text += String(decoding: buffer.prefix(Int(count)), as: UTF8.self)
            descriptors += numbers.prefix(Int(came))
        }
        return (text, descriptors)
    }
}

private func pipe() -> (reader: Int32, writer: Int32) {
    var ends: [Int32] = [-1, -1]
    _ = Glibc.pipe(&ends)
    return (ends[0], ends[1])
}
