import Control
import Foundation
import Testing

extension ServiceTests {
    @Suite("The journal")
    struct JournalTests {
        @Test("has nothing in it but what the daemon means to tell", arguments: Box.System.all)
        func foreignLines(system: Box.System) throws {
            let service = try Service.fresh(on: system)
            for line in ["noop --threads 2", "noop --processes 2 --cold", "cpu --iterations 1000"] {
                try service.receipt(line)
            }
            try service.box.check("systemctl stop pard.service")
            #expect(try service.entries("_TRANSPORT=journal").isEmpty == false)
            let lines = try service.entries("_TRANSPORT=stdout _TRANSPORT=syslog").compactMap { $0["MESSAGE"] }
            #expect(lines == [])
        }

        @Test("has an entry for each run with every field, and they agree with its receipt")
        func runEntry() throws {
            let service = try Service.fresh()
            for line in ["io --threads 2", "cpu --processes 2 --iterations 200000", "noop --threads 2 --cold"] {
                let receipt = try service.receipt(line)
                let found = try service.entries(ofRun: receipt)
                #expect(found.count == 1)
                let entry = try #require(found.first)
                #expect(entry["MESSAGE_ID"] == MessageID.runFinished.rawValue)
                #expect(entry["PRIORITY"] == "6")
                #expect(entry["MESSAGE"]?.contains(receipt.job) == true)
                for field in RunField.allCases { #expect(entry[field.rawValue] != nil, "\(field.rawValue)") }
                #expect(entry["PARD_WORKLOAD"] == receipt.workload)
                #expect(entry["PARD_MODE"] == receipt.mode.rawValue)
                #expect(entry["PARD_TEMPERATURE"] == receipt.temperature.rawValue)
                #expect(entry["PARD_COLD_REASON"] == receipt.reason ?? "")
                #expect(entry["PARD_TASKS"] == "\(receipt.tasks.total)")
                #expect(entry["PARD_PEER_UID"] == (try service.box.check("id --user alice")))
                func microseconds(_ field: RunField) -> Int { entry[field.rawValue].flatMap { Int($0) } ?? -1_000_000 }
                let phases = receipt.phases
                let times: [(RunField, Int)] = [
                    (.queue, phases.queue), (.startup, phases.startup), (.dispatch, phases.dispatch),
                    (.run, phases.run), (.collect, phases.collect), (.teardown, phases.teardown),
                ]
                for (field, nanoseconds) in times {
                    #expect(abs(microseconds(field) * 1000 - nanoseconds) < 1000, "\(field)")
                }
                #expect(times.map { microseconds($0.0) }.reduce(0, +) == microseconds(.elapsed))
                #expect(microseconds(.elapsed) == receipt.elapsed / 1000)
                #expect(microseconds(.taskSum) == receipt.task.sum / 1000)
                #expect(microseconds(.taskCPU) == receipt.task.cpuSum / 1000)
            }
        }

        @Test("tells all that can happen to the service, and explains it")
        func catalog() throws {
            let service = try Service.fresh(settings: "queue-limit: 0\nworker-limit: 8")
            try service.receipt("noop --threads 2")
            let zygote = try service.status.zygotePid
            try service.box.check(
                "kill -KILL $(pgrep --parent $(systemctl show -P MainPID pard) | grep -vx \(zygote) | tail -n 1)")
            #expect(try eventually { try !service.entries(.workerLost).isEmpty })
            try service.box.check("kill -KILL \(zygote)")
            #expect(try eventually { try service.status.zygotePid != zygote })
            let run = try service.box.start("parctl run sleep --for 1m --threads 4", as: "alice")
            #expect(try eventually { try service.status.jobsRunning == 1 })
            #expect(try service.parctl("run sleep --threads 5").status == 4)
            try service.box.check("systemctl reload pard.service")
            #expect(try eventually { try !service.entries(.configurationReloaded).isEmpty })
            try service.box.write("nonsense: 1", to: "/etc/pard/pard.yaml")
            try service.box.check("systemctl reload pard.service")
            #expect(try eventually { try !service.entries(.configurationRejected).isEmpty })
            try service.box.check("parctl cancel \(try #require(try service.jobs.first))")
            _ = try run.outcome()
            try service.box.check("systemctl stop pard.service")
            let seen = Set(try service.entries().compactMap { $0["MESSAGE_ID"] })
            let all = MessageID.allCases.filter { ![.entriesDropped, .forksFailed].contains($0) }
            #expect(seen.isSuperset(of: all.map(\.rawValue)))
            for id in seen {
                let text = try service.box.check("journalctl --quiet --catalog -n 1 MESSAGE_ID=\(id)")
                #expect(text.contains("Defined-By: pard"), "\(id) is not explained: \(text)")
            }
            let started = try service.entries(.zygoteStarted).compactMap { $0["PARD_ZYGOTE_PID"] }
            #expect(try started.contains(service.entries(.zygoteLost).last?["PARD_ZYGOTE_PID"] ?? "none"))
        }

        @Test("gives history back the runs that were made, and their summary")
        func history() throws {
            let service = try Service.fresh()
            // In a mode that no other test of this workload has.
            let receipts = try (0..<9).map { index in
                try service.receipt("sleep --for 1ms --processes 2 --threads 2 \(index < 4 ? "--cold" : "")")
            }
            // The last one is the last to be there.
            _ = try service.entries(ofRun: try #require(receipts.last))
            let filter = "--system --workload sleep --mode mixed --json"
            struct Runs: Decodable {
                struct Run: Decodable { var job: String }
                var runs: [Run]
            }
            let runs: Runs = try decoded(try service.box.check("parctl history \(filter)"))
            #expect(runs.runs.map(\.job) == receipts.map(\.job))
            struct Summary: Decodable {
                struct Spread: Decodable { var median: Int, p99: Int }
                struct Side: Decodable { var runs: Int, startup: Spread, dispatch: Spread }
                struct Group: Decodable { var warm: Side?, cold: Side? }
                var groups: [Group]
            }
            let summary: Summary = try decoded(try service.box.check("parctl history --summary \(filter)"))
            let group = try #require(summary.groups.first)
            for (side, temperature) in [(group.warm, Receipt.Temperature.warm), (group.cold, .cold)] {
                let mine = receipts.filter { $0.temperature == temperature }.map(\.phases)
                let side = try #require(side)
                #expect(side.runs == mine.count)
                let dispatch = mine.map(\.dispatch).sorted()
                #expect(abs(side.dispatch.median - dispatch[(dispatch.count - 1) / 2]) < 1000)
                #expect(abs(side.dispatch.p99 - (dispatch.last ?? 0)) < 1000)
                #expect(abs(side.startup.p99 - (mine.map(\.startup).max() ?? 0)) < 1000)
            }
        }

        @Test("is closed to a user without rights to it, who is told which group to join")
        func closed() throws {
            let service = try Service.fresh()
            try service.receipt("noop --threads 2")
            let outcome = try service.parctl("history --system")
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("usermod -aG systemd-journal alice"))
        }

        private func decoded<Value: Decodable>(_ text: String) throws -> Value {
            try JSONDecoder().decode(Value.self, from: Data(text.utf8))
        }
    }
}

extension Service {
    /// The jobs that there are.
    var jobs: [String] {
        get throws {
            let text = try box.check("parctl jobs --json")
            return try JSONDecoder().decode(ListJobs.Reply.self, from: Data(text.utf8)).jobs.map(\.job)
        }
    }
}
