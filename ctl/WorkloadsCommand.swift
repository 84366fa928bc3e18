import ArgumentParser
import Catalogue
import Control
import Report

/// `parctl workloads`: what can be run, as the daemon says where one runs, and else from this program's own table.
struct WorkloadsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workloads", abstract: "List what can be run, with its options; or describe one workload.",
        discussion: "Needs no daemon. Where one runs, its workloads are shown, which may be more than parctl's own.")

    @Argument(help: "The workload to describe.", completion: .list(Catalogue.all.map(\.name)))
    var workload: String?
    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        let offer = WorkloadOffer(service.values)
        if let workload {
            let definition = try offer.definition(preferringDaemon: workload)
            if output.json { return try write([WorkloadDescription(definition)]) }
            let description = WorkloadDescription(definition, withClientOptions: true)
            return try StandardOutput.write(WorkloadList.page(description, style: service.values.style))
        }
        let told = offer.told ?? Catalogue.all.map { WorkloadDescription($0) }
        if output.json { return try write(told) }
        let list = told.map { description in
            // One whose input only a newer parctl can read is shown as it was told.
            (try? Definition(description)).map { WorkloadDescription($0, withClientOptions: true) } ?? description
        }
        try StandardOutput.write(WorkloadList(list, style: service.values.style).text)
    }

    private func write(_ workloads: [WorkloadDescription]) throws(CommandError) {
        try StandardOutput.write(json: ListWorkloads.Reply(workloads: workloads))
    }
}
