import ArgumentParser
import Report

/// The options that draw a run or a comparison.
struct ChartOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Draw when each worker did its tasks: bare, a row for each worker; =tasks, a row for each task.",
            valueName: "rows"))
    var timeline: Lanes.Kind?

    @Option(
        help: ArgumentHelp("Write the timeline as an SVG picture ('-': to standard output).", valueName: "file"),
        completion: .file(extensions: ["svg"]))
    var svg: String?

    @Option(
        help: ArgumentHelp(
            "Write one self-contained page: receipt, timeline, histogram of task times, each task's figures.",
            valueName: "file"),
        completion: .file(extensions: ["html"]))
    var html: String?

    @Option(
        help: ArgumentHelp(
            "Write a trace that Perfetto (ui.perfetto.dev) opens: processes, threads, phases and tasks.",
            valueName: "file"),
        completion: .file(extensions: ["json"]))
    var trace: String?

    var values: Charts { Charts(timeline: timeline, svg: svg, html: html, trace: trace) }
}

extension Lanes.Kind: ExpressibleByArgument {}
