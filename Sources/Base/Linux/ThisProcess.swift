import Bytes
import CLinux
import Glibc

/// What a process sets for itself.
public enum ThisProcess {
    /// The words that it was started with, its name first, byte by byte as ``ByteText``: Swift's own list has other characters in
    /// place of what isn't UTF-8.
    public static let arguments: [String] = (0..<Int(CommandLine.argc)).compactMap { place in
        CommandLine.unsafeArgv[place].map { String(cBytes: $0) }
    }

    public static var pid: Int32 { getpid() }
    public static var parent: Int32 { getppid() }
    /// The calling thread's number.
    public static var tid: Int32 { par_gettid() }

    /// A new pidfd, by which others may wait for this process's end.
    public static func openHandle() throws(SystemError) -> Descriptor {
        Descriptor(owning: try kernel("pidfd_open") { par_pidfd_open(getpid()) })
    }

    /// Has the kernel kill this process when the thread that started it ends.
    public static func dieWithParent() throws(SystemError) {
        try kernel("prctl(PR_SET_PDEATHSIG)") { par_die_with_parent() }
    }

    /// Has processes whose parents have ended, and which descend from this one, be its children.
    public static func adoptOrphans() throws(SystemError) {
        try kernel("prctl(PR_SET_CHILD_SUBREAPER)") { par_adopt_orphans() }
    }

    /// How long the calling thread has been ready to run and had no processor so far, in nanoseconds; 0 where the kernel doesn't
    /// tell (sched_stats).
    public static var delayNanoseconds: UInt64 { par_thread_delay() }

    /// Lets no other process without privileges look into this one's memory, or open what it has open. Programs that it
    /// starts are not bound by it; forked children are.
    public static func denyInspection() throws(SystemError) {
        try kernel("prctl(PR_SET_DUMPABLE)") { par_deny_inspection() }
    }

    /// Has the kernel end this process, and those that it will start, before others where memory is short.
    ///
    /// - Parameter thousandths: what its score in that is raised by, in thousandths of all the memory that it shares with others.
    ///   Without privileges it can't be raised any more after ``denyInspection()``.
    public static func offerMemory(_ thousandths: Int32) throws(SystemError) {
        try kernel("writing /proc/self/oom_score_adj") { par_offer_memory(thousandths) }
    }

    /// Lets go of the pages of this program's code and constants that it has used so far. What it goes on using comes back
    /// from the page cache, some at a time; what only its start has needed doesn't.
    public static func releaseCode() {
        par_release_code()
    }

    /// Names the calling thread, in at most 15 bytes, as `ps` and `top` show it.
    public static func setName(_ name: String) {
        // An array made of the string would have each forked child look up that array's type.
        name.withCString { _ = par_set_name($0) }
    }

    /// How far the kernel may put off the calling thread's timers.
    public static func setTimerSlack(nanoseconds: UInt64) {
        _ = par_set_timer_slack(nanoseconds)
    }

    /// The most memory that this process has had at a time, in bytes.
    public static var peakBytes: UInt64 {
        var usage = rusage()
        return getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 ? UInt64(max(usage.ru_maxrss, 0)) * 1024 : 0
    }

    /// Bounds the memory of its own that this process, and each that it starts, may have: its heap and what it maps for
    /// writing, files and shared memory not among it. Whoever asks for more gets none. A lower bound that there is stays.
    public static func limitMemory(bytes: UInt64) throws(SystemError) {
        var limit = rlimit()
        try system("getrlimit(RLIMIT_DATA)") { getrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) }
        limit.rlim_max = min(rlim_t(bytes), limit.rlim_max)
        limit.rlim_cur = min(limit.rlim_cur, limit.rlim_max)
        try system("setrlimit(RLIMIT_DATA)") { setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) }
    }

    /// Lets files be as large as this process may have them.
    public static func raiseFileSizeLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max else {
            return
        }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    }

    /// Forks. The child is a sibling: its parent is this process's parent. This process must have one thread only.
    ///
    /// - Returns: the child's pid, or 0 in the child.
    public static func forkSibling() throws(SystemError) -> Int32 {
        try kernel("clone") { par_fork_sibling() }
    }

    /// Finds where Swift's runtime keeps the calling thread's ID, which a forked child inherits though it has another one. To be
    /// called before the fork.
    ///
    /// - Returns: in how many places; 0 where it doesn't yet.
    @discardableResult
    public static func findThreadID() -> Int { Int(par_find_thread_id()) }

    /// Has the runtime ask for the ID anew. To be called in the child, before it has another thread: with the ID of another
    /// process, two threads would wait for each other's locks for ever.
    public static func forgetThreadID() { par_forget_thread_id() }

    /// Ends this process at once: no handlers, no flushing of what it shares with its siblings.
    public static func leave(_ code: Int32) -> Never {
        _exit(code)
    }
}
