/// The fields of the journal entry that a finished run leaves (``MessageID/runFinished``), beside `MESSAGE` and
/// `PRIORITY`. Every such entry has every one of them.
///
/// Times are whole microseconds. A phase's time is the difference of its two boundaries, each counted from the
/// acceptance of the run and cut down to whole microseconds: so the six phases add up to ``elapsed`` exactly, each is
/// within a microsecond of the receipt's, and a phase that took no time takes none here.
public enum RunField: String, Sendable, CaseIterable {
    case job = "PARD_JOB"
    case workload = "PARD_WORKLOAD"
    /// As ``Mode`` spells it.
    case mode = "PARD_MODE"
    case processes = "PARD_PROCESSES"
    /// Threads of each process.
    case threads = "PARD_THREADS"
    /// `warm` or `cold`.
    case temperature = "PARD_TEMPERATURE"
    /// Why the run was cold; empty when it was warm.
    case coldReason = "PARD_COLD_REASON"
    /// All tasks of the run, however they ended.
    case tasks = "PARD_TASKS"
    /// Those that failed or were lost with their worker; cancelled ones are no failures.
    case tasksFailed = "PARD_TASKS_FAILED"
    /// Workers that died at the run.
    case deaths = "PARD_DEATHS"
    /// How often tasks were run again because a worker died at them.
    case reruns = "PARD_RERUNS"
    /// How long those workers had been at the tasks that they left, cut down to whole microseconds.
    case timeLost = "PARD_TIME_LOST_USEC"
    case queue = "PARD_QUEUE_USEC"
    case startup = "PARD_STARTUP_USEC"
    case dispatch = "PARD_DISPATCH_USEC"
    case run = "PARD_RUN_USEC"
    case collect = "PARD_COLLECT_USEC"
    case teardown = "PARD_TEARDOWN_USEC"
    case elapsed = "PARD_ELAPSED_USEC"
    /// Wall time of all tasks together, cut down to whole microseconds.
    case taskSum = "PARD_TASK_SUM_USEC"
    /// CPU time measured in them, cut down to whole microseconds.
    case taskCPU = "PARD_TASK_CPU_USEC"
    /// The user who sent the run.
    case peerUID = "PARD_PEER_UID"
}
