import Control

/// How a run is asked for, apart from the workload: the options of `parctl run` as typed, and what follows from them.
struct RunShape: Equatable {
    var threads: Int?
    var processes: Int?
    var serial = false
    var cold: Cold?
    var tasks: Int?
    /// Nanoseconds; 0 for no limit, as without one.
    var timeout: Int?
    var records = false
    var halt: Halt?

    /// The arrangement that the numbers ask for; nil leaves it to the daemon.
    func mode() throws(CommandError) -> Mode? {
        if serial {
            guard threads == nil, processes == nil else {
                throw .usage(
                    "--serial is one worker: it can't be joined with \(threads == nil ? "--processes" : "--threads")",
                    help: "parctl run --help")
            }
            return .serial
        }
        return WorkerShape.mode(processes: processes, threads: threads)
    }

    /// The request that runs `workload` with `arguments` in this way.
    func request(_ workload: String, _ arguments: [String: String]) throws(CommandError) -> Run.Request {
        Run.Request(
            workload: workload, arguments: arguments.isEmpty ? nil : arguments, mode: try mode(), processes: processes,
            threads: threads, tasks: tasks, cold: cold, timeout: timeout == 0 ? nil : timeout,
            records: records ? true : nil, halt: halt)
    }
}
