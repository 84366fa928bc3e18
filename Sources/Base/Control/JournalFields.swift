/// What kind of thing a journal entry of the daemon tells, as its `MESSAGE_ID`.
///
/// The numbers were drawn once with `systemd-id128 new` and never change. `systemd/pard.catalog` explains each one to
/// the reader of `journalctl -x`.
public enum MessageID: String, Sendable, CaseIterable {
    /// A run came to its end, in whatever way. Its entry has every ``RunField``.
    case runFinished = "f99f41bd847644808518f55806840d6c"
    /// All workers of a pool's floor are ready.
    case poolWarm = "cfbc67b7683749adbe03d5c569e6751b"
    /// A worker ended without being told to, and another one takes its place.
    case workerLost = "8b2689a97f384df088a7db5dc84b9261"
    /// The fork server was started, for the first time or for a lost one.
    case zygoteStarted = "e659a6b71c2143eab5d80193ba820d1d"
    /// The fork server could not fork.
    case forksFailed = "a180b686314a4ef2b9f40f8f3038a6dd"
    /// The fork server ended without being told to, and another one takes its place.
    case zygoteLost = "49d587a1a522466a8c48f39fb2278a5e"
    /// Runs were not taken in because something was used up.
    case refused = "f0bec160383945749a706db9a91d0c1d"
    /// A new configuration is in force.
    case configurationReloaded = "eedafd4c4a3e460190c291ff9e7fd998"
    /// A new configuration was no good, and the old one stays in force.
    case configurationRejected = "2b47597ffb1c49ffabcbd16045c85fd2"
    /// The daemon was told to stop, and its jobs have ended.
    case drained = "a88ad8b9c25e459f9f9a22cfae61fb6d"
    /// Entries could not be handed to the journal.
    case entriesDropped = "b4b22820ed344634bd59ae86d5bee9cc"
}

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
    /// What its workers were made of: `native`, `curl`, `blas`, or `plugin:` or `python:` and what they had loaded.
    case runtime = "PARD_RUNTIME"
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
    /// How the times of its tasks are spread, as ``Histograms`` have it; empty where none ran.
    case taskHistogram = "PARD_TASK_HISTOGRAM"
    /// Likewise, how long workers were free before each task; empty where nobody kept that.
    case dispatchHistogram = "PARD_DISPATCH_HISTOGRAM"
    /// The user who sent the run.
    case peerUID = "PARD_PEER_UID"
}
