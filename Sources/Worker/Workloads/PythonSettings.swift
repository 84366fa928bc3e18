public import Ledger

/// What the tasks of a run of Python functions have in common beside the options: where they run, and with which variables.
public enum PythonSettings {
    /// What the daemon adds to the options, by names that none of them has.
    private enum Name {
        static let inputs = "pard.inputs"
        static let grace = "pard.grace"
    }

    /// Adds what the options don't say to a job's arguments.
    ///
    /// - Parameters:
    ///   - hasInputs: whether each task is given something.
    ///   - grace: nanoseconds from a task's being interrupted to its worker's end.
    public static func add(
        hasInputs: Bool, grace: UInt64, to block: inout ArgumentBlock
    ) throws(ArgumentBlock.Full) {
        try block.add(Name.inputs, hasInputs ? 1 : 0)
        try block.add(Name.grace, Int64(clamping: grace))
    }

    /// Nanoseconds from a task's being interrupted to its worker's end.
    public static func grace(_ arguments: JobArguments) -> UInt64 { UInt64(clamping: arguments.number(Name.grace)) }

    /// Whether each task is given something.
    public static func hasInputs(_ arguments: JobArguments) -> Bool { arguments.flag(Name.inputs) }

    /// Variables by which libraries are told how many threads each process is to compute on.
    private static let threadVariables = [
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
    ]

    /// A caller's environment, with what keeps workers from taking each other's processors where the caller doesn't say
    /// otherwise: processors ÷ workers.
    public static func environment(_ own: [String], processors: Int, workers: Int) -> [String] {
        let count = max(1, processors / max(1, workers))
        return own
            + threadVariables.filter { name in !own.contains { $0.hasPrefix(name + "=") } }.map { "\($0)=\(count)" }
    }

    /// The words that all tasks share: where the daemon reads what they print, where they run, the bits that new files don't
    /// get, then `NAME=value` for each variable.
    public static func words(outputDirectory: String, directory: String, umask: Int, environment: [String]) -> [String]
    {
        [outputDirectory, directory, String(umask)] + environment
    }
}
