import ArgumentParser
import Report

/// What is to be drawn of a run or a comparison, and where to.
struct Charts: Equatable {
    var timeline: Lanes.Kind?
    /// Paths as typed; `-` for standard output.
    var svg: String?
    var html: String?
    var trace: String?

    /// How the options are spelled; see ``ChartOptions``.
    static let words: [OptionWord<Charts>] = [
        .value("timeline", bare: "workers") { $0.timeline = try Choice.read($1) },
        .value("svg") { $0.svg = $1 },
        .value("html") { $0.html = $1 },
        .value("trace") { $0.trace = $1 },
    ]

    /// Whether anything is drawn, for which the tasks' records are needed.
    var needRecords: Bool { timeline != nil || !paths.isEmpty }

    /// The files that are written, as typed.
    var paths: [String] { [svg, html, trace].compactMap(\.self) }

    /// Whether standard output is one of them.
    var takeStandardOutput: Bool { paths.contains("-") }

    /// Checks what the options ask for together. `data` is the option that prints data on standard output, if any.
    func check(data: String?, help: String) throws(CommandError) {
        if takeStandardOutput {
            if let data { throw .usage("\(data) and '-' both write to standard output: give one a file", help: help) }
        }
        for (index, path) in paths.enumerated() where paths[..<index].contains(path) {
            throw .usage(
                path == "-"
                    ? "only one thing can be written to standard output" : "two things can't be written to '\(path)'",
                help: help)
        }
        if paths.contains("") { throw .usage("a file has a name: --svg, --html and --trace take one", help: help) }
    }
}

/// The options that draw a run or a comparison.
struct ChartOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Draw when each worker did its tasks: alone, a row for each worker; =tasks, a row for each task.",
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
