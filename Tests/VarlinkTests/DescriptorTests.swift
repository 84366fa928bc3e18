import Glibc
import Linux
import Testing

@testable import Varlink

/// The two ends of a connection.
private struct Ends: ~Copyable {
    var client: Client
    let peer: StreamSocket

    init() throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        client = Client(owning: StreamSocket(owning: ends[0]), patience: .seconds(10))
        peer = StreamSocket(owning: ends[1])
    }
}

/// A pipe whose writing end travels: once the last copy of that is closed, the reading end says so.
private struct Pipe {
    let reading: Int32
    let writing: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        try #require(Glibc.pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (reading, writing) = (ends[0], ends[1])
    }

    /// Whether nobody holds the writing end, ours included.
    var isAbandoned: Bool {
        var polled = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 0) == 1 && polled.revents & Int16(POLLHUP) != 0
    }

    func close() { Glibc.close(reading) }
}

extension StreamSocket {
    /// Sends all of a frame, and descriptors with its first byte.
    fileprivate func reply(_ text: String, _ descriptors: [Int32] = []) throws {
        var rest = (Array(text.utf8) + [0])[...]
        rest = rest.dropFirst(try sendNow(rest, descriptors: descriptors))
        while !rest.isEmpty { rest = rest.dropFirst(try sendNow(rest)) }
    }

    /// Takes what has come.
    fileprivate func taken(_ limit: Int) throws -> (text: String, descriptors: [Int32]) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let arrival = try receive(into: &buffer, descriptors: limit)
        return (String(decoding: buffer[..<(arrival.bytes ?? 0)], as: UTF8.self), arrival.descriptors)
    }
}

@Suite struct DescriptorTests {
    @Test func `a call carries descriptors, which are closed on exec where they arrive`() throws {
        var ends = try Ends()
        let pipe = try Pipe()
        try ends.client.start("a.b.C", text: Array("{}".utf8), more: false, descriptors: [pipe.writing, pipe.writing])
        close(pipe.writing)
        let (text, descriptors) = try ends.peer.taken(4)
        #expect(text == "{\"method\":\"a.b.C\",\"parameters\":{}}\0")
        try #require(descriptors.count == 2)
        #expect(descriptors.allSatisfy { fcntl($0, F_GETFD) & FD_CLOEXEC != 0 })
        #expect(!pipe.isAbandoned)
        for descriptor in descriptors { close(descriptor) }
        #expect(pipe.isAbandoned)
        pipe.close()
        try ends.peer.reply("{}")
        let reply: [String: Int] = try ends.client.next().reply
        #expect(reply.isEmpty)
    }

    @Test func `descriptors go with the first byte of a call that doesn't fit at once`() throws {
        var ends = try Ends()
        let pipe = try Pipe()
        let long = Array("{\"a\":\"\(String(repeating: "x", count: 1 << 20))\"}".utf8)
        try ends.client.begin("a.b.C", text: long, more: false, descriptors: [pipe.writing])
        try ends.client.sendAvailable()
        let isUnsent = ends.client.hasUnsentCall
        #expect(isUnsent)
        var bytes = 0
        var descriptors: [Int32] = []
        while ends.client.hasUnsentCall || bytes < long.count {
            let piece = try ends.peer.taken(4)
            if bytes == 0 { #expect(piece.descriptors.count == 1) } else { #expect(piece.descriptors.isEmpty) }
            bytes += piece.text.utf8.count
            descriptors += piece.descriptors
            try ends.client.sendAvailable()
        }
        for descriptor in descriptors + [pipe.writing] { close(descriptor) }
        #expect(pipe.isAbandoned)
        pipe.close()
    }

    @Test func `more descriptors than the kernel takes are refused before anything is sent`() throws {
        var ends = try Ends()
        let many = [Int32](repeating: 0, count: Descriptors.limit + 1)
        let error = #expect(throws: ClientError.self) {
            try ends.client.start("a.b.C", text: Array("{}".utf8), more: false, descriptors: many)
        }
        #expect(error?.description.contains("a.b.C: 254 descriptors are more than 253") == true)
        #expect(try ends.peer.taken(4).text == "")
    }

    @Test func `descriptors belong to the reply that they came with`() throws {
        var ends = try Ends()
        ends.client.acceptedDescriptors = 2
        let pipes = [try Pipe(), try Pipe()]
        try ends.client.start("a.b.C", text: Array("{}".utf8), more: true)
        // All is there before the first reply is taken.
        try ends.peer.reply("{\"parameters\":{\"n\":1},\"continues\":true}")
        try ends.peer.reply("{\"parameters\":{\"n\":2},\"continues\":true}", pipes.map(\.writing))
        try ends.peer.reply("{\"parameters\":{\"n\":3},\"continues\":true}")
        try ends.peer.reply("{\"parameters\":{\"n\":4}}", [pipes[0].writing])
        for pipe in pipes { close(pipe.writing) }
        var counts: [Int] = []
        for _ in 1...4 {
            let reply: [String: Int] = try ends.client.next().reply
            let taken = ends.client.takeDescriptors()
            counts.append(taken.count)
            if reply["n"] == 2 {
                let isHeld = pipes.allSatisfy { !$0.isAbandoned }
                #expect(isHeld)
            }
        }
        #expect(counts == [0, 2, 0, 1])
        // Nobody took them out, so that they were closed.
        #expect(pipes.map(\.isAbandoned) == [true, true])
        for pipe in pipes { pipe.close() }
    }

    @Test func `a descriptor that is taken is the caller's`() throws {
        var ends = try Ends()
        ends.client.acceptedDescriptors = 1
        let pipe = try Pipe()
        try ends.client.start("a.b.C", text: Array("{}".utf8), more: false)
        try ends.peer.reply("{}", [pipe.writing])
        close(pipe.writing)
        let _: [String: Int] = try ends.client.next().reply
        var descriptors = ends.client.takeDescriptors()
        let taken = [1, -1, 0, 0].map { descriptors.take(at: $0)?.release() }
        #expect(taken.map { $0 != nil } == [false, false, true, false])
        let number = try #require(taken[2])
        _ = consume descriptors
        #expect(!pipe.isAbandoned)
        #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
        close(number)
        #expect(pipe.isAbandoned)
        pipe.close()
    }

    @Test func `descriptors that nobody asked for are closed`() throws {
        var ends = try Ends()
        let pipe = try Pipe()
        try ends.client.start("a.b.C", text: Array("{}".utf8), more: false)
        try ends.peer.reply("{\"parameters\":{\"n\":1}}", [Int32](repeating: pipe.writing, count: Descriptors.limit))
        close(pipe.writing)
        let reply: [String: Int] = try ends.client.next().reply
        #expect(reply == ["n": 1])
        #expect(pipe.isAbandoned)
        pipe.close()
    }

    @Test func `more descriptors than are accepted end the conversation, and are closed`() throws {
        let pipe = try Pipe()
        do {
            var ends = try Ends()
            ends.client.acceptedDescriptors = 2
            try ends.client.start("a.b.C", text: Array("{}".utf8), more: false)
            try ends.peer.reply("{}", [Int32](repeating: pipe.writing, count: 9))
            close(pipe.writing)
            let error = #expect(throws: ClientError.self) { let _: [String: Int] = try ends.client.next().reply }
            #expect(error?.description.contains("more than 2 descriptors") == true)
        }
        #expect(pipe.isAbandoned)
        pipe.close()
    }

    @Test func `descriptors are closed with the client, and with the replies that nobody asks for them`() throws {
        let pipes = [try Pipe(), try Pipe()]
        do {
            var ends = try Ends()
            ends.client.acceptedDescriptors = 4
            try ends.client.start("a.b.C", text: Array("{}".utf8), more: true)
            try ends.peer.reply("{\"continues\":true}", [pipes[0].writing])
            try ends.peer.reply("{}", [pipes[1].writing])
            for pipe in pipes { close(pipe.writing) }
            let _: [String: Int] = try ends.client.next().reply
            #expect(!pipes[0].isAbandoned)
            let _: [String: Int] = try ends.client.next().reply
            #expect(pipes[0].isAbandoned)
            #expect(!pipes[1].isAbandoned)
        }
        #expect(pipes[1].isAbandoned)
        for pipe in pipes { pipe.close() }
    }
}

@Suite struct PatienceTests {
    /// What calling a peer that does nothing comes to.
    private func isUnanswered(_ call: () throws -> Void) -> Bool {
        do {
            try call()
            return false
        } catch {
            if case .noAnswer(.milliseconds(50)) = error as? ClientError { return true }
            return false
        }
    }

    @Test func `a peer that doesn't answer is waited for as long as was said`() throws {
        var ends = try Ends()
        ends.client.patience = .milliseconds(50)
        #expect(isUnanswered { try ends.client.call("a.b.C") })
        #expect(try ends.peer.taken(0).text.hasPrefix("{\"method\""))
    }

    @Test func `half a reply is none`() throws {
        var ends = try Ends()
        ends.client.patience = .milliseconds(50)
        #expect(try ends.peer.sendNow(Array("{\"par".utf8)[...]) == 5)
        #expect(isUnanswered { let _: [String: Int] = try ends.client.call("a.b.C", [String: Int]()) })
    }

    @Test func `a peer that doesn't read is waited for as long as was said`() throws {
        var ends = try Ends()
        ends.client.patience = .milliseconds(50)
        let long = Array("{\"a\":\"\(String(repeating: "x", count: 1 << 22))\"}".utf8)
        #expect(isUnanswered { try ends.client.start("a.b.C", text: long, more: false) })
        #expect(try !ends.peer.taken(0).text.isEmpty)
    }

    @Test func `a frame without an end is refused while it comes`() throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        var client = Client(owning: StreamSocket(owning: ends[0]), limits: Limits(frameBytes: 1000))
        let peer = StreamSocket(owning: ends[1])
        #expect(try peer.sendNow([UInt8](repeating: 0x20, count: 2000)[...]) == 2000)
        let error = #expect(throws: ClientError.self) { try client.receiveAvailable() }
        #expect(error?.description.contains("not Varlink") == true)
        let hasReply = client.hasBufferedReply
        #expect(!hasReply)
    }
}
