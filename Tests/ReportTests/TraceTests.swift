import Control
import FoundationEssentials
import Report
import Testing

@Suite struct TraceTests {
    /// The members that the Trace Event Format gives its events. Decoding fails where one that must be there isn't.
    private struct Document: Decodable {
        struct Event: Decodable {
            struct Arguments: Decodable {
                var name: String?, task: Int?, status: String?, reason: String?, cpu_ns: Int?
            }
            var ph: String, name: String, pid: Int, tid: Int, ts: Double?, dur: Double?, cat: String?, args: Arguments
            var s: String?
        }
        var displayTimeUnit: String, traceEvents: [Event]
    }

    private func events(_ runs: RecordedRun...) throws -> [Document.Event] {
        var bytes: [UInt8] = []
        TraceEvents(runs).write { bytes += $0 }
        let document = try JSONDecoder().decode(Document.self, from: Data(bytes))
        #expect(document.displayTimeUnit == "ns")
        return document.traceEvents
    }

    @Test func `every event has what its kind must have`() throws {
        for event in try events(Runs.cold(), Runs.warm) {
            switch event.ph {
            case "X": #expect(event.ts != nil && (event.dur ?? -1) >= 0 && event.cat != nil)
            case "M": #expect(["process_name", "thread_name"].contains(event.name) && event.args.name != nil)
            case "i": #expect(event.ts != nil && ["g", "p", "t"].contains(event.s))
            default: Issue.record("an event of kind \(event.ph)")
            }
        }
    }

    @Test func `every task is a slice on its worker's thread, to the nanosecond`() throws {
        let run = Runs.cold(tasks: 8, status: { $0 == 3 ? "failed" : "ok" })
        let tasks = try events(run).filter { $0.ph == "X" && $0.name == "task" }
        #expect(tasks.count == 8)
        for (event, record) in zip(tasks, run.blocks[0]) {
            #expect(event.pid == record.pid && event.tid == record.tid)
            #expect(event.ts == Double(record.start) / 1000)
            #expect(event.dur == Double(record.stop - record.start) / 1000)
            #expect(event.args.task == record.task && event.args.status == record.status)
            #expect(event.args.cpu_ns == record.cpu && event.args.reason == record.reason)
        }
    }

    @Test func `processes and threads have names, each once`() throws {
        let names = try events(Runs.cold(), Runs.warm).filter { $0.ph == "M" }
        #expect(Set(names.map { "\($0.name) \($0.pid) \($0.tid)" }).count == names.count)
        #expect(names.contains { $0.name == "process_name" && $0.pid == 700 && $0.args.name == "par-worker" })
        #expect(names.contains { $0.args.name == "io: 2 threads, cold" })
        #expect(names.count { $0.args.name == "phases" } == 2)
        let alone = try events(Runs.cold()).filter { $0.name == "thread_name" }.compactMap(\.args.name)
        #expect(Set(alone) == ["worker 0", "worker 1", "phases"])
    }

    @Test func `the phases fill the run on a track of their own, and a worker's start-up is on the worker's`() throws {
        let events = try events(Runs.cold())
        let phases = events.filter { $0.cat == "phase" }
        #expect(phases.map(\.name) == ["startup", "run", "collect", "teardown"])
        #expect(phases.compactMap(\.dur).reduce(0, +) == 100_000)
        #expect(Set(phases.map(\.pid)) == [1 << 22])
        let startups = events.filter { $0.cat == "startup" }
        #expect(startups.map(\.tid) == [701, 702])
        #expect(startups.compactMap(\.dur) == [9000, 9500])
    }

    @Test func `runs follow one another, and slices of a thread don't overlap`() throws {
        let slices = try events(Runs.cold(), Runs.warm).filter { $0.ph == "X" }
        for (_, slices) in Dictionary(grouping: slices, by: \.tid) {
            var end = 0.0
            for slice in slices.sorted(by: { ($0.ts ?? 0) < ($1.ts ?? 0) }) {
                #expect((slice.ts ?? 0) >= end - 1e-6)
                end = (slice.ts ?? 0) + (slice.dur ?? 0)
            }
        }
    }

    @Test func `a task that no worker began is an instant of the run, with its reason`() throws {
        let run = RecordedRun(label: "x", receipt: Runs.cold().receipt, blocks: [[Samples.lost]])
        let events = try events(run).filter { $0.ph == "i" }
        #expect(events.map(\.args.reason) == ["worker \"1\" died\n"])
    }

    @Test func `a long trace comes in pieces that make up one document`() throws {
        var bytes: [UInt8] = []
        var pieces = 0
        TraceEvents([Runs.cold(tasks: 20_000)]).write {
            bytes += $0
            pieces += 1
        }
        #expect(pieces > 5)
        #expect(try JSONDecoder().decode(Document.self, from: Data(bytes)).traceEvents.count == 20_000 + 11)
    }
}
