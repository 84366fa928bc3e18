import Catalogue
import Control

/// `ListWorkloads`: the catalogue.
enum WorkloadsHandler {
    static let reply = ListWorkloads.Reply(
        workloads: Catalogue.entries.map { entry in
            WorkloadDescription(
                name: entry.name, summary: entry.summary, detail: entry.detail, unit: entry.unit, rerun: entry.rerun,
                input: entry.input?.rawValue,
                options: entry.options.map { option in
                    .init(name: option.name, kind: option.kind.rawValue, value: option.value, summary: option.summary)
                })
        })
}
