import Dispatch
import Ledger
import Linux
import Pools
import Scheduling
import Synchronization
import Timing

/// A supervisor of this program's own, with four warm threads and four warm processes.
final class WarmPools: Sendable {
    static let floor = 4
    /// As the daemon asks for it.
    static let cpuInterval: UInt64 = 20_000

    let supervisor: Supervisor
    private let thread: SystemThread

    init(zygotePath: String) throws {
        let policy = PoolPolicy(threadFloor: Self.floor, processFloor: Self.floor)
        supervisor = try Supervisor(
            .init(
                policy: policy, zygotePath: zygotePath, libraryZygotePath: "\(zygotePath)-library",
                environment: .ofThisProcess))
        let warm = Answer<Void>()
        thread = try supervisor.start { notice in
            switch notice {
            case .warm: warm.give(())
            case .workerLost, .zygoteStarted, .ended: break
            case .zygoteLost(_, let exit): complain("the zygote ended: \(exit)")
            case .forksFailed(_, let reason): complain("workers could not be forked: \(reason)")
            case .trouble(let trouble), .refused(let trouble), .failed(let trouble): complain(trouble)
            }
        }
        warm.wait()
    }

    func end() {
        supervisor.shutDown(deadline: Monotonic.now() + 1_000_000_000)
        thread.join()
    }

    /// Lends warm workers to `body`.
    func withLease<Value>(
        _ kind: PoolKind, units: Int = 1, tasks: Int = 1, _ body: (Lease) throws -> Value
    ) throws -> Value {
        let answer = Answer<Result<Lease, Refusal>>()
        supervisor.lease(LeaseRequest(kind: kind, units: units), tasks: tasks) { answer.give($0) }
        return try body(try answer.wait().get())
    }

    /// One run from its submission to its records.
    struct Run: Sendable {
        let submitted: UInt64
        let finished: UInt64
        let phases: PhaseTimes
    }

    /// Runs no-ops through the queue, as the daemon does.
    func run(_ kind: PoolKind, units: Int, tasks: Int, cold: ColdStart? = nil) throws -> Run {
        let plan = JobPlan(
            job: 0, tasks: tasks, workload: 0, crew: units * kind.workersPerUnit, cpuInterval: Self.cpuInterval,
            rings: true)
        let spec = JobSpec(lease: LeaseRequest(kind: kind, units: units, cold: cold), tasks: tasks, plan: plan)
        let ended = Answer<Result<Run, Refusal>>()
        let finishedAt = Mutex<(at: UInt64, firstStart: UInt64, lastStop: UInt64)>((0, 0, 0))
        let submitted = Monotonic.now()
        try supervisor.submit(spec) { [supervisor] event in
            switch event {
            case .progress, .workerLost: break
            case .finished(let job):
                let at = Monotonic.now()
                let ends = job.records.reduce(into: (first: UInt64.max, last: UInt64(0))) {
                    $0 = (min($0.first, $1.start), max($0.last, $1.stop))
                }
                finishedAt.withLock { $0 = (at, ends.first, ends.last) }
                supervisor.collected(job.row.id, at: Monotonic.now())
            case .ended(let row):
                let finished = finishedAt.withLock { $0 }
                var stamps = row.stamps
                stamps.firstStart = finished.firstStart
                stamps.lastStop = finished.lastStop
                ended.give(.success(Run(submitted: submitted, finished: finished.at, phases: stamps.phases)))
            }
        } answer: {
            if case .failure(let refusal) = $0 { ended.give(.failure(refusal)) }
        }
        return try ended.wait().get()
    }

    /// Has a pool so many units, and returns once all of them are up.
    func resize(_ kind: PoolKind, to count: Int) throws {
        supervisor.resize(kind, to: count)
        while look()?.machine.members(of: kind).count(where: { $0.state == .ready }) != count {
            rest(nanoseconds: 1_000_000)
        }
    }

    func look() -> Snapshot? {
        let answer = Answer<Snapshot?>()
        supervisor.look { answer.give($0) }
        return answer.wait()
    }
}

/// A value that one thread gives and another one waits for, once. It is not kept.
final class Answer<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let given = DispatchSemaphore(value: 0)

    func give(_ value: Value) {
        self.value.withLock { $0 = value }
        given.signal()
    }

    @discardableResult
    func wait() -> Value {
        while true {
            given.wait()
            if let value = value.withLock({ $0.take() }) { return value }
        }
    }
}
