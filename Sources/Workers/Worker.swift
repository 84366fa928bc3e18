import Catalogue
import Ledger
import Linux
import Workloads

/// One worker: a thread, or a process's only one, that takes orders at its slot until it is told to leave.
struct Worker {
    let arena: Arena
    let number: Int
    let slot: Slot
    /// The daemon's event, rung when there is something for it to see.
    let event: Int32
    let pid: UInt32
    let tid: UInt32

    init(arena: Arena, number: Int, event: Int32) {
        self.arena = arena
        self.number = number
        self.event = event
        slot = arena.slot(number)
        pid = UInt32(ThisProcess.pid)
        tid = UInt32(ThisProcess.tid)
    }

    /// Says that the worker can take its first order.
    func announce() {
        slot.tid.pointee = tid
        slot.owner.pointee.store(pid, ordering: .relaxed)
        slot.readyAt.pointee.store(Monotonic.now(), ordering: .releasing)
        if arena.header.starting.pointee.subtract(1, ordering: .acquiringAndReleasing).newValue <= 0 { ring(event) }
    }

    /// Works until told to leave.
    func serve() {
        var waiter = OrderWaiter(arena: arena, number: number)
        while true {
            switch waiter.next() {
            case .work: work(arena.job(at: Int(slot.subject.pointee)))
            case .leave: return
            case .startThreads, .stopThreads: break
            }
            waiter.finish()
        }
    }

    private func work(_ job: Job) {
        slot.done.pointee.store(0, ordering: .relaxed)
        let arguments = JobArguments(of: job)
        switch WorkloadID(rawValue: job.plan.pointee.workload) {
        case .noop: drain(Noop(arguments), job)
        case .sleep: drain(Sleep(arguments), job)
        case .cpu: drain(CPU(arguments), job)
        case .io: drain(IO(arguments), job)
        case nil: break
        }
        leave(job)
    }

    private func drain(_ workload: consuming some Workload, _ job: Job) {
        var shift = Shift(worker: self, job: job)
        shift.run(workload)
    }

    /// Leaves the crew. The last one out rings.
    private func leave(_ job: Job) {
        let plan = job.plan.pointee
        slot.finished.pointee.store(slot.doorbell.pointee.load(ordering: .relaxed), ordering: .releasing)
        guard job.remaining.pointee.subtract(1, ordering: .acquiringAndReleasing).newValue <= 0 else { return }
        // From here on the job's memory may be given to another job; a stray wake is harmless.
        job.finished.pointee.store(1, ordering: .sequentiallyConsistent)
        if job.waiting.pointee.load(ordering: .sequentiallyConsistent) != 0 { Futex.wake(job.finished) }
        if plan.rings != 0 { ring(event) }
    }
}
