import ArgumentParser
import Catalogue
import Control
import Report

/// `parctl workloads`: what can be run, from the catalogue; needs no daemon.
struct WorkloadsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workloads", abstract: "List what can be run, with its options; or describe one workload.",
        discussion: "Needs no daemon.")

    @Argument(help: "The workload to describe.", completion: .list(Catalogue.all.map(\.name)))
    var workload: String?
    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        let chosen = try workload.map { [try CommandWords.definition(named: $0)] } ?? Catalogue.all
        if output.json {
            return try StandardOutput.write(
                json: ListWorkloads.Reply(workloads: chosen.map { WorkloadDescription($0) }))
        }
        let workloads = chosen.map { WorkloadDescription($0, withClientOptions: true) }
        if workload != nil, let only = workloads.first {
            try StandardOutput.write(WorkloadList.page(only, look: service.values.look))
        } else {
            try StandardOutput.write(WorkloadList(workloads, look: service.values.look).text)
        }
    }
}

extension WorkloadDescription {
    /// The catalogue's definition, as the daemon would describe it; to people, with the options that parctl itself sees to.
    init(_ definition: Definition, withClientOptions: Bool = false) {
        self.init(
            name: definition.name, summary: definition.summary, detail: definition.text, unit: definition.unit,
            rerun: definition.rerun,
            input: definition.input?.name,
            options: (definition.options + (withClientOptions ? definition.clientOptions : [])).map { option in
                let letter = option.letter.map { " (-\($0))" } ?? ""
                return Option(
                    name: option.name, kind: option.kind.rawValue, value: option.value, summary: option.summary + letter
                )
            })
    }
}
