import Control
import Report
import Testing

@Suite struct TimelineTests {
    private func text(
        _ runs: RecordedRun..., by kind: Lanes.Kind = .workers, width: Int = 52, unicode: Bool = true, rows: Int = 48
    ) -> String {
        TimelineText(runs, by: kind, style: TextStyle(color: false, unicode: unicode, width: width), rows: rows).text
    }

    @Test func `every worker has a row, with the start-up before its first task`() {
        #expect(
            text(Runs.cold()) == """
                  worker 1  ╌╌╌╌████████▓▓▓▓▓▓▓▓████████▓▓▓▓▓▓▓▓
                  worker 2  ╌╌╌╌████████▓▓▓▓▓▓▓▓████████▓▓▓▓▓▓▓▓
                            └───────────────────┴──────────────────┘
                            0                   50 ms         100 ms
                            ╌ start-up · █▓ tasks in turn

                """)
    }

    @Test func `every task can have a row`() {
        #expect(
            text(Runs.cold(tasks: 4), by: .tasks) == """
                  task 1  ╌╌╌╌█████████████████
                  task 2  ╌╌╌╌█████████████████
                  task 3  ╌╌╌╌                 █████████████████
                  task 4  ╌╌╌╌                 █████████████████
                          └────────────────────┴───────────────────┘
                          0                    50 ms          100 ms
                          ╌ start-up · █ a task

                """)
    }

    @Test func `a place without UTF-8 gets nothing but ASCII`() {
        let drawing = text(Runs.cold(status: { $0 == 3 ? "failed" : "ok" }), unicode: false)
        #expect(drawing.utf8.allSatisfy { $0 < 0x80 })
        #expect(
            drawing == """
                  worker 1  ----########========########========
                  worker 2  ----########xxxxxxxx########========
                            +-------------------+------------------+
                            0                   50 ms         100 ms
                            - start-up | #= tasks in turn | x not ok

                """)
    }

    @Test func `runs stand one below the other on one axis`() {
        #expect(
            text(Runs.warm, Runs.cold()) == """
                  serial, warm
                  worker 1  ████████████▓▓▓▓▓▓▓▓▓▓▓▓
                  2 threads, cold
                  worker 1  ╌╌╌╌████████▓▓▓▓▓▓▓▓████████▓▓▓▓▓▓▓▓
                  worker 2  ╌╌╌╌████████▓▓▓▓▓▓▓▓████████▓▓▓▓▓▓▓▓
                            └───────────────────┴──────────────────┘
                            0                   50 ms         100 ms
                            ╌ start-up · █▓ tasks in turn

                """)
    }

    @Test func `tasks that are too many for bars are binned, and that is said`() {
        let drawing = text(Runs.cold(tasks: 8000))
        #expect(drawing.contains("worker 1  ╌╌╌╌████████████████████████████████\n"))
        #expect(drawing.contains("binned: about 125 tasks a column of\n            2.50 ms\n"))
        #expect(drawing.contains("█ 75 % of the time or more in tasks"))
    }

    @Test func `tasks that are too many for rows are thinned, and that is said`() {
        let drawing = text(Runs.cold(tasks: 100, status: { $0 == 1 ? "failed" : "ok" }), by: .tasks, rows: 10)
        #expect(drawing.split(separator: "\n").count { $0.contains("  task ") } == 10)
        #expect(drawing.contains("10 of 100 tasks shown, one in 10"))
        #expect(drawing.contains("1 task that did not end ok not shown"))
    }

    @Test func `a task that is shorter than a column still shows`() {
        let record = Record(
            task: 0, worker: 0, pid: 1, tid: 1, start: 50_000_000, stop: 50_000_100, cpu: 0, attempt: 1, status: "ok",
            value: 0, reason: nil)
        let run = RecordedRun(label: "", receipt: Runs.cold().receipt, blocks: [[record]])
        #expect(text(run).contains("▏ a task shorter than a column"))
    }

    @Test func `tasks that never ran are counted`() {
        let run = RecordedRun(label: "", receipt: Runs.cold().receipt, blocks: [[Samples.lost]])
        #expect(text(run).contains("1 task never ran"))
    }

    @Test(arguments: [10, 20, 60, 80, 140, 500])
    func `no line is wider than the terminal, where that is possible at all`(width: Int) {
        for drawing in [text(Runs.cold(), width: width), text(Runs.cold(tasks: 100), by: .tasks, width: width)] {
            for line in drawing.split(separator: "\n") where width >= 60 { #expect(line.count <= width) }
            #expect(drawing.contains("worker 1") || drawing.contains("task 1"))
        }
    }

    @Test func `colours change nothing but colours`() {
        let run = Runs.cold(status: { $0 == 3 ? "failed" : "ok" })
        let colored = TimelineText([run], by: .workers, style: TextStyle(color: true, unicode: true, width: 52)).text
        #expect(colored.contains("\u{1B}[31m╳╳"))
        #expect(colored.replacing(/\u{1B}\[\d*m/, with: "") == text(run))
    }

    @Test(
        arguments: [
            (100_000_000, 2, ["0", "50 ms", "100 ms"]), (17_200_000, 4, ["0", "5 ms", "10 ms", "15 ms"]),
            (1_700_000, 4, ["0", "0.5 ms", "1.0 ms", "1.5 ms"]), (900, 2, ["0", "500 ns"]), (0, 5, ["0", "1 ns"]),
            (61_000_000_000, 3, ["0", "30.0 s", "1 min"]), (250_000_000_000, 3, ["0", "2 min", "4 min"]),
        ] as [(Int, Int, [String])])
    func `an axis has round times`(span: Int, marks: Int, labels: [String]) {
        let axis = TimeAxis(span: span, marks: marks)
        #expect(axis.marks.map { axis.label($0) } == labels)
    }
}
