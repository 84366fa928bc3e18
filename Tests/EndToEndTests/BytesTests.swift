import Control
import Foundation
import Linux
import Testing
import Varlink

extension EndToEnd {
    /// Clients of the socket's own: what they may send as inputs, and how they get results.
    @Suite("Bytes in and out")
    struct BytesTests {
        /// Calls `Run` with what `json` says beside the function, and `descriptors` beside it.
        private func call(
            _ daemon: Daemon, _ function: String, _ json: String, descriptors: [Int32] = [], more: Bool = false,
            _ take: (Run.Reply, inout Descriptors) throws -> Void
        ) throws {
            var client = try Client(connectingTo: daemon.socket, patience: .seconds(60))
            client.acceptedDescriptors = 1
            let text = "{\"workload\":\"native\",\"arguments\":{\"function\":\"\(function)\"},\(json)}"
            try client.start(Run.method, text: Array(text.utf8), more: more, descriptors: descriptors)
            var isOver = false
            while !isOver {
                let next = try client.next(as: Run.Reply.self)
                isOver = !next.continues
                var descriptors = client.takeDescriptors()
                try take(next.reply, &descriptors)
            }
        }

        /// A memory file with a table of parts and the parts behind it.
        private func file(_ parts: [[UInt8]]) throws -> Descriptor {
            var places: [Int] = []
            var end = 16 * parts.count
            for part in parts {
                places += [end, part.count]
                end += part.count
            }
            let file = try Descriptor.memoryFile(named: "test")
            try file.append(places)
            try file.append(parts.flatMap(\.self))
            return file
        }

        /// What stands in a file of results, by its table.
        private func parts(of file: borrowing Descriptor, tasks: Int, at table: Int = 0) throws -> [[UInt8]] {
            var bytes = [UInt8](repeating: 0, count: try memoryFileSize(file.raw))
            let count = pread(file.raw, &bytes, bytes.count, 0)
            try #require(count == bytes.count)
            return bytes.withUnsafeBytes { bytes in
                (0..<tasks).map { task in
                    let place = table + 16 * task
                    let offset = bytes.loadUnaligned(fromByteOffset: place, as: Int.self)
                    let count = bytes.loadUnaligned(fromByteOffset: place + 8, as: Int.self)
                    return Array(bytes[offset..<offset + count])
                }
            }
        }

        @Test("inputs come in the call as base64 with a length each, and results as outputs in the order of the tasks")
        func inCall() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    var output: [Int: [UInt8]] = [:]
                    var errors: [Int: [UInt8]] = [:]
                    var order: [Int] = []
                    let block = Data([0, 0xff, 0x74, 0x6e, 0x6f]).base64EncodedString()
                    try call(
                        daemon, libraries.path("faults") + ":misbehave",
                        "\"block\":{\"base64\":\"\(block)\",\"lengths\":[2,3]},\"outputs\":\"tasks\"", more: true
                    ) { reply, _ in
                        for piece in reply.outputs ?? [] {
                            output[piece.task, default: []] += [UInt8](Data(base64Encoded: piece.stdout) ?? Data())
                            errors[piece.task, default: []] += [UInt8](Data(base64Encoded: piece.stderr) ?? Data())
                            if piece.record != nil { order.append(piece.task) }
                        }
                    }
                    #expect(order == [0, 1])
                    #expect(output == [0: [0, 0xff], 1: []] && errors == [0: [], 1: Array("no".utf8)])
                }
            }
        }

        @Test("results that are large come in pieces, whole")
        func pieces() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    var count = 0
                    var pieces = 0
                    try call(
                        daemon, libraries.path("faults") + ":enlarge",
                        "\"block\":{\"base64\":\"\(Data(count: 3000).base64EncodedString())\"},\"tasks\":2,"
                            + "\"outputs\":\"ended\"", more: true
                    ) { reply, _ in
                        for piece in reply.outputs ?? [] {
                            let bytes = Data(base64Encoded: piece.stdout) ?? Data()
                            #expect(bytes.allSatisfy { $0 == UInt8(ascii: "x") })
                            count += bytes.count
                            pieces += 1
                        }
                    }
                    #expect(count == 6_000_000 && pieces > 20)
                }
            }
        }

        @Test("files go in and out as descriptors, and what comes out of one run can go into the next as it is")
        func chained() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let inputs = [Array("w one".utf8), [], Array("two".utf8), [0xff, 0]]
                    let given = try file(inputs)
                    var results: Int32 = -1
                    var description: Run.Results?
                    let json = "\"block\":{\"descriptor\":0,\"table\":0},\"tasks\":4,\"results\":true"
                    try call(daemon, libraries.path("faults") + ":misbehave", json, descriptors: [given.raw]) {
                        reply, files in
                        description = reply.results
                        let taken = files.take(at: 0)?.release()
                        results = try #require(taken)
                        #expect(reply.receipt?.tasks == Tasks(ok: 3, failed: 1))
                    }
                    let first = Descriptor(owning: results)
                    let (isSealed, size) = (first.isSealed, try memoryFileSize(first.raw))
                    #expect(isSealed && size == description?.bytes)
                    #expect(try parts(of: first, tasks: 4) == [inputs[0], [], [], inputs[3]])
                    let failures = try #require(description?.failures)
                    #expect(try parts(of: first, tasks: 4, at: failures)[2] == Array("wo".utf8))
                    try call(daemon, libraries.path("shout") + ":shout", json, descriptors: [first.raw]) {
                        reply, files in
                        let taken = files.take(at: 0)?.release()
                        let second = Descriptor(owning: try #require(taken))
                        #expect(
                            try parts(of: second, tasks: 4) == [Array("W ONE".utf8), [], [], inputs[3]])
                        #expect(reply.results?.failures == nil)
                    }
                }
            }
        }

        @Test(
            "a block that can't be is refused with what is wrong, and nothing is run",
            arguments: [
                ("{\"base64\":\"!\"}", "block.base64"), ("{}", "block"),
                ("{\"base64\":\"AA==\",\"descriptor\":0}", "block"),
                ("{\"base64\":\"AA==\",\"lengths\":[2]}", "block"), ("{\"base64\":\"AA==\",\"table\":0}", "block"),
                ("{\"descriptor\":1}", "block.descriptor"), ("{\"descriptor\":-1}", "block.descriptor"),
                ("{\"descriptor\":0,\"table\":8}", "block.table"), ("{\"descriptor\":0,\"table\":-16}", "block.table"),
                ("{\"descriptor\":0,\"lengths\":[17]}", "block"),
            ])
        func refused(block: String, argument: String) throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let given = try Descriptor.memoryFile(named: "test")
                    try given.append([0, 100])
                    do {
                        try call(
                            daemon, libraries.path("faults") + ":echo", "\"block\":\(block),\"tasks\":1",
                            descriptors: [given.raw]
                        ) { _, _ in }
                        Issue.record("it was not refused")
                    } catch ClientError.failed(let reply) {
                        guard case .badArgument(let name, _, _) = ControlError(reply) else {
                            Issue.record("\(reply.name)")
                            return
                        }
                        #expect(name == argument)
                    }
                    #expect(try daemon.status.jobsFinished == 0)
                }
            }
        }

        @Test("a table that points out of its file is refused, as is a pipe, and the daemon goes on")
        func wild() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let table = try Descriptor.memoryFile(named: "test")
                    try table.append([0, 16, 1 << 40, 5])
                    let pipe = try Linux.Pipe()
                    for (descriptor, tasks, json) in [
                        (table.raw, 1, "\"table\":16"), (table.raw, 2, "\"table\":0"),
                        (pipe.reader.raw, 1, "\"lengths\":[0]"),
                    ] {
                        #expect(throws: ClientError.self) {
                            try call(
                                daemon, libraries.path("faults") + ":echo",
                                "\"block\":{\"descriptor\":0,\(json)},\"tasks\":\(tasks)", descriptors: [descriptor]
                            ) { _, _ in }
                        }
                    }
                    #expect(try daemon.status.ledgerBytes == 0)
                    #expect(try daemon.receipt("noop").tasks.ok > 0)
                }
            }
        }

        @Test("a workload that takes no bytes refuses them")
        func noBytes() throws {
            try Daemon.run { daemon in
                let outcome = #expect(throws: ClientError.self) {
                    _ = try daemon.call(
                        Run.method, Run.Request(workload: "noop", block: Run.Block(base64: "", lengths: [])),
                        as: Run.Reply.self)
                }
                #expect("\(outcome.map { "\($0)" } ?? "")".contains("BadArgument"))
            }
        }

        @Test(
            "a Python client of a few lines sends 64 MiB and gets 64 MiB back, as memory files",
            .enabled(if: PythonTests.interpreter != nil))
        func python() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let python = try #require(PythonTests.interpreter)
                    let child = try Child(
                        python,
                        [
                            Libraries.examples + "/client.py", daemon.socket, libraries.path("faults") + ":echo",
                            "\(64 << 20)",
                        ],
                        environment: daemon.fixture.environment())
                    #expect(child.end() == .exit(0), "\(child.errors.text)")
                    #expect(child.output.isOver(within: 10))
                    #expect(child.output.text == "ok 67108864 b'first' b'last'\n")
                }
            }
        }
    }
}
