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
            Shows the last \(defaultRuns) runs unless --since, --until, -n or --summary says otherwise. Times are the \
            journal's whole microseconds; 'task' is the wall time of a run's average task. JSON has nanoseconds.

            EXAMPLES:
              parctl history --since -1h --workload io
              parctl history --since today --summary
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

    @Flag(help: "Show median and p99 of start-up, dispatch and task time, warm beside cold.")
    var summary = false

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
        let runs = try read(scope)
        if runs.isEmpty {
            try scope.explainNothing(
                "runs", isFiltered: journal.isFiltered || workload != nil || mode != nil || temperature != nil)
        }
        let style = service.values.style
        switch (summary, output.json) {
        case (false, false): try StandardOutput.write(HistoryTable(runs, style: style).text(clock: LocalTime.text))
        case (false, true): try StandardOutput.write(json: Answer(runs: runs))
        case (true, false): try StandardOutput.write(HistorySummary(runs).text(style: style))
        case (true, true): try StandardOutput.write(json: HistorySummary(runs))
        }
    }

    /// The matches and options for `journalctl`.
    func words(_ scope: JournalScope) -> [String] {
        let filters: [(RunField, String?)] = [
            (.workload, workload), (.mode, mode?.rawValue), (.temperature, temperature?.rawValue),
        ]
        return ["--output-fields=" + RunField.allCases.map(\.rawValue).joined(separator: ",")]
            + journal.words(defaultLines: summary ? nil : Self.defaultRuns)
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
extension Receipt.Temperature: ExpressibleByArgument, CaseIterable {
    public static var allCases: [Receipt.Temperature] { [.warm, .cold] }
}
