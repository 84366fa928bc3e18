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
    let commands: CommandPlace

    init(arena: Arena, number: Int, event: Int32) {
        self.arena = arena
        self.number = number
        self.event = event
        slot = arena.slot(number)
        commands = CommandPlace(arena, slot: slot, guardian: ZygoteProtocol.Inherited.guardian)
        pid = UInt32(ThisProcess.pid)
        tid = UInt32(ThisProcess.tid)
    }

    /// Loads what the worker needs, says that it can take its first order, and works until it is told to leave.
    ///
    /// - Returns: whether it ends for another to take its place, rather than as it was told.
    @discardableResult
    func run(_ support: (any RuntimeSupport.Type)?) -> Bool {
        slot.begunAt.pointee = Monotonic.now()
        let own = support?.init()
        announce()
        return serve(own, of: support)
    }

    private func announce() {
        slot.tid.pointee = tid
        slot.readyAt.pointee.store(Monotonic.now(), ordering: .releasing)
        if arena.header.starting.pointee.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue <= 0 {
            arena.tellNews(event)
        }
    }

    private func serve(_ support: (any RuntimeSupport)?, of kind: (any RuntimeSupport.Type)?) -> Bool {
        var waiter = OrderWaiter(arena: arena, number: number, telling: kind)
        while true {
            switch waiter.next() {
            case .work:
                work(arena.job(at: Int(slot.subject.pointee)), order: waiter.seen, support, of: kind)
                if support?.isSpent == true || support?.hasToGo == true { return true }
            case .leave: return false
            case .startThreads, .stopThreads: waiter.finish()
            case nil:
                waiter.finish()
                // Another order may wait until this worker is idle.
                arena.tellNews(event)
            }
        }
    }

    private func work(
        _ job: Job, order: UInt32, _ support: (any RuntimeSupport)?, of kind: (any RuntimeSupport.Type)?
    ) {
        slot.done.pointee.store(0, ordering: .relaxed)
        var job = job
        var stream: JoinedStream?
        if job.plan.pointee.stream != nil {
            // One that can't join leaves, and the others do without.
            guard let joined = join(job) else { return leave(job, order: order) }
            job = Job(job, joining: joined.seat)
            stream = joined
        }
        defer { withExtendedLifetime(stream) {} }
        slot.delayed.pointee = 0
        let arguments = JobArguments(of: job)
        let number = Int(job.plan.pointee.workload)
        let loop = TaskLoop(worker: self, job: job, telling: kind)
        switch WorkloadCode.table.indices.contains(number) ? WorkloadCode.table[number] : .unknown {
        case .own(let run): run(loop, arguments)
        case .runtime(let name): support?.work(name, loop, arguments)
        case .unknown: break
        }
        // One that ends doesn't leave: the crew's last one would ring for a job that is done, and tasks may be left.
        if support?.isSpent != true { leave(job, order: order) }
    }

    /// How long a worker waits for a stream's memory.
    private static let joinNanoseconds: UInt64 = 10_000_000_000

    /// Has the daemon pass the memory of the job's stream, and maps it. Nil where it won't, or there is no room.
    private func join(_ job: Job) -> JoinedStream? {
        do {
            let files = try FileRequest.ask(
                ZygoteProtocol.Inherited.files, for: job.plan.pointee.job, count: 2, within: Self.joinNanoseconds)
            guard let files else { return nil }
            let memory = Descriptor(owning: files[0])
            let bell = Descriptor(owning: files[1])
            return try JoinedStream(of: job, seat: Int(slot.seat.pointee), pid: pid, memory: memory, bell: bell)
        } catch {
            complain("a lease can't be joined: \(error)")
            return nil
        }
    }

    /// Leaves the crew. The last one out rings; once one of the crew has died, everybody does.
    private func leave(_ job: Job, order: UInt32) {
        let rings = job.plan.pointee.rings != 0
        let isLast = job.remaining.pointee.subtract(1, ordering: .acquiringAndReleasing).newValue <= 0
        if isLast {
            job.finished.pointee.store(1, ordering: .sequentiallyConsistent)
            if job.waiting.pointee.load(ordering: .sequentiallyConsistent) != 0 { Futex.wake(job.finished) }
        }
        // Sequentially consistent against the daemon's looking at `finished` after the last one's ring, or after it has
        // set the flag: it sees that this worker has left, or this worker sees that it has to ring, too.
        slot.finish(order)
        // The memory may be another job's by now. Reading it can at most ring once too often.
        let isOver = job.remaining.pointee.load(ordering: .sequentiallyConsistent) <= 0
        if rings, isLast || isOver || job.disturbed.pointee.load(ordering: .sequentiallyConsistent) != 0 {
            arena.tellNews(event)
        }
    }
}
