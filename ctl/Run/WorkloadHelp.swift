import ArgumentParser
import Catalogue
import Control
import Report

/// The help of a command that takes a workload's words: of the workload that is named, or of the command itself.
enum WorkloadHelp {
    static func show(
        _ words: [String], else command: any ParsableCommand.Type, _ service: Service
    ) throws(CommandError) {
        guard let name = words.first(where: { !$0.hasPrefix("-") }) else {
            return try StandardOutput.write(Parctl.helpMessage(for: command) + "\n")
        }
        let definition = try WorkloadOffer(service).definition(preferringDaemon: name)
        let verb = command._commandName
        let page = WorkloadList.page(
            WorkloadDescription(definition, withClientOptions: true), usage: form(of: definition, command: verb),
            style: service.style)
        // A comparison takes no options of what becomes of outputs, which examples of runs have.
        let examples = verb == "run" ? examples(of: definition) : ""
        try StandardOutput.write(
            page + (definition.input == .command ? ExecHelp.text : "") + examples
                + "\nWorkers, charts and what else every run takes: see 'parctl \(verb) --help'.\n")
    }

    /// The form of the command line.
    private static func form(of definition: Definition, command: String) -> String {
        let operands = definition.input.map { " " + $0.operands } ?? ""
        return "parctl \(command) \(definition.name) [OPTION...]\(operands)"
    }

    /// The examples of runs as a part of a help text.
    private static func examples(of definition: Definition) -> String {
        definition.examples.isEmpty
            ? "" : "\nEXAMPLES:\n" + definition.examples.map { "  parctl run \($0)\n" }.joined()
    }
}
