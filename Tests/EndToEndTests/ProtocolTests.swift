import Control
import Foundation
import Testing

extension EndToEnd {
    @Suite("A client that breaks the rules")
    struct ProtocolTests {
        private static let ping = "{\"method\":\"org.pard.Control.Ping\"}"

        @Test("is hung up on, and the daemon lives on", arguments: BadBytes.allCases)
        func garbage(sent: BadBytes) throws {
            try Daemon.run { daemon in
                var connection = try RawConnection(daemon.socket)
                connection.send(sent.bytes)
                #expect(try connection.next() == nil)
                #expect(try daemon.parctl("ping").status == 0)
                #expect(try daemon.status.pid == Int(daemon.process.pid))
            }
        }

        @Test("is told so, and may go on")
        func refusal() throws {
            try Daemon.run { daemon in
                var connection = try RawConnection(daemon.socket)
                for call in BadCall.all {
                    let answer = try #require(try connection.exchange(call.text), "hung up after \(call.text)")
                    let reply = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any]
                    #expect(reply?["error"] as? String == call.error, "\(call.text)")
                    #expect(try connection.exchange(Self.ping)?.contains("error") == false, "\(call.text)")
                }
            }
        }

        @Test("by going away has its job cancelled", arguments: ["", "\"cold\":\"exec\",", "\"processes\":2,"])
        func disconnect(how: String) throws {
            try Daemon.run { daemon in
                try leave(daemon, how)
                #expect(try eventually { try daemon.jobs.isEmpty })
                #expect(try eventually { try daemon.status.workersBusy == 0 })
                #expect(try daemon.status.ledgerBytes == 0)
                #expect(try daemon.receipt("noop --threads 4").reason == nil)
            }
        }

        /// Starts a job, waits until it runs, and hangs up.
        private func leave(_ daemon: Daemon, _ how: String) throws {
            var connection = try RawConnection(daemon.socket)
            let parameters = "{\(how)\"workload\":\"sleep\",\"arguments\":{\"for\":\"60s\"}}"
            connection.send("{\"method\":\"org.pard.Control.Run\",\"parameters\":\(parameters),\"more\":true}")
            #expect(try connection.next()?.contains("accepted") == true)
            _ = try daemon.awaitJob()
        }

        @Test("by opening too many connections is refused, until one is closed")
        func connections() throws {
            try Daemon.run("--connection-limit 2") { daemon in
                var first = try RawConnection(daemon.socket)
                #expect(try first.exchange(Self.ping) != nil)
                try expectRefusal(daemon)
                #expect(try eventually { try daemon.parctl("ping").status == 0 })
                #expect(try first.exchange(Self.ping)?.contains("error") == false)
            }
        }

        /// Opens a second connection, and expects that a third one is refused.
        private func expectRefusal(_ daemon: Daemon) throws {
            var second = try RawConnection(daemon.socket)
            #expect(try second.exchange(Self.ping) != nil)
            let outcome = try daemon.parctl("ping")
            #expect(outcome.status == 4)
            #expect(outcome.errors.contains("busy"))
            #expect(try second.exchange(Self.ping) != nil)
        }
    }
}
