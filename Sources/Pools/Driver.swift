import Catalogue
import Ledger
import Linux
import Timing

/// Carries out what the pool machine says, and tells it what happens: the supervisor's thread.
final class Driver {
    let supervisor: Supervisor
    let notice: @Sendable (Supervisor.Notice) -> Void
    let bell: Int32
    let arena: Arena
    var machine: PoolMachine
    var loop: EventLoop
    /// One for workers without a library from the start, one for each library once it was needed.
    private(set) var posts: [ZygotePost] = [ZygotePost(for: .none)]
    var workers: [ProcessID: WorkerRecord] = [:]
    var jobs: [JobID: JobRecord] = [:]
    /// The slots of each unit's workers.
    var slots: [UnitID: [Int]] = [:]
    var freeSlots: [Int]
    /// Events that the machine has not been told of yet, oldest first.
    var events: [PoolMachine.Event] = []
    var deadline: UInt64?
    /// Jobs that may wait for workers.
    private var queueLimit: Int
    /// The load that was told last, and when the next one is due; nil while nothing has happened.
    private var toldLoad: Load?
    private var loadAt: UInt64?
    /// When memory that no job has used lately goes back to the system; nil while one is there, or there is none.
    private var trimAt: UInt64?
    /// How long jobs may take to come until their memory is given back.
    private static let trimNanoseconds: UInt64 = 2_000_000_000

    /// What is waited on, as the event loop's key.
    private enum Source {
        case bell
        case zygote(Library)
        case zygoteEnd(Library)
        case worker(ProcessID)

        private static let firstWorker = UInt64(1 + 2 * Library.allCases.count)

        var key: UInt64 {
            switch self {
            case .bell: 0
            case .zygote(let library): UInt64(1 + 2 * library.rawValue)
            case .zygoteEnd(let library): UInt64(2 + 2 * library.rawValue)
            case .worker(let process): Self.firstWorker + UInt64(process)
            }
        }

        init(key: UInt64) {
            if key == 0 {
                self = .bell
            } else if key < Self.firstWorker, let library = Library(rawValue: UInt32((key - 1) / 2)) {
                self = key % 2 == 1 ? .zygote(library) : .zygoteEnd(library)
            } else {
                self = .worker(ProcessID(key - Self.firstWorker))
            }
        }
    }

    init(_ supervisor: Supervisor, bell: Int32, notice: @escaping @Sendable (Supervisor.Notice) -> Void)
        throws(SystemError)
    {
        self.supervisor = supervisor
        self.bell = bell
        self.notice = notice
        arena = supervisor.arena
        machine = PoolMachine(policy: supervisor.configuration.policy)
        queueLimit = supervisor.configuration.queueLimit
        loop = try EventLoop()
        freeSlots = Array((0..<arena.slotCount).reversed())
        try loop.add(bell, key: Source.bell.key)
        try startZygote(at: posts[0])
    }

    /// Works until it has been told to shut down and all is over.
    func run() throws(SystemError) {
        defer { for post in posts { post.dismiss() } }
        tell(.begin)
        while true {
            try carryOut()
            if isOver {
                for post in posts { try post.close() }
                return
            }
            for key in try loop.wait(milliseconds: patience) {
                switch Source(key: key) {
                case .bell: silence(bell)
                case .zygote(let library): try hearZygote(at: post(for: library))
                case .zygoteEnd(let library): try loseZygote(at: post(for: library))
                case .worker(let process): try hearWorker(process)
                }
            }
            for command in supervisor.takeCommands() {
                // Each command meets what the ones before it have led to.
                try carryOut()
                try take(command)
            }
            look()
            let now = Monotonic.now()
            if let due = machine.nextDeadline, due <= now { tell(.tick) }
            for post in posts where post.link == nil && now >= post.retryAt { restartZygote(at: post, now) }
            if let deadline, now >= deadline { try cancelAll() }
            try trim(now)
            report(now)
            tellLoad(now)
        }
    }

    private var isOver: Bool { deadline != nil && machine.jobs.isEmpty && workers.isEmpty }

    /// How long to sleep at most, in milliseconds; nil for as long as nothing happens.
    private var patience: Int32? {
        let now = Monotonic.now()
        var deadlines = jobs.values.compactMap(\.nextProgress)
        if let next = machine.nextDeadline { deadlines.append(next) }
        if let deadline, !machine.jobs.isEmpty { deadlines.append(deadline) }
        for post in posts where post.link == nil { deadlines.append(post.retryAt) }
        if let trimAt { deadlines.append(trimAt) }
        if let loadAt { deadlines.append(loadAt) }
        guard let first = deadlines.min() else { return nil }
        return first <= now ? 0 : Int32(clamping: (first - now) / 1_000_000 + 1)
    }

    func tell(_ event: PoolMachine.Event) {
        events.append(event)
    }

    /// Tells the machine all that has happened and does what it says, until there is nothing more.
    private func carryOut() throws(SystemError) {
        while !events.isEmpty {
            let event = events.removeFirst()
            for action in machine.step(event, at: Monotonic.now()) { try perform(action) }
            for post in posts { try post.flushForks() }
            if loadAt == nil, supervisor.configuration.onLoad != nil {
                loadAt = Monotonic.now() + Supervisor.loadNanoseconds
            }
        }
    }

    /// Tells how busy the pools are, if that has changed: once for all that happened in a while, as telling costs more
    /// than a short run.
    private func tellLoad(_ now: UInt64) {
        guard let due = loadAt, now >= due else { return }
        loadAt = nil
        let load = machine.load
        if load == toldLoad { return }
        toldLoad = load
        supervisor.configuration.onLoad?(load)
    }

    private func take(_ command: Supervisor.Command) throws(SystemError) {
        switch command {
        case .submit(let id, let spec, let extent, let observer, let answer):
            let record = JobRecord(
                id: id, extent: extent, job: arena.job(at: extent.lowerBound), attempts: spec.attempts,
                progressNanoseconds: spec.progressNanoseconds, observer: observer)
            admit(record, spec.lease) { refusal in answer(refusal.map { .failure($0) } ?? .success(id)) }
        case .lease(let id, let request, let extent, let answer):
            let record = JobRecord(
                id: id, extent: extent, job: arena.job(at: extent.lowerBound), attempts: nil, progressNanoseconds: nil,
                lease: answer, observer: { _ in })
            admit(record, request) { refusal in if let refusal { answer(.failure(refusal)) } }
        case .release(let id): tell(.crewLeft(id))
        case .collected(let id, let at): tell(.collected(id, at: at))
        case .cancel(let id, let cause): tell(.cancel(id, cause))
        case .resize(let kind, let size): tell(.resize(kind, size))
        case .recycle(let kind): tell(.recycle(kind))
        case .setPolicy(let policy, let limit):
            queueLimit = limit
            tell(.policy(policy))
        case .look(let answer): answer(snapshot)
        case .checkIn(let answer):
            let checkIn = CheckIn(of: posts.count, answer: answer)
            for post in posts { try post.check(checkIn) }
        case .shutDown(let deadline):
            self.deadline = deadline
            tell(.drain)
        }
    }

    private func admit(
        _ record: JobRecord, _ request: LeaseRequest, _ answer: @Sendable (Refusal?) -> Void
    ) {
        if let refusal = machine.refusal(of: request, queueLimit: queueLimit) {
            supervisor.giveBack(record.extent)
            answer(refusal)
            return
        }
        jobs[record.id] = record
        if let interval = record.progressNanoseconds { record.nextProgress = Monotonic.now() + interval }
        answer(nil)
        tell(.submit(record.id, request))
    }

    private func cancelAll() throws(SystemError) {
        deadline = .max
        for id in machine.jobs.keys.sorted() { tell(.cancel(id, .shutdown)) }
        for worker in workers.values where !arena.slot(worker.head).isReady {
            worker.isToBeKilled = true
            try worker.handle?.signal(killSignal)
        }
    }

    private func trim(_ now: UInt64) throws(SystemError) {
        guard jobs.isEmpty, supervisor.isTrimmable else {
            trimAt = nil
            return
        }
        guard let due = trimAt else {
            trimAt = now + Self.trimNanoseconds
            return
        }
        if now >= due { try supervisor.trim() }
    }

    /// Waits for the end of a worker process from now on.
    func watch(_ worker: WorkerRecord) throws(SystemError) {
        guard let pidfd = worker.handle?.pidfd else { return }
        try loop.add(pidfd, key: Source.worker(worker.id).key)
    }

    /// The post of the zygote for workers with this library. A new one is filled when the driver comes round.
    func post(for library: Library) -> ZygotePost {
        if let post = posts.first(where: { $0.library == library }) { return post }
        let post = ZygotePost(for: library)
        posts.append(post)
        return post
    }

    /// Starts a zygote where none is, or puts it off for a while when that fails.
    private func restartZygote(at post: ZygotePost, _ now: UInt64) {
        do {
            try startZygote(at: post)
        } catch {
            notice(.trouble("the zygote can't be started: \(error)"))
            post.putOff(now)
        }
    }

    private func startZygote(at post: ZygotePost) throws(SystemError) {
        let configuration = supervisor.configuration
        let isPlain = post.library == .none
        let link = try ZygoteLink(
            path: isPlain ? configuration.zygotePath : configuration.libraryZygotePath,
            arguments: isPlain ? [] : [post.library.name], environment: configuration.environment,
            arena: arena.descriptor, event: bell, guardian: supervisor.guardian.descriptor)
        try loop.add(link.socket.raw, key: Source.zygote(post.library).key)
        try loop.add(link.process.pidfd, key: Source.zygoteEnd(post.library).key)
        try post.fill(with: link)
        notice(.zygoteStarted(pid: Int(link.process.pid)))
    }
}
