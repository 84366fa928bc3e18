import Glibc
import Synchronization
import Testing
import Varlink
import VarlinkServer

private let prefix = "org.example.test."
private let ping = "{\"method\":\"\(prefix)Ping\"}"
private typealias Echo = TestService.Echo
private typealias Members = [String: Int]

@Suite("Server and client", .timeLimit(.minutes(1)))
struct ServerTests {
    @Test("calls on one connection are answered in order")
    func inOrder() async throws {
        try await Fixture.run { fixture in
            try await onThread {
                var client = try Client(connectingTo: fixture.path)
                for number in 0..<100 {
                    let method = number.isMultiple(of: 2) ? "Echo" : "Hop"
                    let reply = try client.call(prefix + method, Echo(number: number, text: "é\"\n"), as: Echo.self)
                    #expect(reply == Echo(number: number, text: "é\"\n"))
                }
            }
        }
    }

    @Test("pipelined calls are answered in order, beyond what is read ahead")
    func pipelined() async throws {
        var configuration = ServerConfiguration()
        configuration.pipelineBytes = 100
        try await Fixture.run(configuration) { fixture in
            try await onThread {
                var client = try Client(connectingTo: fixture.path)
                for number in 0..<500 {
                    let method = number.isMultiple(of: 3) ? "Hop" : "Echo"
                    try client.start(prefix + method, Echo(number: number), more: false)
                }
                for number in 0..<500 {
                    let (reply, continues) = try client.next(as: Echo.self)
                    #expect(reply.number == number)
                    #expect(!continues)
                }
                let isMoreBuffered = client.hasBufferedReply
                #expect(!isMoreBuffered)
            }
        }
    }

    @Test("a call may be longer than what is read ahead")
    func longCall() async throws {
        var configuration = ServerConfiguration()
        configuration.pipelineBytes = 100
        try await Fixture.run(configuration) { fixture in
            try await onThread {
                var client = try Client(connectingTo: fixture.path)
                let long = Echo(number: 1, text: String(repeating: "x", count: 500_000))
                for method in ["Echo", "Hop"] {
                    let reply = try client.call(prefix + method, long, as: Echo.self)
                    #expect(reply == long)
                }
            }
        }
    }

    @Test("a stream of replies ends with one that doesn't continue, and the connection goes on")
    func stream() async throws {
        try await Fixture.run { fixture in
            try await onThread {
                var client = try Client(connectingTo: fixture.path)
                try client.start(prefix + "Count", ["to": 1_000], more: true)
                var numbers: [Int] = []
                while true {
                    let (reply, continues) = try client.next(as: Members.self)
                    numbers.append(reply["number"] ?? 0)
                    if !continues { break }
                }
                #expect(numbers == Array(1...1_000))
                _ = try client.call(prefix + "Ping", Members(), as: Members.self)
            }
        }
    }

    @Test("replies that are there as text come as they are, and a reader of frames may take those that it knows")
    func text() async throws {
        try await Fixture.run { fixture in
            try await onThread {
                var client = try Client(connectingTo: fixture.path)
                try client.start(prefix + "Count", ["to": 4], more: true)
                let known = "{\"parameters\":{\"number\":2},\"continues\":true}"
                var shown: [String] = []
                var answers: [Members] = []
                while true {
                    let (answer, continues) = try client.next { frame -> Members? in
                        shown.append(String(decoding: frame, as: UTF8.self))
                        return shown.last == known ? ["read": 2] : nil
                    }
                    answers.append(answer)
                    if !continues { break }
                }
                #expect(answers == [["number": 1], ["read": 2], ["number": 3], ["number": 4]])
                #expect(shown.count == 4)
                #expect(shown.last == "{\"parameters\":{\"number\":4}}")
                #expect(throws: ClientError.self) { _ = try client.next { _ in ["read": 0] } }
                _ = try client.call(prefix + "Ping", Members(), as: Members.self)
            }
        }
    }

    @Test("a stream for a client that takes one reply is ExpectedMore")
    func expectedMore() async throws {
        try await Fixture.run { fixture in
            let error = try await onThread { try failure(of: prefix + "Count", ["to": 3], fixture.path) }
            #expect(ServiceError(error) == .expectedMore)
        }
    }

    @Test("a typed error reaches the client with its members, and the connection lives on")
    func typedError() async throws {
        try await Fixture.run { fixture in
            try await onThread {
                var client = try Client(connectingTo: fixture.path)
                for code in 0..<3 {
                    let error = try failure(of: prefix + "Fail", ["code": code], &client)
                    #expect(error.name == prefix + "Failed")
                    #expect(error.parameters(as: Members.self) == ["code": code])
                }
            }
        }
    }

    @Test(
        "what the description doesn't have is the standard error",
        arguments: [
            ("no.such.Method", "{}", ServiceError.interfaceNotFound("no.such")),
            ("Method", "{}", .methodNotFound("Method")),
            (prefix + "Gone", "{}", .methodNotFound(prefix + "Gone")),
            (prefix + "Echo", "{}", .invalidParameter("number")),
            (prefix + "Echo", "{\"number\":\"1\"}", .invalidParameter("number")),
            (prefix + "Echo", "{\"number\":1,\"colour\":1}", .invalidParameter("colour")),
            (prefix + "Echo", "{\"number\":1,\"c\\u006flour\":1}", .invalidParameter("colour")),
            (prefix + "Echo", "{\"number\":1,\"n\\u0075mber\":2}", .invalidParameter("parameters")),
            (prefix + "Echo", "{\"number\":{\"colour\":1}}", .invalidParameter("number")),
            (prefix + "Echo", "null", .invalidParameter("number")),
            (prefix + "Echo", "[1]", .invalidParameter("parameters")),
            ("org.varlink.service.GetInterfaceDescription", "{}", .invalidParameter("interface")),
            ("org.varlink.service.GetInterfaceDescription", "{\"interface\":\"a.b\"}", .interfaceNotFound("a.b")),
        ])
    func standardErrors(_ method: String, _ parameters: String, _ expected: ServiceError) async throws {
        try await Fixture.run { fixture in
            let client = try RawClient(fixture.path)
            // Twice: the connection lives on.
            for _ in 0..<2 {
                try client.send("{\"method\":\"\(method)\",\"parameters\":\(parameters)}")
                let text = try #require(try await client.next())
                let reply = try Reply(frame: Array(text.utf8), limits: .client)
                #expect(ServiceError(ErrorReply(name: reply.error ?? "", json: reply.parameters)) == expected)
            }
        }
    }

    @Test("an upgrade is refused, and the connection lives on")
    func upgrade() async throws {
        try await Fixture.run { fixture in
            let client = try RawClient(fixture.path)
            try client.send("{\"method\":\"\(prefix)Ping\",\"upgrade\":true}")
            #expect(try await client.next()?.contains("org.varlink.service.MethodNotImplemented") == true)
            try client.send(ping)
            #expect(try await client.next() == "{\"parameters\":{}}")
        }
    }

    @Test("a oneway call gets no reply, not even an error")
    func oneway() async throws {
        try await Fixture.run { fixture in
            let client = try RawClient(fixture.path)
            for method in ["Ping", "Fail", "Gone", "Echo", "Hop"] {
                try client.send("{\"method\":\"\(prefix)\(method)\",\"oneway\":true,\"parameters\":{}}")
            }
            try client.send("{\"method\":\"\(prefix)Echo\",\"parameters\":{\"number\":7}}")
            #expect(try await client.next() == "{\"parameters\":{\"number\":7}}")
        }
    }

    @Test("the service tells about itself and its interfaces")
    func introspection() async throws {
        struct Info: Decodable {
            var vendor: String, product: String, version: String, url: String, interfaces: [String]
        }
        try await Fixture.run { fixture in
            try await onThread {
                var client = try Client(connectingTo: fixture.path)
                let info = try client.call("org.varlink.service.GetInfo", Members(), as: Info.self)
                #expect(info.vendor == "Example")
                #expect(info.version == "1.2")
                #expect(info.interfaces == ["org.varlink.service", "org.example.test"])
                for name in info.interfaces {
                    let reply = try client.call(
                        "org.varlink.service.GetInterfaceDescription", ["interface": name], as: [String: String].self)
                    let description = try InterfaceDescription(reply["description"] ?? "")
                    #expect(description.name == name)
                    if name == "org.example.test" { #expect(description == fixture.service.interface) }
                }
            }
        }
    }

    @Test("a peer is known by the kernel's word")
    func peer() async throws {
        try await Fixture.run { fixture in
            let reply = try await onThread {
                var client = try Client(connectingTo: fixture.path)
                return try client.call(prefix + "Who", Members(), as: [String: Bool].self)
            }
            #expect(reply == ["self": true])
        }
    }

    @Test(
        "garbage closes its own connection and no other",
        arguments: ["nonsense", "[]", "", "{\"method\":1}", "\u{7f}{", String(repeating: "x", count: 2_000)])
    func garbage(_ text: String) async throws {
        let events = Mutex([FrameError]())
        var configuration = ServerConfiguration()
        configuration.limits.frameBytes = 1_000
        configuration.onEvent = { event in
            if case .protocolViolation(_, let error) = event { events.withLock { $0.append(error) } }
        }
        try await Fixture.run(configuration) { fixture in
            let good = try RawClient(fixture.path)
            try good.send(ping)
            #expect(try await good.next() == "{\"parameters\":{}}")
            let bad = try RawClient(fixture.path)
            // What was asked before the garbage is answered.
            try bad.send(ping)
            try bad.send(text)
            #expect(try await bad.next() == "{\"parameters\":{}}")
            #expect(try await bad.next() == nil)
            try good.send(ping)
            #expect(try await good.next() == "{\"parameters\":{}}")
        }
        #expect(events.withLock { $0.count } == 1)
    }

    @Test("an error that is no reply closes the connection and is reported")
    func unexpectedError() async throws {
        let events = Mutex([String]())
        var configuration = ServerConfiguration()
        configuration.onEvent = { event in
            if case .handlerFailed(let method, let error) = event {
                events.withLock { $0.append("\(method) \(type(of: error))") }
            }
        }
        try await Fixture.run(configuration) { fixture in
            try await onThread {
                var client = try Client(connectingTo: fixture.path)
                let error = #expect(throws: ClientError.self) {
                    try client.call(prefix + "Break", Members(), as: Members.self)
                }
                guard case .disconnected = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
            }
        }
        #expect(events.withLock { $0 } == [prefix + "Break Unexpected"])
    }

    @Test("a client that goes away cancels its call", arguments: [1, 1_000])
    func disconnectCancels(pipelinedCalls: Int) async throws {
        var configuration = ServerConfiguration()
        configuration.pipelineBytes = 100
        try await Fixture.run(configuration) { fixture in
            let client = try RawClient(fixture.path)
            try client.send("{\"method\":\"\(prefix)Wait\"}")
            #expect(await fixture.nextEvent() == .started)
            // Even when the server reads no further, because much was sent ahead.
            try client.send(repeatElement(ping, count: pipelinedCalls).joined(separator: "\0"))
            client.close()
            #expect(await fixture.nextEvent() == .cancelled)
        }
    }

    @Test("a client that has said all gets its replies, then the end")
    func halfClose() async throws {
        try await Fixture.run { fixture in
            let client = try RawClient(fixture.path)
            for number in 1...3 {
                try client.send("{\"method\":\"\(prefix)Hop\",\"parameters\":{\"number\":\(number)}}")
            }
            client.finishSending()
            for number in 1...3 { #expect(try await client.next() == "{\"parameters\":{\"number\":\(number)}}") }
            #expect(try await client.next() == nil)
        }
    }

    @Test("a client that takes no replies holds only itself up")
    func slowReader() async throws {
        try await Fixture.run { fixture in
            let slow = try RawClient(fixture.path)
            try slow.send("{\"method\":\"\(prefix)Count\",\"more\":true,\"parameters\":{\"to\":5000}}")
            try await expectPong(fixture.path)
            for _ in 1..<5_000 { #expect(try await slow.next()?.hasSuffix(",\"continues\":true}") == true) }
            #expect(try await slow.next() == "{\"parameters\":{\"number\":5000}}")
        }
    }

    @Test("a large frame too many is refused, and there is room again when one has been answered or given up")
    func largeFrames() async throws {
        var configuration = ServerConfiguration()
        configuration.pipelineBytes = 1000
        configuration.callBytes = 1500
        configuration.refusal = { limit, _, _ in limit == .callBytes ? TestService.Failed(code: 7) : nil }
        try await Fixture.run(configuration) { fixture in
            let ping = "{\"method\":\"\(prefix)Ping\"}"
            let text = String(repeating: "x", count: 2000)
            let large = "{\"method\":\"\(prefix)Echo\",\"parameters\":{\"number\":1,\"text\":\"\(text)\"}}"
            let first = try RawClient(fixture.path)
            try first.send("\(ping)\0\(large.dropLast(3))", ended: false)
            // What came with the call that is answered has been counted.
            #expect(try await first.next() == "{\"parameters\":{}}")
            let second = try RawClient(fixture.path)
            try second.send(large)
            #expect(try await second.next()?.contains("Failed") == true)
            #expect(try await second.next() == nil)
            try first.send(String(large.suffix(3)))
            #expect(try await first.next()?.contains("\"number\":1") == true)
            let third = try RawClient(fixture.path)
            try third.send(large)
            #expect(try await third.next()?.contains("\"number\":1") == true)
        }
    }

    @Test("a connection beyond the limit is told so and closed, and the others go on")
    func connectionLimit() async throws {
        var configuration = ServerConfiguration()
        configuration.connections = 1
        configuration.refusal = { limit, _, _ in limit == .connections ? TestService.Failed(code: 5) : nil }
        try await Fixture.run(configuration) { fixture in
            try await onThread {
                var first = try Client(connectingTo: fixture.path)
                _ = try first.call(prefix + "Ping", Members(), as: Members.self)
                #expect(fixture.server.connectionCount == 1)
                let error = try failure(of: prefix + "Ping", Members(), fixture.path)
                #expect(error.name == prefix + "Failed")
                #expect(error.parameters(as: Members.self) == ["code": 5])
                _ = try first.call(prefix + "Ping", Members(), as: Members.self)
            }
        }
    }
}

/// The error that a call comes back with.
private func failure(of method: String, _ parameters: some Encodable, _ path: String) throws -> ErrorReply {
    var client = try Client(connectingTo: path)
    return try failure(of: method, parameters, &client)
}

private func failure(of method: String, _ parameters: some Encodable, _ client: inout Client) throws -> ErrorReply {
    do {
        _ = try client.call(method, parameters, as: Members.self)
    } catch .failed(let reply) {
        return reply
    }
    throw TestService.Unexpected()
}
