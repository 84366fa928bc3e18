import Ledger
import Linux
import Scheduling

/// What the driver knows of a runtime that has been needed: its zygote, which is started when it is first needed and again
/// whenever it is lost, and what it is to be asked for.
final class RuntimeRecord {
    let runtime: Runtime
    /// What its workers have of the daemon's.
    let domain: Domain
    private let patience: Patience
    /// Its zygote; nil while there is none.
    private(set) var link: ZygoteLink?
    /// Zygotes in a row that were lost before they had answered anything, or could not be started.
    private var losses = 0
    /// When the first of them was lost, and the last.
    private var lostAt: (first: UInt64, last: UInt64) = (0, 0)
    /// When the next one may be started, if none is there.
    private(set) var retryAt: UInt64 = 0
    /// Why the last one was lost.
    private var reason = "it has hung up"
    /// What its zygote has told of itself; nil where it tells nothing.
    var report: RuntimeReport?
    /// What a zygote has said that can't be one, or how a user's library has ended it; nil since another has answered.
    private var refusal: String?
    /// Whether nobody needs a zygote, so that none is started.
    private(set) var isResting = false
    /// Whether ``brokenReason`` has been told.
    var isToldBroken = false
    /// Starts of workers in a row that failed.
    private var startFailures = 0
    /// Until when no worker is asked for, as the last one did not start; 0 for no pause.
    private(set) var pausedUntil: UInt64 = 0
    /// Why a worker did not start the last time that one didn't; nil once one has.
    private(set) var startFailure: String?
    /// Processes to be asked for, oldest first.
    private var forks: [Fork] = []
    /// Scripts that wait for a process, oldest first.
    var scripts: [ScriptID] = []
    /// Processes that wait for a script, oldest first.
    var spares: [ScriptProcess] = []
    /// When one is to be asked for though no script waits for it; nil for not at all.
    var spareAt: UInt64?
    /// Those who wait until it is known whether there is a zygote.
    var waiters: [@Sendable (String, RuntimeHealth) -> Void] = []
    /// When the zygote that is there was first heard to be of use.
    private(set) var readyAt: UInt64?
    private var filledAt: UInt64 = 0
    /// What it took to get the zygote; nil while it is not of use.
    var startupNanoseconds: UInt64? { readyAt.map { $0 > filledAt ? $0 - filledAt : 0 } }

    /// A process to be asked for.
    struct Fork {
        let process: ProcessID
        let exec: Bool
    }

    init(_ runtime: Runtime, in domain: Domain, patience: Patience) {
        self.runtime = runtime
        self.domain = domain
        self.patience = patience
    }

    /// What its zygote is called in messages.
    var name: String { id == .native ? "the zygote" : "the zygote of \(runtime.name)" }

    var id: RuntimeID { runtime.id }

    /// How it is.
    var health: RuntimeHealth {
        if let brokenReason { return .broken(brokenReason) }
        if let link { return link.hasAnswered ? .ready : .starting }
        return isResting ? .gone : .starting
    }

    // MARK: The zygote

    /// Takes a new zygote in.
    func fill(with link: ZygoteLink) {
        self.link = link
        readyAt = nil
        filledAt = Monotonic.now()
        spareAt = runtime.isForScripts ? filledAt : nil
    }

    /// A script needs the zygote, or it is to be kept.
    func want() { isResting = false }

    /// Lets the zygote go. The next one may come at once, or in a while.
    ///
    /// - Parameter reason: why; nil where that is not known yet.
    func vacate(_ reason: String?, _ now: UInt64) -> ZygoteLink? {
        defer { putOff(reason, now) }
        return link.take()
    }

    /// Puts the next zygote off, for longer with each one that has come to nothing.
    func putOff(_ reason: String?, _ now: UInt64) {
        if let reason { self.reason = reason }
        losses += 1
        lostAt = (losses == 1 ? now : lostAt.first, now)
        // What has said so won't be another in a moment.
        let pause =
            refusal == nil ? losses == 1 ? 0 : patience.pause(after: losses - 1) : patience.longestRetryNanoseconds
        retryAt = now + pause
    }

    /// How the one that was lost last has ended, which is known later.
    func explain(_ exit: String) {
        if link == nil { reason = "it ended with \(exit)" }
    }

    /// The zygote has said why it can't be one. Another is tried before long, for as long as somebody wants it.
    func refuse(_ reason: String) {
        refusal = reason
    }

    /// Nobody needs a zygote any more. Whoever needs one next finds out anew why there is none.
    func rest() {
        isResting = true
        losses = 0
        refusal = nil
    }

    /// Why there is no zygote, and won't be soon; nil while there is one, or there may be.
    var brokenReason: String? {
        if let refusal { return "\(runtime.name) can't be started: \(refusal)" }
        return losses > 1 && lostAt.last - lostAt.first >= patience.brokenNanoseconds
            ? "\(name) can't be started: \(reason)" : nil
    }

    /// The zygote has answered something: it is of use.
    func hear() {
        if readyAt == nil { readyAt = Monotonic.now() }
        losses = 0
        refusal = nil
    }

    // MARK: Its workers

    func fork(_ process: ProcessID, exec: Bool) {
        isResting = false
        forks.append(Fork(process: process, exec: exec))
    }

    /// Takes the next processes that may be asked for together, at most `limit`.
    ///
    /// - Parameter isWanted: whether it is still to be asked for.
    func takeForks(atMost limit: Int, where isWanted: (ProcessID) -> Bool) -> [Fork] {
        var batch: [Fork] = []
        var taken = 0
        for fork in forks {
            if isWanted(fork.process) {
                if batch.count == limit || batch.first.map({ $0.exec != fork.exec }) == true { break }
                batch.append(fork)
            }
            taken += 1
        }
        forks.removeFirst(taken)
        return batch
    }

    /// Puts what could not be asked for back in front.
    func putBack(_ batch: some Collection<Fork>) {
        forks.insert(contentsOf: batch, at: 0)
    }

    var hasForks: Bool { !forks.isEmpty }

    /// Forgets processes that are not to be asked for any more.
    func dropForks(where isUnwanted: (ProcessID) -> Bool) {
        forks.removeAll { isUnwanted($0.process) }
    }

    /// A worker could not be forked, or ended before it was up: nothing is started for a while.
    func noteStartFailure(_ reason: String, _ now: UInt64) {
        startFailure = reason
        startFailures += 1
        pausedUntil = now + patience.pause(after: startFailures)
    }

    /// A worker has come up.
    func noteStart() {
        startFailures = 0
        pausedUntil = 0
        startFailure = nil
    }

    // MARK: Time

    /// When something is to be done here; nil while nothing waits for time to pass.
    func nextDeadline(_ now: UInt64) -> UInt64? {
        guard let link else { return isResting ? nil : retryAt }
        if link.owes { return now + patience.lookNanoseconds }
        if hasForks || !scripts.isEmpty { return max(pausedUntil, now + patience.lookNanoseconds / 4) }
        return spareAt
    }

    /// Why the zygote is to be given up; nil while there is no reason.
    func illness(_ now: UInt64) -> String? {
        guard let link, link.owes else { return nil }
        let silence = now > link.silentSince ? now - link.silentSince : 0
        let allowed = link.hasAnswered ? nil : runtime.startNanoseconds
        if silence >= allowed ?? patience.zygoteNanoseconds {
            return "it has not answered for \(silence / 1_000_000_000) s"
        }
        if silence >= patience.lookNanoseconds, link.process.isStopped { return "it has been stopped" }
        return nil
    }
}

/// How long the supervisor waits for what its processes owe it, and what it does when that doesn't come.
public struct Patience: Sendable, Equatable {
    /// How long a zygote may take for its next answer while it owes one, from its start on. Then it is killed and replaced.
    public var zygoteNanoseconds: UInt64 = 5_000_000_000
    /// The same for the first answer of a zygote that loads a user's library, which may read much and run code of its own.
    public var pluginNanoseconds: UInt64 = 10_000_000_000
    /// The same for an interpreter, which may have very much to import.
    public var interpreterNanoseconds: UInt64 = 60_000_000_000
    /// How long a script that stands for an interpreter may take to say which.
    public var shimNanoseconds: UInt64 = 10_000_000_000
    /// How often to look meanwhile whether it has been stopped. Waiting doesn't mend that: it is killed at once.
    public var lookNanoseconds: UInt64 = 20_000_000
    /// How long a forked worker, or a thread that was asked for, may take to be up. Then its process is killed.
    public var workerNanoseconds: UInt64 = 10_000_000_000
    /// How long a worker at a job may be stopped while it has no task. Then its process is killed.
    public var stoppedNanoseconds: UInt64 = 500_000_000
    /// How long nothing is started after a start that failed; doubled with each further one in a row.
    public var retryNanoseconds: UInt64 = 10_000_000
    /// No pause is longer, so that this is how long the service takes to come back once the cause is gone.
    public var longestRetryNanoseconds: UInt64 = 1_000_000_000
    /// How long zygotes may come to nothing, one after the other, until the jobs that need one are failed with the reason.
    public var brokenNanoseconds: UInt64 = 500_000_000
    /// How long, at the very end, processes that have been killed may take to be gone.
    public var endNanoseconds: UInt64 = 1_000_000_000

    public init() {}

    /// The pause after so many failures in a row.
    func pause(after failures: Int) -> UInt64 {
        min(retryNanoseconds << UInt64(min(max(failures - 1, 0), 20)), longestRetryNanoseconds)
    }
}
