import Ledger

/// What all commands of a job have in common, as it stands in its plan and in its shared words.
public struct ExecSettings {
    /// The numbers in the plan, by their places: the options of the catalogue, then what the daemon adds.
    public enum Number: Int {
        case timeout, tries, outputLimit, grace, umask
    }

    /// Nanoseconds for each try; nil for no limit.
    let timeout: UInt64?
    let tries: UInt32
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
        func number(_ place: Number) -> Int64 { arguments.number(place.rawValue) }
        timeout = number(.timeout) > 0 ? UInt64(number(.timeout)) : nil
        tries = UInt32(clamping: number(.tries))
        outputLimit = UInt64(number(.outputLimit))
        grace = UInt64(number(.grace))
        umask = Int32(truncatingIfNeeded: number(.umask))
        let words = Array(arguments.shared)
        outputDirectory = words.first.map { String(cString: $0) } ?? "/"
        directory = words.dropFirst().first.map { String(cString: $0) } ?? "/"
        environment = Array(words.dropFirst(2))
        job = arguments.job
        keepsOutputs = arguments.logs
    }

    /// The words that ``init(_:)`` reads.
    public static func words(outputDirectory: String, directory: String, environment: [String]) -> [String] {
        [outputDirectory, directory] + environment
    }
}
