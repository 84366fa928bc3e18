import Bytes
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

/// What all commands of a job have in common, as it stands in its plan and in its shared words.
public struct ExecSettings {
    /// What the daemon adds to the options, by names that none of them has.
    private enum Name {
        static let grace = "pard.grace"
        static let umask = "pard.umask"
    }

    /// Nanoseconds for each try; nil for no limit.
    let timeout: UInt64?
    let tries: Int64
    /// Bytes for each of the two outputs.
    let outputLimit: UInt64
    /// Nanoseconds from SIGTERM to SIGKILL.
    let grace: UInt64
    let umask: Int32
    /// Where the daemon reads what commands write.
    let outputDirectory: String
    /// Where commands run.
    let directory: String
    /// `NAME=value`, in the job's memory.
    let environment: [UnsafePointer<CChar>]
    let job: UInt64
    /// Whether what commands write is kept: not where nobody has asked for it.
    let keepsOutputs: Bool

    init(_ arguments: JobArguments) {
        let longest = arguments.number("timeout")
        timeout = longest > 0 ? UInt64(longest) : nil
        tries = arguments.number("retries")
        outputLimit = UInt64(clamping: arguments.number("output-limit"))
        grace = UInt64(clamping: arguments.number(Name.grace))
        umask = Int32(truncatingIfNeeded: arguments.number(Name.umask))
        let words = Array(arguments.shared)
        outputDirectory = words.first.map { String(cBytes: $0) } ?? "/"
        directory = words.dropFirst().first.map { String(cBytes: $0) } ?? "/"
        environment = Array(words.dropFirst(2))
        job = arguments.job
        keepsOutputs = arguments.logs
    }

    /// Adds what the options don't say to a job's arguments.
    ///
    /// - Parameter grace: nanoseconds from SIGTERM to SIGKILL.
    public static func add(grace: UInt64, umask: Int, to block: inout ArgumentBlock) throws(ArgumentBlock.Full) {
        try block.add(Name.grace, Int64(clamping: grace))
        try block.add(Name.umask, Int64(umask))
    }

    /// The words that ``init(_:)`` reads.
    public static func words(outputDirectory: String, directory: String, environment: [String]) -> [String] {
        [outputDirectory, directory] + environment
    }
}
