import Control
import Foundation
import Glibc
import Testing

extension EndToEnd {
    /// parctl beside a server that is ill, of another version, or no daemon at all.
    @Suite("parctl believes no server")
    struct LyingServerTests {
        /// Commands of every kind that ask a daemon something.
        private static let lines = [
            "ping", "status", "pools", "jobs", "cancel j1", "pools resize threads 3", "pools recycle threads",
            "version",
            "run noop", "run noop --records --json", "run noop --timeline --records", "run exec --serial true ::: a b",
            "status --json", "compare noop --runs 6 --workers 2",
        ]

        /// Runs every command against `acts`, and expects that each ends by itself and prints nothing that a terminal would
        /// obey. Returns their statuses.
        @discardableResult
        private func expectCalm(_ acts: [FakeServer.Act], _ lines: [String] = lines, _ what: String = "") throws
            -> [Int32?]
        {
            var statuses: [Int32?] = []
            try Fixture.run { fixture in
                try FakeServer.run(in: fixture, acts) { server in
                    let runs = try lines.map { try Parctl("--socket \(server.path) \($0)", in: fixture) }
                    for (line, run) in zip(lines, runs) {
                        let end = try #require(run.process.end(within: 30), "\(line) goes on: \(what)")
                        guard case .exit(let status) = end else {
                            Issue.record("\(line) ended by \(end): \(what)")
                            continue
                        }
                        statuses.append(status)
                        let outcome = try run.outcome()
                        // A trace and a page are documents for other programs, and their text is escaped as theirs is.
                        let isDocument = line.contains("--trace") || line.contains("--html")
                        for text in [isDocument ? "" : outcome.output, outcome.errors] {
                            let wild = text.unicodeScalars.filter {
                                ($0.value < 0x20 && $0 != "\n") || (0x7F...0x9F).contains($0.value)
                                    || (0x202A...0x202E).contains($0.value) || $0 == "\u{2028}"
                            }
                            #expect(wild.isEmpty, "\(line) prints \(wild): \(what)")
                        }
                        if [2, 3, 4, 5].contains(status) {
                            #expect(outcome.errors.hasPrefix("parctl: "), "\(line): \(what)")
                            #expect(outcome.errors.split(separator: "\n").count <= 2, "\(line): \(outcome.errors)")
                        }
                    }
                }
            }
            return statuses
        }

        @Test("when it says nothing, half of something, or something else")
        func garbage() throws {
            let texts: [[UInt8]] = [
                [], Array(#"{"parameters":{"job"#.utf8), [0], [0, 0, 0], [0xff, 0xfe, 0], Array("{}".utf8) + [0xff, 0],
                Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8) + [0], Array("\u{1B}[2J\u{7}".utf8) + [0],
                Array(repeating: UInt8(ascii: "["), count: 100_000) + [0],
            ]
            for text in texts {
                let statuses = try expectCalm([.send(text)], Self.lines, "\(text.prefix(40))")
                #expect(!statuses.contains(0), "\(text.prefix(40))")
            }
        }

        @Test(
            "when its reply has another form",
            arguments: [
                "[]", "null", "\"x\"", "{\"parameters\":[]}", "{\"parameters\":null}", "{\"parameters\":{\"pool\":[]}}",
                "{\"parameters\":{},\"continues\":1}", "{\"error\":5}", "{\"error\":\"\"}", "{\"a\":1,\"a\":2}",
                "{\"parameters\":{\"receipt\":{}}}", "{\"parameters\":{\"accepted\":{\"job\":1}},\"continues\":true}",
                "{\"parameters\":{\"outputs\":[{}]},\"continues\":true}",
                #"{"error":"\u001b[31m\n\u202e","parameters":{"\u001b]0;x\u0007":"\u009b"}}"#,
                #"{"error":"org.varlink.service.MethodNotFound","parameters":{"method":"\u001b[2J"}}"#,
                #"{"error":"org.pard.Control.NoSuchJob","parameters":{"job":"\u001b[2J\nparctl: all is well"}}"#,
                #"{"error":"org.pard.Control.NoSuchPool","parameters":{"name":"\u0000","known":["\u001bc","\u2028"]}}"#,
                #"{"error":"org.pard.Control.Busy","parameters":{"limit":"\u0007","allowed":-9223372036854775808,"retry_after":9223372036854775807}}"#,
                #"{"error":"org.pard.Control.Busy","parameters":{"limit":"x","allowed":1,"user":-9223372036854775808,"retry_after":-9223372036854775808}}"#,
                #"{"error":"org.pard.Control.LimitExceeded","parameters":{"limit":"\u001b","value":1e308,"allowed":2}}"#,
            ])
        func form(reply: String) throws {
            // A ping's reply has no members, so that any will do.
            try expectCalm([FakeServer.frames(reply)], Self.lines, reply)
        }

        @Test("when its words have no end")
        func long() throws {
            let long = String(repeating: "\u{1B}x", count: 1 << 20)
            let name = String(decoding: try JSONEncoder().encode(long), as: UTF8.self)
            let refusal = "{\"error\":\"org.pard.Control.NoSuchJob\",\"parameters\":{\"job\":\(name)}}"
            try Fixture.run { fixture in
                try FakeServer.run(in: fixture, [FakeServer.frames(refusal)]) { server in
                    let outcome = try Parctl("--socket \(server.path) cancel j1", in: fixture).outcome()
                    #expect(outcome.status == 1)
                    #expect(outcome.errors.utf8.count < 4000)
                }
            }
            #expect(
                !(try expectCalm([.flood([UInt8](repeating: 0x20, count: 1 << 20))], ["ping", "run noop"])).contains(0))
        }

        // MARK: Numbers and texts that can't be

        /// `value` as JSON with each number and each text replaced.
        private func mangled(_ value: some Encodable, number: String?, text: String?) throws -> String {
            func spoilt(_ part: Any) throws -> String {
                if let members = part as? [String: Any] {
                    return "{" + (try members.map { try "\"\($0)\":" + spoilt($1) }).joined(separator: ",") + "}"
                }
                if let elements = part as? [Any] {
                    return "[" + (try elements.map { try spoilt($0) }).joined(separator: ",") + "]"
                }
                if part is NSNull { return "null" }
                if part is String, let text { return text }
                if part is NSNumber, let number { return number }
                return String(
                    decoding: try JSONSerialization.data(withJSONObject: part, options: .fragmentsAllowed),
                    as: UTF8.self)
            }
            return try spoilt(try JSONSerialization.jsonObject(with: JSONEncoder().encode(value)))
        }

        private static let numbers = [
            "-1", "0", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e308", "1e400", "0.5",
            "1000000000000000000", "1000000000", "null", "true",
        ]
        private static let texts = [
            #""\u001b[31m\u0007\u001b]0;owned\u0007""#, #""a\nparctl: b\r""#, #""\u202e\u2066\u200f\u2028""#,
            #""\u0000""#,
            #""""#, #""\ud800""#, #""\u009b2J\u007f""#, "null", "1",
        ]
        private var receipt: Receipt {
            Receipt(
                job: "j1", workload: "noop", arguments: ["size": "1"], input: "x", mode: .threads, processes: 1,
                threads: 2,
                temperature: .warm, reason: "first use", outcome: .failed, tasks: Tasks(ok: 1, failed: 1),
                phases: Phases(queue: 1, startup: 2, dispatch: 3, run: 4, collect: 5, teardown: 6), poolStartupPaid: 7,
                poolReadyFor: 8,
                task: TaskTimes(sum: 9, cpuSum: 8, cpuCovered: 2, cpuInterval: 3, min: 1, p50: 2, max: 5),
                speedup: 1.5, efficiency: 0.7, breakEven: 3, valueSum: 4, valueUnit: "bytes",
                figures: [Figure(name: "f", unit: "ns", count: 1, sum: 2, min: 3, p50: 4, p99: 5, max: 6)],
                workerCosts: [WorkerCost(worker: 0, pid: 1, tid: 2, startup: 3, dispatch: 4, tasks: 1)],
                failures: [Control.Failure(reason: "no", count: 1, firstTask: 1)])
        }
        private var record: Record {
            Record(
                task: 1, worker: 1, pid: 3, tid: 4, start: 5, stop: 6, cpu: 1, attempt: 1, status: "failed", value: 9,
                reason: "no",
                command: CommandRecord(
                    exitCode: 1, signal: 0, tries: 1, spawn: 2, command: 3, user: 4, system: 5, peakMemory: 6,
                    stdoutBytes: 7, stderrBytes: 8))
        }
        private static let accepted =
            #"{"parameters":{"accepted":{"job":"j1","workers":2,"tasks":2}},"continues":true}"#

        private func reply(_ text: String, more: Bool = false) -> FakeServer.Act {
            FakeServer.frames("{\"parameters\":\(text)\(more ? ",\"continues\":true" : "")}")
        }

        @Test("when the numbers or the texts of a daemon's state can't be")
        func state() throws {
            let status = GetStatus.Reply(
                version: "1", state: "ready", pid: 1, zygotePid: 2, uptime: 3, uid: 4, socket: "s", jobsRunning: 5,
                jobsQueued: 6, jobsFinished: 7, jobsRefused: 8, workers: 9, workersBusy: 10, workersReplaced: 11,
                ledgerBytes: 12, limits: ["arena-bytes": 13, "queue": 14],
                runtimes: [.init(name: "n", state: "broken", reason: "r", foreign: true, zygotePid: 15, workers: 16)])
            let pool = Pool(
                name: "p", unit: "processes", threadsPerProcess: 2, state: "ready", floor: 1, size: 2, ready: 3,
                busy: 4,
                waiting: 5, pids: [1, 2, 3, 4, 5], startupPaid: 6, readyFor: 7, replaced: 8)
            let job = Job(
                job: "j", workload: "w", mode: .mixed, workers: 1, state: "running", tasks: 2, done: 1, uid: 3, age: 4,
                arguments: ["a": "b"])
            for (number, text) in Self.numbers.map({ ($0, nil) }) + Self.texts.map({ (nil, $0) })
                as [(String?, String?)]
            {
                let what = number ?? text ?? ""
                try expectCalm([reply(try mangled(status, number: number, text: text))], ["status", "version"], what)
                try expectCalm(
                    [reply(try mangled(ListPools.Reply(pools: [pool, pool]), number: number, text: text))], ["pools"],
                    what)
                try expectCalm(
                    [reply(try mangled(PoolReply(pool: pool), number: number, text: text))],
                    ["pools resize x 1", "pools recycle x"], what)
                // Its mode is one of a few words, which another would keep from being read at all.
                let jobs = try mangled(ListJobs.Reply(jobs: [job]), number: number, text: text)
                    .replacing(/"mode":[^,}]*/, with: #""mode":"mixed""#)
                try expectCalm([reply(jobs)], ["jobs"], what)
            }
        }

        @Test("when the numbers or the texts of a run can't be")
        func run() throws {
            let lines = [
                "run noop --records", "run noop --timeline=tasks", "run noop --html - --threads 2",
                "run noop --trace -",
                "run exec --serial true ::: a b", "run noop --json",
            ]
            for (number, text) in Self.numbers.map({ ($0, nil) }) + Self.texts.map({ (nil, $0) })
                as [(String?, String?)]
            {
                let what = number ?? text ?? ""
                let parts: [(any Encodable, isLast: Bool)] = [
                    (Run.Reply(progress: .init(state: "running", done: 1, total: 2, elapsed: 3)), false),
                    (Run.Reply(records: [record]), false),
                    (Run.Reply(outputs: [Output(task: 1, stdout: "", stderr: "", record: record)]), false),
                    (Run.Reply(receipt: receipt), true),
                ]
                let accepted = Run.Reply(accepted: .init(job: "j1", workers: 2, tasks: 2))
                let last = reply(try mangled(Run.Reply(receipt: receipt), number: nil, text: nil))
                try expectCalm(
                    [reply(try mangled(accepted, number: number, text: text), more: true), last], lines, what)
                for (part, isLast) in parts {
                    // Words that are one of a few stay, as others could not be read at all.
                    let spoilt = try mangled(part, number: number, text: text)
                        .replacing(/"mode":[^,}]*/, with: #""mode":"threads""#)
                        .replacing(/"temperature":[^,}]*/, with: #""temperature":"warm""#)
                        .replacing(/"outcome":[^,}]*/, with: #""outcome":"failed""#)
                    try expectCalm(
                        [FakeServer.frames(Self.accepted), reply(spoilt, more: !isLast)] + (isLast ? [] : [last]),
                        lines.map { isLast ? $0 : $0.replacing("--records", with: "--records --threads 1") }, what)
                }
            }
        }

        @Test("and takes only what belongs to its run")
        func belongs() throws {
            func status(_ replies: String...) throws -> Int32? {
                let acts = [FakeServer.frames(Self.accepted)] + replies.map { FakeServer.frames($0) }
                return try expectCalm(acts, ["run noop --records"], "\(replies)")[0]
            }
            func text(_ value: Run.Reply, more: Bool) throws -> String {
                let text = try mangled(value, number: nil, text: nil)
                return "{\"parameters\":\(text)\(more ? ",\"continues\":true" : "")}"
            }
            var other = receipt
            other.job = "j2"
            var far = record
            far.task = 2
            var busy = record
            busy.worker = 1_000_000_000
            let own = try text(Run.Reply(receipt: receipt), more: false)
            #expect(try status(own) == 1)
            // However odd, this is nobody's harm.
            #expect(
                try status(
                    text(Run.Reply(progress: .init(state: "running", done: 2, total: 2, elapsed: 3)), more: true),
                    text(Run.Reply(progress: .init(state: "queued", done: 0, total: 9, elapsed: 1)), more: true), own)
                    == 1)
            #expect(try status(text(Run.Reply(receipt: other), more: false)) == 5)
            #expect(try status(text(Run.Reply(records: [far]), more: true), own) == 5)
            #expect(try status(text(Run.Reply(records: [busy]), more: true), own) == 5)
            #expect(try status(text(Run.Reply(records: [record, record, record]), more: true), own) == 5)
            #expect(try status(Self.accepted, own) == 5)
        }

        // MARK: Ends

        @Test("and ends with 5 when the daemon is lost after it has accepted the run, with 3 before")
        func lost() throws {
            #expect(try expectCalm([.send([])], ["run noop", "ping"]) == [3, 3])
            #expect(try expectCalm([FakeServer.frames(Self.accepted)], ["run noop"]) == [5])
            try Fixture.run { fixture in
                let daemon = try Daemon(in: fixture)
                let run = try daemon.start("run sleep --for 60s --threads 2 --tasks 2")
                let job = try daemon.awaitJob()
                daemon.process.signal(SIGKILL)
                let outcome = try run.outcome()
                #expect(outcome.status == 5)
                #expect(outcome.errors.contains("the daemon went away while job \(job.job) was running"))
                #expect(daemon.process.end() == .signal(SIGKILL))
                try fixture.removeFiles()
            }
        }

        @Test("and with 5 when that was its own daemon", .enabled(if: PrivateTests.isAlone, PrivateTests.why))
        func lostPrivate() throws {
            try Fixture.run { fixture in
                let run = try Parctl("run sleep --for 60s --processes 2", in: fixture)
                // parctl, pard, its guardian, parzygote and two workers.
                #expect(eventually { fixture.processes.count == 6 })
                let daemon = try #require(Processes.child(of: Int(run.process.pid), named: "pard"))
                kill(pid_t(daemon), SIGKILL)
                let outcome = try run.outcome()
                #expect(outcome.status == 5)
                #expect(outcome.errors.contains("the daemon went away while job"))
                try fixture.removeFiles()
            }
        }

        @Test("and says so when there is no answer, or nobody takes the connection")
        func silence() throws {
            try Fixture.run { fixture in
                try FakeServer.run(in: fixture, [.hold], name: "reads") { reads in
                    try FakeServer.run(in: fixture, [.hold], name: "deaf", readsCalls: false) { deaf in
                        let full = try FullSocket(fixture.folder + "/full")
                        let runs =
                            try ["ping", "status", "jobs", "cancel j1"].flatMap { line in
                                try [reads.path, deaf.path, full.path].map {
                                    try Parctl("--socket \($0) \(line)", in: fixture)
                                }
                            } + [try Parctl("--socket \(full.path) run noop", in: fixture)]
                        for run in runs {
                            let outcome = try run.outcome()
                            #expect(outcome.status == 3)
                            #expect(outcome.errors.contains("did not answer within 10 s"))
                        }
                        full.remove()
                    }
                }
            }
        }

        @Test("and Ctrl-C ends it whatever the server does not do")
        func interruption() throws {
            let flood = FakeServer.Act.flood(
                Array(
                    #"{"parameters":{"progress":{"state":"running","done":0,"total":2,"elapsed":1}},"continues":true}"#
                        .utf8)
                    + [0])
            for (acts, readsCalls) in [
                ([.hold], true), ([.hold], false), ([FakeServer.frames(Self.accepted), .hold], true),
                ([.send(Array("{\"par".utf8)), .hold], true), ([FakeServer.frames(Self.accepted), flood], true),
            ] as [([FakeServer.Act], Bool)] {
                try Fixture.run { fixture in
                    let list = fixture.temporary + "/list"
                    try Data(String(repeating: "0123456789abcdef\n", count: 60_000).utf8).write(
                        to: URL(fileURLWithPath: list))
                    try FakeServer.run(in: fixture, acts, readsCalls: readsCalls) { server in
                        // What is more than a socket takes at once, so that it waits for its reader.
                        let run = try Parctl("--socket \(server.path) run exec -a \(list) true", in: fixture)
                        let isUp = eventually { Processes.catches(SIGINT, run.process.pid) }
                        #expect(isUp)
                        run.process.signal(SIGINT)
                        let outcome = try run.outcome()
                        #expect(outcome.status == 130, "\(acts.count) \(readsCalls) \(outcome.errors)")
                    }
                    try fixture.removeFiles()
                }
            }
        }
    }
}
