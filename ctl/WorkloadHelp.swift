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
        let description = WorkloadDescription(entry, withClientOptions: true)
        let help = "parctl \(command._commandName) --help"
        try StandardOutput.write(
            WorkloadList.page(description, look: look) + (entry.id == .exec ? ExecHelp.text : "")
                + "\nThe options of every run: see '\(help)'.\n")
    }
}
