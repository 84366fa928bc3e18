import Control
import Report
import Testing

@Suite struct PageTests {
    private func page(_ run: RecordedRun) -> String { Page(of: run, note: "2026-11-25 03:00:00").text }

    /// A run whose user has a grudge against browsers.
    private var hostile: RecordedRun {
        var receipt = Runs.cold().receipt
        receipt.arguments = ["dir": "/\"><script>alert('1')</script>\u{0}\u{202E}"]
        receipt.figures = [
            Figure(name: "<u>figure</u>", unit: "<s>", count: 1, sum: 1, min: 1, p50: 1, p99: 1, max: 1)
        ]
        receipt.failures = [Failure(reason: "<img src=x onerror=alert(2)>", count: 1, firstTask: 0)]
        var record = Samples.lost
        record.tid = 1
        record.reason = "</title></svg><script>alert(3)</script>"
        record.status = "<b>"
        return RecordedRun(label: "<i>label</i>", receipt: receipt, blocks: [[record]])
    }

    @Test func `nothing that a user gave is markup, neither on the page nor in the picture`() {
        for text in [page(hostile), TimelineSVG([hostile], title: hostile.receipt.arguments["dir"] ?? "").text] {
            for mark in ["<script>alert", "<img", "<i>", "<b>", "<u>", "<s>", "alert('1')", "\u{0}", "\u{202E}"] {
                #expect(!text.contains(mark), "\(mark)")
            }
        }
        #expect(page(hostile).contains("&lt;/title&gt;&lt;/svg&gt;&lt;script&gt;alert(3)"))
        #expect(page(hostile).contains("&lt;img src=x onerror=alert(2)&gt;"))
    }

    @Test func `the page needs nothing but itself`() {
        let text = page(Runs.cold())
        for reference in ["http:", "https:", "@import", "src=", "url(//"] { #expect(!text.contains(reference)) }
        #expect(text.contains("default-src 'none'"))
    }

    @Test func `every task has a bar with its figures, on a row of its worker and on one of its own`() {
        let text = page(Runs.cold(tasks: 8, status: { $0 == 3 ? "failed" : "ok" }))
        #expect(text.split(separator: "<title>task ").count - 1 == 16)
        #expect(text.split(separator: "<rect class=\"bar bad\"").count - 1 == 2)
        #expect(text.contains("task 4 on worker 2 (pid 700, tid 702)\nstart 30.0 ms, stop 50.0 ms, took 20.0 ms"))
        #expect(text.contains("CPU 10.0 ms, failed: write: No space left on device"))
    }

    @Test func `tasks that are too many for bars are binned, and the page says so and stays small`() {
        let text = page(Runs.cold(tasks: 100_000))
        #expect(text.contains("Binned: 100,000 tasks in columns of 250 µs, about 156 tasks in each"))
        #expect(text.split(separator: "<rect class=\"bar row\"").count - 1 == 2)
        #expect(text.utf8.count < 60_000)
    }

    @Test func `workers that are too many for rows are thinned, and the page says so`() {
        var receipt = Runs.cold().receipt
        receipt.workers = 200
        let text = page(RecordedRun(label: "", receipt: receipt, blocks: Runs.cold().blocks))
        #expect(text.contains("Thinned: 50 of 200 workers are drawn, one in 4."))
    }

    @Test func `a run without a task has a page all the same`() {
        let text = page(RecordedRun(Samples.cancelled, blocks: []))
        #expect(text.contains("cancelled before any task"))
        #expect(!text.contains("How long tasks took"))
    }

    @Test func `the picture is one document with a bar a task`() {
        let text = TimelineSVG([Runs.cold()], title: "io").text
        #expect(text.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
        #expect(text.split(separator: "<title>task ").count - 1 == 8)
        #expect(text.contains(">50 ms</text>"))
        #expect(text.contains("start-up of all workers: 10.0 ms"))
    }
}
