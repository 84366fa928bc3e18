import Catalogue
import Workloads

/// The code of a workload, by its place in the catalogue.
enum WorkloadCode: Sendable {
    /// What every worker can do.
    case own(@Sendable (consuming TaskLoop, JobArguments) -> Void)
    /// What only workers of the workload's runtime can do, by the workload's name.
    case runtime(String)
    case unknown

    /// All workloads that need no runtime but the workers' own.
    private static let own: [(name: String, code: WorkloadCode)] = [
        (Definition.noop.name, code(Noop.init)),
        (Definition.sleep.name, code(Sleep.init)),
        (Definition.cpu.name, code(CPU.init)),
        (Definition.io.name, code(IO.init)),
        (Definition.exec.name, code(Exec.init)),
    ]

    /// The code of each workload, by its place in the catalogue. A zygote makes it before its first fork.
    static let table: [WorkloadCode] = Catalogue.all.map { definition in
        own.first { $0.name == definition.name }?.code ?? .runtime(definition.name)
    }

    /// Made in this module for each workload by itself, so that the loop over its tasks calls nothing by way of a table.
    private static func code<W: Workload & SendableMetatype>(
        _ make: @escaping @Sendable (JobArguments) -> W
    ) -> WorkloadCode {
        .own { loop, arguments in
            var loop = loop
            loop.run(make(arguments))
        }
    }
}
