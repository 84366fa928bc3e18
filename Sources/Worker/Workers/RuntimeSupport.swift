import Catalogue
public import Linux
public import Workloads

/// What a program can make its workers of beyond what every worker is: the runtimes with a library.
///
/// One is made on each worker, of which it keeps whatever is to outlive a job, such as open connections.
public protocol RuntimeSupport: AnyObject {
    /// Makes the process ready to be the zygote of a runtime, or a worker that was started as a program. Called once,
    /// while it has one thread.
    ///
    /// In a zygote it does only what starts no thread and survives a fork, and finds out whether workers can do the rest.
    ///
    /// - Parameter arguments: the runtime's, as the daemon has them.
    static func prepare(_ arguments: [String]) throws(RuntimeFault)

    /// Has what the runtime needs ready for use by this worker, which is not up before.
    init()

    /// Does a worker's part of a job, of the workload called so. A workload that the runtime doesn't have is left alone.
    func work(_ workload: String, _ loop: consuming TaskLoop, _ arguments: JobArguments)

    /// Whether this worker is to end after the job at hand, for another to take its place.
    var isSpent: Bool { get }
    /// Whether it is to end likewise, having left its job: what tasks have done to its process can't be undone.
    var hasToGo: Bool { get }

    /// Forks a process that is the daemon's own child, with all that the runtime needs to get over it.
    ///
    /// - Returns: the child's pid, or 0 in the child.
    static func fork() throws(SystemError) -> Int32

    /// The calling thread is about to wait for an order, and holds nothing that others may need until ``endWaiting()``.
    static func beginWaiting()
    static func endWaiting()

    /// How many words of the process's command line stand before the runtime's arguments.
    static var launcherWords: Int { get }
}

// What runtimes do that need nothing of their own for it.
extension RuntimeSupport {
    public static func fork() throws(SystemError) -> Int32 { try ThisProcess.forkSibling() }
    public static func beginWaiting() {}
    public static func endWaiting() {}
    public static var launcherWords: Int { 1 }
    public var isSpent: Bool { false }
    public var hasToGo: Bool { false }
}

/// Why a runtime can't be: what could not be loaded and why, for whoever wanted to run something on it.
public struct RuntimeFault: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

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
