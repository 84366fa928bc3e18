import Control
import Foundation
import Testing

@testable import Report

@Suite("The daemon at a glance")
struct TopTests {
    private static let bounds = [1e-6, 1e-3, 1.0]

    private static func sample(
        at seconds: Int, runs: Double, counts: [Int], jobs: [Job] = [], cpu: Double = 0
    ) -> TopSample {
        let labels = ["workload": "noop", "mode": "threads", "temperature": "warm"]
        let status = GetStatus.Reply(
            version: "1", state: "ready", pid: 1, zygotePid: 2, uptime: 3, uid: 1000, socket: "/s", jobsRunning: 1,
            jobsQueued: 2, jobsFinished: 3, jobsRefused: 4, workers: 8, workersBusy: 2, workersReplaced: 0,
            ledgerBytes: 0, limits: ["workers": 256])
        return TopSample(
            time: seconds * 1_000_000_000, status: status, pools: [pool], jobs: jobs,
            metrics: [
                Metric(
                    "pard_runs", .counter, "h", points: [.init(labels.merging(["outcome": "ok"]) { $1 }, value: runs)]),
                Metric("pard_tasks", .counter, "h", points: [.init(labels, value: runs * 4)]),
                Metric("process_cpu_seconds", .counter, "h", points: [.init(value: cpu)]),
                Metric(
                    "pard_task_seconds", .histogram, "h", bounds: bounds,
                    points: [.init(labels, counts: counts, sum: 0)]),
            ])
    }

    private static let pool = Pool(
        name: "threads", unit: "threads", threadsPerProcess: 4, state: "ready", floor: 4, size: 4, ready: 4, busy: 1,
        waiting: 0, pids: [1], startupPaid: 1, readyFor: 2, replaced: 0)

    private static func job(_ name: String, age: Int = 1, workers: Int = 1, workload: String = "io") -> Job {
        Job(
            job: name, workload: workload, mode: .threads, workers: workers, state: "running", tasks: 16, done: 1,
            uid: 1000, age: age)
    }

    private let style = TextStyle(color: false, unicode: true, width: 160)

    @Test("rates are what has come between two looks, and times are those of these runs alone")
    func figures() throws {
        let before = Self.sample(at: 10, runs: 100, counts: [400, 0, 0, 0], cpu: 1)
        let now = Self.sample(at: 20, runs: 150, counts: [400, 0, 200, 0], cpu: 1.5)
        let figures = TopFigures(now, since: before)
        #expect(figures.span == 10_000_000_000)
        #expect(figures.cpu == 500_000_000)
        let work = try #require(figures.work.first)
        #expect(work.runs == 50 && work.tasks == 200)
        let task = try #require(work.task)
        #expect((1_000_000...1_000_000_000).contains(task.p50) && task.p99 > task.p50)
        #expect(work.startup == nil)
        let text = TopText(figures, style: style).text
        #expect(text.contains("5.00/s") && text.contains("20.0/s"))
        #expect(text.contains("5.0 % of a processor"))
    }

    @Test("work of which nothing has ended is not listed")
    func idle() {
        let sample = Self.sample(at: 1, runs: 5, counts: [1, 0, 0, 0])
        let figures = TopFigures(Self.sample(at: 2, runs: 5, counts: [1, 0, 0, 0]), since: sample)
        #expect(figures.work.isEmpty)
        #expect(TopText(figures, style: style).text.contains("no runs have ended in the last 1.00 s"))
    }

    @Test("a quantile lies in the class of its duration, and beyond all bounds it is the last of them")
    func quantiles() throws {
        let durations = Durations(bounds: [1e-6, 1e-5, 1e-4], counts: [50, 40, 9, 1])
        let half = try #require(durations.quantile(0.5))
        #expect(half <= 1000 && half > 100)
        let most = try #require(durations.quantile(0.9))
        #expect(abs(most - 10_000) <= 10)
        #expect(durations.quantile(0.995) == 100_000)
        #expect(Durations(bounds: [1], counts: [0, 0]).quantile(0.5) == nil)
        let middle = try #require(Durations(bounds: [1e-6, 1e-5], counts: [0, 2, 0]).quantile(0.5))
        #expect(abs(middle - 3162) < 10)
    }

    @Test("a server's classes that don't fit their bounds are no histogram")
    func misfit() {
        let before = Self.sample(at: 1, runs: 1, counts: [1])
        let figures = TopFigures(Self.sample(at: 2, runs: 2, counts: [1, 2]), since: before)
        #expect(figures.work.first?.task == nil)
    }

    @Test(
        "jobs are sorted by what is asked for",
        arguments: [
            (TopOrder.age, ["b", "c", "a"]), (.workers, ["a", "b", "c"]), (.workload, ["c", "a", "b"]),
            (.user, ["a", "b", "c"]),
        ])
    func order(order: TopOrder, names: [String]) {
        let jobs = [
            Self.job("a", age: 1, workers: 4), Self.job("b", age: 3, workers: 2),
            Self.job("c", age: 2, workers: 1, workload: "cpu"),
        ]
        #expect(order.sorted(jobs).map(\.job) == names)
        if order == .age { #expect(order.sorted(jobs, isReversed: true).map(\.job) == names.reversed()) }
    }

    @Test("every order leads to the next, and all of them round again")
    func rounds() {
        var seen: [TopOrder] = []
        var order = TopOrder.age
        for _ in TopOrder.allCases {
            seen.append(order)
            order = order.next
        }
        #expect(seen == TopOrder.allCases && order == .age)
    }

    @Test("no more lines than a terminal has, and a list that is cut says by how much", arguments: 4...40)
    func height(rows: Int) {
        let jobs = (0..<60).map { Self.job("job-\($0)", age: $0) }
        let figures = TopFigures(
            Self.sample(at: 2, runs: 2, counts: [9, 0, 0, 0], jobs: jobs),
            since: Self.sample(at: 1, runs: 1, counts: [1, 0, 0, 0]))
        let lines = TopText(figures, style: style).lines(rows)
        #expect(lines.count <= rows)
        if rows >= 16 {
            let shown = lines.count { $0.contains("job-") }
            #expect(lines.contains("… \(60 - shown) more"))
            #expect(lines.contains { $0.contains("noop") } && lines.contains { $0.hasPrefix("threads") })
            #expect(lines.count == rows)
        }
    }

    @Test("what a server says can't move the cursor")
    func clean() {
        let sample = Self.sample(at: 2, runs: 2, counts: [9, 0, 0, 0], jobs: [Self.job("\u{1B}[2J")])
        let text = TopText(TopFigures(sample, since: sample), style: style).text
        #expect(!text.contains("\u{1B}"))
    }
}
