import Control
import Report
import Testing
import Timing

@Suite struct HistoryTests {
    static let fields: [RunField: String] = [
        .job: "4f2a-1", .workload: "io", .mode: "threads", .processes: "1", .threads: "4", .temperature: "warm",
        .coldReason: "", .tasks: "16", .tasksFailed: "0", .queue: "12", .startup: "0", .dispatch: "18", .run: "26013",
        .collect: "31", .teardown: "0", .elapsed: "26074", .taskSum: "98300", .taskCPU: "41200", .peerUID: "1000",
    ]

    private func run(_ changes: [RunField: String] = [:]) throws -> HistoryRun {
        let fields = Self.fields.merging(changes) { _, new in new }
        return try HistoryRun(microseconds: 1_766_000_000_000_000) { fields[$0] }
    }

    private func cold(startup: Int) throws -> HistoryRun {
        try run([.temperature: "cold", .coldReason: "requested", .startup: "\(startup)"])
    }

    @Test func `the fields of an entry are a run in nanoseconds`() throws {
        let run = try run()
        #expect(run.finished == 1_766_000_000_000_000_000)
        #expect(run.reason == nil)
        #expect(run.elapsed == 26_074_000)
        #expect(run.phases.sum == run.elapsed)
        #expect(run.taskMean == 6_143_750)
        #expect(run.peerUID == 1000)
        #expect(try self.run([.coldReason: "requested"]).reason == "requested")
        // Entries of older daemons don't tell of deaths.
        #expect([run.deaths, run.reruns, run.timeLost] == [0, 0, 0])
        let bad = try self.run([.deaths: "1", .reruns: "2", .timeLost: "3"])
        #expect([bad.deaths, bad.reruns, bad.timeLost] == [1, 2, 3000])
    }

    @Test(
        arguments: RunField.allCases.filter {
            ![.deaths, .reruns, .timeLost, .runtime, .taskHistogram, .dispatchHistogram].contains($0)
        })
    func `an entry without one of the fields is no run`(field: RunField) {
        #expect(throws: HistoryRun.BadField.self) {
            try HistoryRun(microseconds: 0) { $0 == field ? nil : Self.fields[$0] }
        }
    }

    @Test(arguments: ["", "x", "-1", "9223372036854775807"])
    func `a number that can't be is no time`(text: String) {
        #expect(throws: HistoryRun.BadField.self) { try run([.elapsed: text]) }
    }

    @Test func `runs stand one a line`() throws {
        let other = try run([
            .job: "4f2a-2\u{1B}", .temperature: "cold", .coldReason: "first use", .startup: "447",
        ])
        let table = HistoryTable([try run(), other], style: TextStyle(color: false, unicode: true, width: 150))
        #expect(
            table.text { _ in "12:00:00" } == """
                finished  job       workload  mode     workers  temperature  tasks  failed    queue  start-up  dispatch      run  elapsed     task  reason
                12:00:00  4f2a-1    io        threads        4  warm            16       0  12.0 µs         0   18.0 µs  26.0 ms  26.1 ms  6.14 ms
                12:00:00  4f2a-2\\e  io        threads        4  cold            16       0  12.0 µs    447 µs   18.0 µs  26.0 ms  26.1 ms  6.14 ms  first use

                """)
        let narrow = HistoryTable([other], style: Samples.style).text { _ in "2026-11-26 12:00:00" }
        #expect(
            narrow == """
                finished             job       workload  temperature  tasks  start-up  elapsed
                2026-11-26 12:00:00  4f2a-2\\e  io        cold            16    447 µs  26.1 ms

                """)
        #expect(HistoryTable([], style: Samples.style).text { _ in "" } == "no runs\n")
    }

    @Test func `the summary has warm beside cold, for each workload and mode`() throws {
        let runs = try (1...100).map { try cold(startup: $0) } + [try run(), try run([.workload: "cpu"])]
        let summary = HistorySummary(runs)
        #expect(summary.groups.map(\.workload) == ["cpu", "io"])
        let io = summary.groups[1]
        #expect(io.cold?.runs == 100)
        #expect(io.cold?.startup.median == 50_000)
        #expect(io.cold?.startup.p99 == 99_000)
        #expect(io.warm?.startup.p99 == 0)
        #expect(summary.groups[0].cold == nil)
        #expect(
            summary.text(style: Samples.style) == """
                workload  mode               warm runs   median      p99  cold runs   median      p99
                cpu       threads  start-up          1        0        0          0        -        -
                                   dispatch             18.0 µs  18.0 µs                   -        -
                                   task                 6.14 ms  6.14 ms                   -        -
                io        threads  start-up          1        0        0        100  50.0 µs  99.0 µs
                                   dispatch             18.0 µs  18.0 µs             18.0 µs  18.0 µs
                                   task                 6.14 ms  6.14 ms             6.14 ms  6.14 ms

                """)
        #expect(HistorySummary([]).text(style: Samples.style) == "no runs\n")
    }

    @Test func `runs can be told apart by day and runtime`() throws {
        let python = try run([.runtime: "python:app", .startup: "5"])
        let old = try run()
        #expect(old.runtime == "" && python.runtime == "python:app")
        var later = python
        later.finished += 86_400_000_000_000
        let days = HistorySummary([later, old, python], by: [.day, .runtime]) { "day \($0 / 86_400_000_000_000)" }
        #expect(days.groups.map(\.day) == ["day 20439", "day 20439", "day 20440"])
        #expect(days.groups.map(\.runtime) == ["", "python:app", "python:app"])
        #expect(days.groups[0].workload == nil)
        let text = days.text(style: Samples.style)
        #expect(text.hasPrefix("day        runtime"))
        #expect(text.contains("day 20440  python:app"))
        let elapsed = try #require(days.groups[0].warm?.elapsed)
        #expect(
            [elapsed.median, elapsed.p90, elapsed.p99, elapsed.max] == [26_074_000, 26_074_000, 26_074_000, 26_074_000])
    }

    @Test func `task times are those of all single tasks where every run tells how they are spread`() throws {
        let short = Distribution([UInt64](repeating: 1000, count: 98))
        let long = Distribution([UInt64](repeating: 1_000_000_000, count: 2))
        let runs = try [short, long].map { try run([.taskHistogram: $0.text]) }
        let side = try #require(HistorySummary(runs).groups.first?.warm)
        #expect(side.isOfEachTask)
        #expect(abs(side.task.median - 1000) < 10 && abs(side.task.p99 - 1_000_000_000) < 10_000_000)
        #expect(side.taskHistogram.flatMap { Distribution(text: $0) }?.count == 100)
        let mixed = try #require(HistorySummary(runs + [try run()]).groups.first?.warm)
        #expect(!mixed.isOfEachTask && mixed.task.median == 6_143_750)
        #expect(throws: HistoryRun.BadField.self) { try run([.taskHistogram: "HISTx"]) }
    }

    @Test func `the page has every figure, lets no text become markup and runs nothing`() throws {
        let runs = [try run([.workload: "<b>&\"x\"</b>"]), try cold(startup: 900), try run()]
        let page = HistoryPage(HistorySummary(runs), subject: "3 runs of <i>", note: "noon").text
        #expect(page.contains("900 µs") && page.contains("26.0 ms") == false && page.contains("6.14 ms"))
        #expect(
            page.contains("&lt;b&gt;&amp;&quot;x&quot;&lt;/b&gt;") && !page.contains("<b>") && !page.contains("<i>"))
        #expect(page.contains("default-src 'none'") && !page.contains("<script"))
        #expect(page.contains("class=\"cold\""))
        let empty = HistoryPage(HistorySummary([]), subject: "0 runs", note: "noon").text
        #expect(empty.contains("No such runs have ended."))
    }

    @Test func `a line of the log is no command for the terminal`() {
        let line = LogLine(time: 0, priority: 4, program: "pard", message: "worker\u{1B} lost")
        #expect(line.text(style: Samples.style) { _ in "12:00:00" } == "12:00:00 pard warning: worker\\e lost\n")
    }
}
