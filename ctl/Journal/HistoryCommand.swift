import ArgumentParser
import Catalogue
import Control
import Report

/// `parctl history`: the runs that the journal remembers.
struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show finished runs from the journal, and what warm and cold ones took.",
        discussion: """
            Shows the last \(defaultRuns) runs unless --since, --until, -n, --summary, --by or --html says otherwise. Times are \
            the journal's whole microseconds. 'task' is the wall time of a run's average task; in summaries it is of all single \
            tasks, where every run tells how its own are spread. JSON has nanoseconds, and of a summary also queue, \
            elapsed time, 90th percentiles, the most, and task times as an HDR histogram, which merges with others.

            EXAMPLES:
              parctl history --since -1h --workload io
              parctl history --since today --summary
              parctl history --since -30d --workload io --by day
              parctl history --by runtime,mode --html history.html
              parctl history --system --temperature cold -n 100 --json
            """)

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var journal: JournalOptions

    @ArgumentParser.Option(help: "Only runs of this workload.", completion: .list(Catalogue.all.map(\.name)))
    var workload: String?

    @ArgumentParser.Option(help: "Only runs in this mode: serial, threads, processes or mixed.")
    var mode: Mode?

    @ArgumentParser.Option(help: "Only runs that were warm, or cold.")
    var temperature: Receipt.Temperature?

    @ArgumentParser.Option(
        help: ArgumentHelp(
            "Only runs on workers of this runtime, as 'parctl status' calls it: native, curl, blas, plugin:PATH or python:NAME.",
            valueName: "name"), completion: .list(RuntimeName.builtIns))
    var runtime: String?

    @Flag(help: "Show median and p99 of start-up, dispatch and task time, warm beside cold.")
    var summary = false

    @ArgumentParser.Option(
        help: ArgumentHelp(
            "Tell the runs of a summary apart by these: day, workload, mode, runtime (default: workload,mode).",
            valueName: "keys"), completion: .list(HistorySummary.Key.allCases.map(\.rawValue)),
        transform: Self.keys)
    var by: [HistorySummary.Key]?

    @ArgumentParser.Option(
        help: ArgumentHelp("Write the summary as a page; - for standard output.", valueName: "file"),
        completion: .file())
    var html: String?

    @Sendable
    private static func keys(_ text: String) throws -> [HistorySummary.Key] {
        let words = text.split(separator: ",", omittingEmptySubsequences: false)
        let keys = words.compactMap { HistorySummary.Key(rawValue: String($0)) }
        guard keys.count == words.count, Set(keys).count == keys.count else {
            let names = HistorySummary.Key.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("'\(text)' is no list of different ones of \(names), such as day,workload")
        }
        return keys
    }

    /// Whether runs are summed up rather than listed.
    private var isSummary: Bool { summary || by != nil || html != nil }

    /// How many runs are shown where nothing says which ones.
    private static let defaultRuns = 20

    /// The `--json` document.
    struct Answer: Encodable {
        var runs: [HistoryRun]
    }

    func run() throws {
        if let workload { _ = try WorkloadOffer(service.values).definition(named: workload) }
        let scope = journal.scope(service)
        try scope.checkAccess()
        // Before the journal is read, which may take a while.
        var page = try html.map { path throws(CommandError) in try ExportFile(path) }
        let runs = try read(scope)
        if runs.isEmpty {
            let isFiltered = workload != nil || mode != nil || temperature != nil || runtime != nil
            try scope.explainNothing("runs", isFiltered: journal.isFiltered || isFiltered)
        }
        let style = service.values.style
        guard isSummary else {
            if output.json { return try StandardOutput.write(json: Answer(runs: runs)) }
            return try StandardOutput.write(HistoryTable(runs, style: style).text(clock: LocalTime.text))
        }
        let summary = HistorySummary(runs, by: by ?? [.workload, .mode], day: LocalTime.day)
        if page != nil {
            let text = HistoryPage(summary, subject: subject(runs.count), note: LocalTime.now).text
            try page?.write(Array(text.utf8))
            if html == "-" { return }
        }
        if output.json {
            try StandardOutput.write(json: summary)
        } else {
            try StandardOutput.write(summary.text(style: style))
        }
    }

    /// Which runs these are, in words.
    private func subject(_ count: Int) -> String {
        let parts = [
            Units.counted(count, "run"), workload.map { "of \($0)" }, mode.map { "in mode \($0.rawValue)" },
            temperature.map { "that were \($0.rawValue)" }, runtime.map { "on \($0)" },
            journal.since.map { "since \($0)" }, journal.until.map { "until \($0)" },
        ]
        return parts.compactMap(\.self).joined(separator: " ")
    }

    /// The matches and options for `journalctl`.
    func words(_ scope: JournalScope) -> [String] {
        let filters: [(RunField, String?)] = [
            (.workload, workload), (.mode, mode?.rawValue), (.temperature, temperature?.rawValue),
            (.runtime, runtime),
        ]
        return ["--output-fields=" + RunField.allCases.map(\.rawValue).joined(separator: ",")]
            + journal.words(defaultLines: isSummary ? nil : Self.defaultRuns)
            + scope.matches(unit: journal.unit) + ["MESSAGE_ID=\(MessageID.runFinished.rawValue)"]
            + filters.compactMap { field, value in value.map { "\(field.rawValue)=\($0)" } }
    }

    /// Reads the runs, oldest first, and says on standard error how many entries could not be read.
    private func read(_ scope: JournalScope) throws(CommandError) -> [HistoryRun] {
        var reader = try JournalReader(words(scope))
        var runs: [HistoryRun] = []
        var bad: (count: Int, field: String)?
        do {
            while let line = try reader.next() {
                let entry = try JournalEntry.read(line)
                do {
                    runs.append(try entry.run())
                } catch {
                    bad = ((bad?.count ?? 0) + 1, error.name)
                }
            }
        } catch {
            try? reader.end(wasRead: false)
            throw error
        }
        try reader.end(wasRead: true)
        if let bad {
            StandardError.write(
                "parctl: \(Units.counted(bad.count, "run")) left out: no usable \(bad.field) in the journal\n")
        }
        return runs
    }
}

extension Mode: ExpressibleByArgument {}
extension Receipt.Temperature: ExpressibleByArgument {}
