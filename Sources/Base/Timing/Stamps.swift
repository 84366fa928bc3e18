/// When a run passed from one phase to the next, in nanoseconds of one monotonic clock.
public struct Stamps: Sendable, Equatable {
    public var accepted: UInt64
    /// Its workers were its own, though perhaps not up.
    public var leased: UInt64?
    /// All of them were up.
    public var ready: UInt64?
    /// The first task began.
    public var firstStart: UInt64?
    /// The last task ended.
    public var lastStop: UInt64?
    /// Every task had its terminal state.
    public var settled: UInt64?
    /// The results were assembled.
    public var collected: UInt64?
    /// The workers of a cold run were gone.
    public var gone: UInt64?

    public init(accepted: UInt64) {
        self.accepted = accepted
    }

    /// The first task began at `time`; nil for none. A worker that has gone on with a job by itself may have begun before that
    /// was seen: then it was the job's, and up, at that time.
    public mutating func begin(at time: UInt64?) {
        firstStart = time
        guard let time else { return }
        leased = leased.map { min($0, max(time, accepted)) }
        ready = ready.map { min($0, max(time, accepted)) }
    }

    /// The phases, which add up to the time from the first stamp to the last one.
    ///
    /// A phase that the run never came to takes no time: what was waited for it stays with the phase before.
    public var phases: PhaseTimes {
        let settled = settled ?? lastStop ?? accepted
        let leased = leased ?? settled
        let ready = ready ?? (self.leased == nil ? leased : settled)
        let firstStart = firstStart ?? settled
        let lastStop = lastStop ?? settled
        let collected = collected ?? max(settled, lastStop)
        return PhaseTimes(
            queue: leased.since(accepted), startup: ready.since(leased), dispatch: firstStart.since(ready),
            run: lastStop.since(firstStart), collect: collected.since(lastStop),
            teardown: (gone ?? collected).since(collected))
    }
}

/// How long each phase of a run took, in nanoseconds.
public struct PhaseTimes: Sendable, Equatable {
    public var queue: Int
    public var startup: Int
    public var dispatch: Int
    public var run: Int
    public var collect: Int
    public var teardown: Int

    public init(queue: Int, startup: Int, dispatch: Int, run: Int, collect: Int, teardown: Int) {
        self.queue = queue
        self.startup = startup
        self.dispatch = dispatch
        self.run = run
        self.collect = collect
        self.teardown = teardown
    }

    public var sum: Int { queue + startup + dispatch + run + collect + teardown }
}

extension UInt64 {
    /// Nanoseconds from an earlier stamp to this one; negative if it is the later one.
    public func since(_ earlier: UInt64) -> Int {
        Int(Int64(bitPattern: self &- earlier))
    }
}
