import Catalogue
import Control
import Pools
import Scheduling
import Testing
import Timing

@testable import Daemon

@Suite("Metrics of the daemon")
struct MetricsTests {
    private static func plan(_ workload: String = "noop", threads: Int = 2) throws -> RunPlan {
        var limits = JobLimits()
        limits.tasks = 1000
        limits.ledgerBytes = 1 << 30
        return try RunPlan(
            Run.Request(workload: workload, mode: .threads, threads: threads), limits: limits, processors: 2,
            directory: "/tmp", now: 0)
    }

    private static func receipt(
        _ workload: String = "noop", reason: String? = nil, outcome: Receipt.Outcome = .ok,
        tasks: Tasks = Tasks(ok: 2), startup: Int = 0
    ) -> Receipt {
        Receipt(
            job: "4f2a-1", workload: workload, arguments: [:], mode: .threads, processes: 1, threads: 2,
            temperature: reason == nil ? .warm : .cold, reason: reason, outcome: outcome, tasks: tasks,
            phases: Phases(queue: 2_000, startup: startup, dispatch: 30_000, run: 1, collect: 1, teardown: 0),
            poolStartupPaid: 0, poolReadyFor: 0, task: TaskTimes(sum: 2_000_000, cpuSum: 1_500_000_000, cpuCovered: 2),
            speedup: nil, efficiency: nil, breakEven: nil, valueSum: 0, valueUnit: nil, workerCosts: [], failures: [])
    }

    private static var samples: Samples {
        var samples = Samples()
        samples.record(900)
        samples.record(1_999_100)
        return samples
    }

    private func metrics(_ counts: RunCounts) -> [String: Metric] {
        let policy = PoolPolicy(threadFloor: 2, processFloor: 1)
        let native = RuntimeRow(id: .native, name: "native", isPermanent: true)
        let report = MetricsReport(
            counts.counts, PoolMachine(policy: policy, runtimes: [native]), process: ProcessUsage())
        return Dictionary(uniqueKeysWithValues: report.metrics.map { ($0.name, $0) })
    }

    @Test("a run is counted by workload, mode, temperature and outcome, with its times in seconds")
    func run() throws {
        let counts = RunCounts()
        counts.count(Self.receipt(), of: try Self.plan(), Self.samples, by: 1000)
        counts.count(
            Self.receipt(reason: "requested", outcome: .failed, tasks: Tasks(ok: 1, failed: 1), startup: 3_000_000),
            of: try Self.plan(), Self.samples, by: 1000)
        let metrics = metrics(counts)
        let warm = ["workload": "noop", "mode": "threads", "temperature": "warm"]
        let cold = warm.merging(["temperature": "cold"]) { $1 }
        #expect(
            metrics["pard_runs"]?.points == [
                .init(warm.merging(["outcome": "ok"]) { $1 }, value: 1),
                .init(cold.merging(["outcome": "failed"]) { $1 }, value: 1),
            ])
        #expect(metrics["pard_tasks"]?.points.map(\.value) == [2, 1, 1])
        #expect(metrics["pard_task_cpu_seconds"]?.points.map(\.value) == [1.5, 1.5])
        let startup = try #require(metrics["pard_startup_seconds"])
        #expect(startup.points.map(\.labels) == [cold])
        #expect(startup.points[0].sum == 0.003)
        let task = try #require(metrics["pard_task_seconds"]?.points.first)
        #expect(task.counts?.reduce(0, +) == 2)
        #expect(task.counts?.first == 1)
        #expect(metrics["pard_user_runs"]?.points == [.init(["uid": "1000"], value: 2)])
    }

    @Test("a lease is counted apart, and its first task's time is its client's affair")
    func lease() throws {
        let counts = RunCounts()
        counts.count(Self.receipt(), of: try Self.plan(), Self.samples, by: 1000, isLease: true)
        let metrics = metrics(counts)
        #expect(metrics["pard_runs"]?.points == [])
        #expect(metrics["pard_leases"]?.points.map(\.value) == [1])
        #expect(metrics["pard_dispatch_seconds"]?.points == [])
        #expect(metrics["pard_queue_seconds"]?.points.count == 1)
    }

    @Test("one whose workers never came up has failed")
    func unstarted() throws {
        let counts = RunCounts()
        counts.countUnstarted(try Self.plan(), by: 7)
        #expect(metrics(counts)["pard_runs"]?.points.first?.labels["outcome"] == "failed")
    }

    @Test("refusals say why and what was used up, losses how, and of neither there are ever more than so many kinds")
    func bounded() {
        let counts = RunCounts()
        counts.countRefusal(ControlError.busy(limit: "queued jobs", allowed: 4))
        counts.countRefusal(ControlError.limitExceeded(limit: "tasks", value: 2, allowed: 1))
        counts.countRefusal(ControlError.draining)
        for number in 0..<500 {
            counts.countRefusal(ControlError.busy(limit: "limit \(number)", allowed: 4))
            counts.count(Supervisor.Notice.workerLost(pid: 1, pool: "threads", exit: "exit code \(number)"))
        }
        let metrics = metrics(counts)
        let refusals = metrics["pard_refusals"]?.points ?? []
        #expect(refusals.contains(.init(["reason": "busy", "limit": "queued jobs"], value: 1)))
        #expect(refusals.contains(.init(["reason": "limit_exceeded", "limit": "tasks"], value: 1)))
        #expect(refusals.contains(.init(["reason": "draining"], value: 1)))
        #expect(refusals.count == RunCounts.kindLimit + 1)
        #expect(refusals.compactMap(\.value).reduce(0, +) == 503)
        let losses = metrics["pard_worker_losses"]?.points ?? []
        #expect(losses.count == RunCounts.kindLimit + 1)
        #expect(losses.contains(.init(["exit": RunCounts.others], value: Double(500 - RunCounts.kindLimit))))
    }

    @Test("names are those of OpenMetrics: lower case, units at the end, and no suffix of a counter's or histogram's")
    func names() throws {
        let counts = RunCounts()
        counts.count(Self.receipt(), of: try Self.plan(), Self.samples, by: 1000)
        for metric in metrics(counts).values {
            #expect(metric.name.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil)
            if let unit = metric.unit { #expect(metric.name.hasSuffix("_\(unit)"), "\(metric.name)") }
            #expect(!["_total", "_bucket", "_sum", "_count", "_info"].contains { metric.name.hasSuffix($0) })
            #expect(metric.help.hasSuffix("."))
        }
    }
}

@Suite("Requests for metrics")
struct MetricsRequestTests {
    private func read(_ text: String) -> MetricsRequest? { MetricsRequest(Array(text.utf8)) }

    @Test("are read once they are whole")
    func whole() {
        #expect(read("GET /metrics HTTP/1.1\r\nHost: x\r\n") == nil)
        #expect(read("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n") == .metrics(.prometheus, headOnly: false))
        #expect(read("HEAD / HTTP/1.0\n\n") == .metrics(.prometheus, headOnly: true))
    }

    @Test("get the newer format where they ask for it")
    func format() {
        let accept = "Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4"
        #expect(read("GET /metrics?x=1 HTTP/1.1\r\n\(accept)\r\n\r\n") == .metrics(.openmetrics, headOnly: false))
    }

    @Test(
        "for anything else are refused",
        arguments: [
            ("POST /metrics HTTP/1.1\r\n\r\n", MetricsRequest.Status.notAllowed),
            ("GET /secret HTTP/1.1\r\n\r\n", .notFound),
            ("GET /metrics HTTP/2\r\n\r\n", .unknownVersion), ("\r\n\r\n", .bad), ("\n\n", .bad), ("x\n\n", .bad),
        ])
    func others(text: String, status: MetricsRequest.Status) {
        #expect(read(text) == .refused(status))
    }

    @Test("without an end are refused at a limit")
    func endless() {
        #expect(MetricsRequest([UInt8](repeating: 65, count: MetricsRequest.byteLimit - 1)) == nil)
        #expect(MetricsRequest([UInt8](repeating: 65, count: MetricsRequest.byteLimit)) == .refused(.tooLarge))
    }
}
