import ArgumentParser
import Report

/// `parctl logs`: the daemon's entries in the journal.
struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what the daemon, and systemd about it, have written to the journal.",
        discussion: """
            Shows the last \(defaultLines) entries unless --since, --until or -n says otherwise. JSON is one object a \
            line, with the journal's own fields. 'journalctl -x' explains the daemon's entries.

            EXAMPLES:
              parctl logs -f
              parctl logs --system --since today
            """)

    @OptionGroup var service: ServiceOptions
    @OptionGroup var journal: JournalOptions

    @Flag(name: [.customShort("f"), .customLong("follow")], help: "Go on with new entries until Ctrl-C.")
    var follow = false

    @Flag(name: .customLong("json"), help: "Print one JSON object a line.")
    var json = false

    private static let defaultLines = 20

    func run() throws {
        let scope = journal.scope(service)
        try scope.checkAccess()
        var reader = try JournalReader(words(scope))
        do {
            let style = service.values.style
            var isEmpty = true
            while let line = try reader.next() {
                isEmpty = false
                if json {
                    try StandardOutput.write(line + [UInt8(ascii: "\n")])
                } else {
                    try StandardOutput.write(
                        try JournalEntry.read(line).line.text(style: style, clock: LocalTime.text))
                }
            }
            if isEmpty { try scope.explainNothing("entries", isFiltered: journal.isFiltered) }
        } catch {
            try? reader.end(wasRead: false)
            throw error
        }
        try reader.end(wasRead: true)
    }

    /// The matches and options for `journalctl`.
    func words(_ scope: JournalScope) -> [String] {
        (follow ? ["--follow"] : [])
            + (json ? [] : ["--output-fields=" + JournalEntry.lineFields.joined(separator: ",")])
            + journal.words(defaultLines: Self.defaultLines) + [scope.unitOption(journal.unit)]
    }
}
