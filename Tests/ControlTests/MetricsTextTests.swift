import Control
import Foundation
import Testing

@Suite("Metrics as text")
struct MetricsTextTests {
    static let metrics = [
        Metric("pard_build", .info, "The version.", points: [.init(["version": "1"], value: 1)]),
        Metric("pard_nothing", .counter, "No series.", points: []),
        Metric(
            "pard_runs", .counter, "Runs that have ended.",
            points: [.init(["mode": "threads", "file": "a\"b\\c\nd"], value: 12)]),
        Metric("pard_share", .gauge, "A share.", points: [.init(value: 0.25)]),
        Metric(
            "pard_task_seconds", .histogram, unit: "seconds", "Times.", bounds: [1e-6, 0.5, 1],
            points: [.init(["mode": "serial"], counts: [1, 0, 2, 3], sum: 7.5)]),
    ]

    private func text(_ format: MetricsText.Format) -> String {
        String(decoding: MetricsText.bytes(Self.metrics, format), as: UTF8.self)
    }

    @Test("OpenMetrics names types, units and samples as its standard asks for, and ends with its mark")
    func openMetrics() {
        #expect(
            text(.openmetrics) == """
                # TYPE pard_build info
                # HELP pard_build The version.
                pard_build_info{version="1"} 1
                # TYPE pard_runs counter
                # HELP pard_runs Runs that have ended.
                pard_runs_total{file="a\\"b\\\\c\\nd",mode="threads"} 12
                # TYPE pard_share gauge
                # HELP pard_share A share.
                pard_share 0.25
                # TYPE pard_task_seconds histogram
                # UNIT pard_task_seconds seconds
                # HELP pard_task_seconds Times.
                pard_task_seconds_bucket{mode="serial",le="1e-06"} 1
                pard_task_seconds_bucket{mode="serial",le="0.5"} 1
                pard_task_seconds_bucket{mode="serial",le="1.0"} 3
                pard_task_seconds_bucket{mode="serial",le="+Inf"} 6
                pard_task_seconds_sum{mode="serial"} 7.5
                pard_task_seconds_count{mode="serial"} 6
                # EOF

                """)
    }

    @Test("the older format describes samples by their own names, and has neither units nor an end")
    func prometheus() {
        let lines = text(.prometheus).split(separator: "\n")
        #expect(
            lines.prefix(3) == [
                "# TYPE pard_build_info gauge", "# HELP pard_build_info The version.",
                "pard_build_info{version=\"1\"} 1",
            ])
        #expect(lines.contains("# TYPE pard_runs_total counter"))
        #expect(lines.contains("# TYPE pard_task_seconds histogram"))
        #expect(!lines.contains { $0.hasPrefix("# UNIT") || $0 == "# EOF" })
    }

    @Test("the reply's text is what an encoder would make of it")
    func json() throws {
        let reply = GetMetrics.Reply(metrics: Self.metrics)
        #expect(try JSONDecoder().decode(GetMetrics.Reply.self, from: Data(reply.json)) == reply)
    }

    @Test(
        "numbers are whole where they can be",
        arguments: [
            (3.0, "3"), (0.5, "0.5"), (1e20, "1e+20"), (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
        ])
    func numbers(value: Double, text: String) {
        let metric = Metric("x", .gauge, "h", points: [.init(value: value)])
        #expect(String(decoding: MetricsText.bytes([metric], .prometheus), as: UTF8.self).hasSuffix("x \(text)\n"))
    }
}
