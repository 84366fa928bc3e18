import Foundation
import Testing
import Varlink

@testable import Control

@Suite struct RunJSONTests {
    private static let texts = ["", "plain", "\"\\/\u{8}\u{c}\n\r\t\u{1}", "é😀\u{2028}", "a\u{0}b"]

    @Test func `a request is written as its Codable form is`() throws {
        var requests = [Run.Request(workload: "noop")]
        for text in Self.texts {
            requests.append(
                Run.Request(
                    workload: text, arguments: [text: text, "size": "4KiB"], mode: .mixed, processes: 1, threads: .max,
                    tasks: .min, cold: .exec, timeout: 0, records: false, inputs: [[], [text, text], [""]],
                    context: Context(
                        directory: text, umask: 0o22, environment: [text], ignored: [1, 64], nice: -20, io: 24576,
                        oom: -1000, policy: 5, cpus: [0, .max], limits: [-1, 0, .max]), outputs: .tasks,
                    halt: Halt(failures: 3, now: true),
                    block: Run.Block(base64: text, descriptor: 1, lengths: [0, .max], table: 16), results: false,
                    early: true,
                    wait: true))
        }
        for block in [Run.Block(), Run.Block(descriptor: 0), Run.Block(base64: "", lengths: []), Run.Block(table: 0)] {
            requests.append(Run.Request(workload: "native", block: block, results: true))
        }
        requests.append(Run.Request(workload: "x", arguments: [:], records: true, inputs: []))
        for request in requests {
            #expect(try JSONDecoder().decode(Run.Request.self, from: Data(request.json)) == request)
            // The same members, none of them null.
            let ours = try JSONSerialization.jsonObject(with: Data(request.json)) as? NSDictionary
            let coded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(request)) as? NSDictionary
            #expect(ours == coded)
        }
        let cancellation = CancelJob.Request(job: Self.texts[2])
        #expect(try JSONDecoder().decode(CancelJob.Request.self, from: Data(cancellation.json)) == cancellation)
    }

    private var receipt: Receipt {
        Receipt(
            job: "j1", workload: "io", arguments: ["size": "1", "a\"b": "é"], input: "x …", mode: .threads,
            processes: 1,
            threads: 2, temperature: .cold, reason: "requested", outcome: .timeout, tasks: Tasks(ok: 1, cancelled: 2),
            phases: Phases(queue: 1, startup: 2, dispatch: 3, run: 4, collect: 5, teardown: -6), poolStartupPaid: 7,
            poolReadyFor: 8,
            task: TaskTimes(sum: 1, cpuSum: 2, cpuCovered: 3, cpuInterval: 4, min: 5, p50: 6, p90: 7, p99: 8, max: 9),
            speedup: 1.25, efficiency: nil, breakEven: 3, valueSum: .min, valueUnit: "bytes",
            figures: [Figure(name: "n", unit: "ns", count: 1, sum: 2, min: 3, p50: 4, p99: 5, max: .max)],
            workerCosts: [WorkerCost(worker: 0, pid: 1, tid: 2, startup: 3, dispatch: 4, tasks: 5)],
            failures: [Failure(reason: "no\n", count: 1, firstTask: 2)])
    }

    private var record: Record {
        Record(
            task: 1, worker: 2, pid: 3, tid: 4, start: 5, stop: 6, cpu: 7, attempt: 8, status: "failed", value: -9,
            reason: "\"",
            command: CommandRecord(
                exitCode: -1, signal: 9, tries: 1, spawn: 2, command: 3, user: 4, system: 5, peakMemory: 6,
                stdoutBytes: 7, stderrBytes: 8, cause: "timeout"),
            fetch: FetchRecord(
                url: "u", status: 200, bytes: 1, redirects: 2, connections: 3, lookup: 4, connect: 5, tls: 6,
                firstByte: 7),
            detail: ["rows": 1, "": -2])
    }

    private var replies: [Run.Reply] {
        var warm = receipt
        warm.reason = nil
        warm.input = nil
        warm.figures = []
        var bare = record
        bare.command = nil
        bare.fetch = nil
        bare.detail = nil
        bare.reason = nil
        return [
            Run.Reply(), Run.Reply(accepted: .init(job: "j1", workers: 2, tasks: 8)),
            Run.Reply(progress: .init(state: "running", done: 1, total: 2, elapsed: 3)),
            Run.Reply(outputs: []), Run.Reply(records: [record, bare]), Run.Reply(receipt: receipt),
            Run.Reply(receipt: warm),
            Run.Reply(results: Run.Results(descriptor: 0, bytes: 9, failures: 8), receipt: warm),
            Run.Reply(results: Run.Results(descriptor: 0, bytes: 9)),
            Run.Reply(outputs: [
                Output(task: 1, stdout: "YQ==", stderr: "", record: record), Output(task: 2, stdout: "", stderr: ""),
            ]),
        ]
    }

    @Test func `a reply is read as its Codable form is, whatever the order of its members`() throws {
        for reply in replies {
            for formatting in [[], .sortedKeys, .prettyPrinted] as [JSONEncoder.OutputFormatting] {
                let encoder = JSONEncoder()
                encoder.outputFormatting = formatting
                let text = try encoder.encode(reply)
                #expect(Run.Reply(parameters: [UInt8](text)) == reply)
            }
        }
    }

    /// The texts that come of a good one when one of its members is something else, or not there.
    private func spoilt(_ text: String) -> [String] {
        let values = [
            "null", "1e308", "-1e400", "9223372036854775808", "-9223372036854775809", "1.5", "\"x\"", "[]", "{}",
            "true",
            "\"\\ud800\"", "{\"a\":1,\"a\":2}",
        ]
        return text.split(separator: ",", omittingEmptySubsequences: false).indices.flatMap { index in
            var parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard let colon = parts[index].lastIndex(of: ":") else { return [String]() }
            let key = parts[index][...colon]
            let tail = parts[index].reversed().prefix { "]}".contains($0) }
            return values.map { value in
                parts[index] = key + value + String(tail)
                return parts.joined(separator: ",")
            }
        }
    }

    @Test func `what the short way can't read is left to the ordinary one, and nothing is read differently`() throws {
        var read = 0
        for reply in replies {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            for text in spoilt(String(decoding: try encoder.encode(reply), as: UTF8.self)) {
                guard let short = Run.Reply(parameters: Array(text.utf8)) else { continue }
                read += 1
                let ordinary = try? JSONDecoder().decode(Run.Reply.self, from: Data(text.utf8))
                #expect(ordinary == short, "\(text)")
            }
        }
        #expect(read > 0)
    }

    @Test(arguments: [
        "", "{", "{}x", "{\"a\"}", "[1]", "{\"receipt\":{\"job\":1}}", "{\"accepted\":{}}", "nul",
    ])
    func `text that is none is left to the ordinary reader`(text: String) {
        #expect(Run.Reply(parameters: Array(text.utf8)) == nil)
    }
}
