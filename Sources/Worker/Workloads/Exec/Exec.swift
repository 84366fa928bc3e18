import Catalogue
import Glibc
public import Ledger
import Linux

/// Runs a command for each task and keeps what it writes.
public struct Exec: Workload {
    private let runner: CommandRunner
    private let tries: Int64

    public init(_ arguments: JobArguments) {
        let settings = ExecSettings(arguments)
        tries = settings.tries
        runner = CommandRunner(settings)
        Interrupt.expect()
    }

    /// - Returns: 0, the exit code of a command that has done its work.
    public mutating func run(_ task: TaskContext) throws(TaskFailure) -> Int64 {
        var detail = CommandDetail()
        defer { task.tell(detail) }
        while true {
            detail.tries += 1
            do {
                try runner.run(task, &detail)
                return 0
            } catch {
                if detail.tries >= tries || task.isCancelled || !error.isWorthAnotherTry { throw error }
            }
        }
    }
}

extension TaskFailure {
    /// Whether the command itself failed: what it can't be run for stays as it is.
    fileprivate var isWorthAnotherTry: Bool {
        switch ExecFailure(rawValue: number) {
        case .exit, .signal, .timeout: true
        default: false
        }
    }
}
