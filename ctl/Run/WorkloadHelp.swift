import ArgumentParser
import Control
import Report

/// The help of a command that takes a workload's words: of the workload that is named, or of the command itself.
enum WorkloadHelp {
    static func show(
        _ words: [String], else command: any ParsableCommand.Type, look: Look
    ) throws(Failure) {
        guard let name = words.first(where: { !$0.hasPrefix("-") }) else {
            return try StandardOutput.write(Parctl.helpMessage(for: command) + "\n")
        }
        let entry = try CommandWords.entry(named: name)
        let verb = command._commandName
        let page = WorkloadList.page(
            WorkloadDescription(entry, withClientOptions: true), usage: WorkloadUsage.form(of: entry, command: verb),
            look: look)
        // A comparison takes no options of what becomes of outputs, which examples of runs have.
        let examples = verb == "run" ? WorkloadUsage.examplesText(of: entry) : ""
        try StandardOutput.write(
            page + (entry.id == .exec ? ExecHelp.text : "") + examples
                + "\nWorkers, charts and what else every run takes: see 'parctl \(verb) --help'.\n")
    }
}
