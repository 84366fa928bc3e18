import Catalogue
import Control
import Varlink

/// `ListWorkloads`: the catalogue.
enum WorkloadsHandler {
    /// The reply, the same for everybody.
    static var text: [UInt8] { get throws { try Reply(reply).parameters } }

    private static let reply = ListWorkloads.Reply(
        workloads: Catalogue.entries.map { entry in
            WorkloadDescription(
                name: entry.name, summary: entry.summary, detail: entry.detail, unit: entry.unit, rerun: entry.rerun,
                input: entry.input?.rawValue,
                options: entry.options.map { option in
                    .init(name: option.name, kind: option.kind.rawValue, value: option.value, summary: option.summary)
                })
        })
}
