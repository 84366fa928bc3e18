import Catalogue
import Control
import Varlink

/// `ListWorkloads`: the catalogue.
enum WorkloadsHandler {
    /// The reply, the same for everybody.
    static var text: [UInt8] { get throws { try Reply(reply).parameters } }

    private static let reply = ListWorkloads.Reply(
        workloads: Catalogue.all.map { entry in
            WorkloadDescription(
                name: entry.name, summary: entry.summary, detail: entry.text, unit: entry.unit, rerun: entry.rerun,
                input: entry.input?.name,
                options: entry.options.map { option in
                    .init(name: option.name, kind: option.kind.rawValue, value: option.value, summary: option.summary)
                })
        })
}
