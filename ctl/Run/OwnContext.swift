import Control
import Glibc
import Linux

/// What this process hands on to the commands of a run.
extension Context {
    /// This process's own, in another directory if one is named. Throws where its own is gone: nothing may be done elsewhere
    /// instead.
    static func ofThisProcess(in directory: String? = nil) throws(CommandError) -> Context {
        if directory == nil, let fault = Environment.directoryFault { throw .directory(fault) }
        let mask = ownUmask
        let own = Inheritance.ofThisProcess
        return Context(
            directory: directory ?? Environment.directory, umask: Int(mask), environment: Variables.ownTexts,
            ignored: IgnoredSignals.inherited(own.ignored ?? []), nice: own.nice, io: own.io, oom: own.oom,
            policy: own.policy == Int(SCHED_OTHER) ? nil : own.policy, cpus: narrowed(own.cpus), limits: own.limits)
    }

    /// As much of it as files need that a worker makes.
    static var ofFiles: Context { Context(directory: "/", umask: Int(ownUmask), environment: []) }

    /// The processors that this process may run on; nil where they are all that there are, as on nearly every host.
    private static func narrowed(_ cpus: [Int]?) -> [Int]? {
        cpus.flatMap { $0.count < Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) ? $0 : nil }
    }

    private static var ownUmask: mode_t {
        let mask = Glibc.umask(0)
        Glibc.umask(mask)
        return mask
    }
}

/// The signals that whoever started this process had it ignore.
enum IgnoredSignals {
    /// Signals that this program ignores for itself: what is written to nobody, or beyond a limit, is met where it is written.
    private static let own = [SIGPIPE, SIGXFSZ]
    /// Those of them that it was to ignore anyway. Written once, before there is another thread.
    private nonisolated(unsafe) static var first: [Int32] = []

    /// Ignores what this program does, and notes what was ignored before.
    static func begin() {
        first = own.filter { unsafeBitCast(signal($0, SIG_IGN), to: Int.self) == ignored }
    }

    /// Has what this program ignores for itself be as it was, for a program that takes this process over.
    static func end() {
        for number in own where !first.contains(number) { signal(number, SIG_DFL) }
    }

    /// `SIG_IGN` as a number, as C has it.
    private static let ignored = 1

    /// Of what this process ignores now, what it was started with.
    static func inherited(_ now: [Int]) -> [Int]? {
        let mine = own.filter { !first.contains($0) }.map(Int.init)
        let inherited = now.filter { !mine.contains($0) }
        return inherited.isEmpty ? nil : inherited
    }

    /// Whether a signal is ignored now.
    static func contains(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == ignored
    }
}
