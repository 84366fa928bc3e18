import Catalogue
import Glibc
import Ledger
import Linux
import Pools
import Scheduling
import Synchronization
import Testing

extension RuntimeID {
    static let curl = RuntimeID(number: 1)
    static let blas = RuntimeID(number: 2)
    /// Of the library that every host has made one of.
    static let plugin = RuntimeID(number: UInt32(RuntimeRow.builtIns.count))
}

/// The file of a built-in runtime's library, as the dynamic linker is asked for it.
func libraryFile(of runtime: RuntimeID) -> String { runtime == .curl ? "libcurl.so.4" : "libopenblas.so.0" }

/// The kinds of pool that all keep the same contract.
enum Arrangement: String, CaseIterable, Sendable {
    case threads, processes, mixed, threadsCurl, processesCurl, threadsBLAS, processesBLAS, mixedBLAS, threadsPlugin
    case processesPlugin, mixedPlugin

    var kind: PoolKind {
        switch self {
        case .threads: .threads
        case .processes: .processes(threads: 1)
        case .mixed: .processes(threads: 2)
        case .threadsCurl: PoolKind(.threads, runtime: .curl)
        case .processesCurl: PoolKind(.processes(threads: 1), runtime: .curl)
        case .threadsBLAS: PoolKind(.threads, runtime: .blas)
        case .processesBLAS: PoolKind(.processes(threads: 1), runtime: .blas)
        case .mixedBLAS: PoolKind(.processes(threads: 2), runtime: .blas)
        case .threadsPlugin: PoolKind(.threads, runtime: .plugin)
        case .processesPlugin: PoolKind(.processes(threads: 1), runtime: .plugin)
        case .mixedPlugin: PoolKind(.processes(threads: 2), runtime: .plugin)
        }
    }

    private var units: Int { 4 / kind.workersPerUnit }
    /// The processes that four workers are.
    var processesOfFour: Int { kind.isThreads ? 1 : units }
    /// Units that a host keeps warm unasked.
    var floor: Int { self == .threads || self == .processes ? 4 : 0 }

    /// A lease of four workers.
    func four(cold: ColdStart? = nil, deadline: UInt64? = nil) -> LeaseRequest {
        LeaseRequest(kind: kind, units: units, cold: cold, deadline: deadline)
    }
}

/// The numbers of the workloads in a job's plan.
enum Work {
    static let noop = number(of: .noop)
    static let sleep = number(of: .sleep)
    static let cpu = number(of: .cpu)
    static let dot = number(of: .dot)
    static let download = number(of: .download)

    private static func number(of definition: Definition) -> UInt32 {
        UInt32(Catalogue.number(of: definition.name) ?? -1)
    }

    /// The arguments of a workload of which one option counts: how long, how many or how large.
    static func arguments(_ workload: UInt32, _ number: Int64) throws -> ArgumentBlock {
        var block = ArgumentBlock()
        let names = [sleep: "for", cpu: "iterations", dot: "size"]
        if let name = names[workload] { try block.add(name, number) }
        return block
    }
}

/// A job that is over: its records and what became of it.
struct Outcome: Sendable {
    let row: JobRow
    let records: [TaskRecord]
    let crew: [CrewMember?]

    /// How many tasks have which status.
    func count(_ status: TaskRecord.Status) -> Int { records.count { $0.status == status } }
    /// The processes that ran tasks.
    var pids: Set<Int> { Set(records.filter { $0.pid != 0 }.map { Int($0.pid) }) }
    /// From the first start to the last stop.
    var runNanoseconds: UInt64 {
        let ran = records.filter { $0.start != 0 }
        return (ran.map(\.stop).max() ?? 0) - (ran.map(\.start).min() ?? 0)
    }
}

/// A supervisor with its zygote and workers, for one test.
struct Host: Sendable {
    let supervisor: Supervisor
    private let thread: SystemThread
    private let notices: AsyncStream<Supervisor.Notice>

    /// Starts a supervisor, hands it to the test once all floors are warm, and ends it afterwards.
    static func run(
        threads: Int = 4, processes: Int = 4, idle: UInt64 = 60_000_000_000, runtimeIdle: UInt64 = 300_000_000_000,
        grace: UInt64 = 300_000_000,
        startFailureLimit: Int = 5, queueLimit: Int = 64, workerLimit: Int = 256, patience: Patience = Patience(),
        pluginMemory: Int? = nil, programs: String? = nil, environment: Variables = ["PATH=/usr/bin:/bin"],
        _ test: (Host) async throws -> Void
    ) async throws {
        var policy = PoolPolicy(threadFloor: threads, processFloor: processes)
        policy.idleNanoseconds = idle
        policy.runtimeIdleNanoseconds = runtimeIdle
        policy.cancelGraceNanoseconds = grace
        policy.startFailureLimit = startFailureLimit
        policy.workerLimit = workerLimit
        var configuration = Supervisor.Configuration(
            policy: policy, zygotePath: try programs.map { $0 + "/parzygote" } ?? programPath("parzygote"),
            libraryZygotePath: try programs.map { $0 + "/parzygote-library" } ?? programPath("parzygote-library"),
            environment: environment, queueLimit: queueLimit, ledgerBytes: 1 << 28)
        configuration.patience = patience
        configuration.pluginMemoryBytes = pluginMemory
        let supervisor = try Supervisor(configuration)
        // What code there is in a user's library is of no account.
        let plugin = try supervisor.runtime(forPlugin: mappedFile("/libm.so"))
        #expect(plugin == .plugin)
        let (notices, feed) = AsyncStream<Supervisor.Notice>.makeStream()
        let thread = try supervisor.start { feed.yield($0) }
        let host = Host(supervisor: supervisor, thread: thread, notices: notices)
        await host.await(.warm)
        do {
            try await test(host)
        } catch {
            host.end()
            throw error
        }
        host.end()
    }

    /// Waits until a zygote is lost, or takes the first one that has been; its process ID.
    func awaitLostZygote() async -> Int? {
        for await next in notices { if case .zygoteLost(let pid, _) = next { return pid } }
        return nil
    }

    /// Waits until the supervisor has told this. What it tells before is passed over.
    func await(_ notice: Supervisor.Notice) async {
        for await next in notices where next == notice { return }
    }

    /// Has four workers of the pool ready and kept, which for pools with a floor they are.
    func warm(_ pool: Arrangement) async throws {
        supervisor.resize(pool.kind, to: pool.four().units)
        let isWarm = try await settles { snapshot in
            let members = snapshot.machine.members(of: pool.kind)
            return members.count == pool.four().units && members.allSatisfy { $0.state == .ready }
        }
        #expect(isWarm)
    }

    /// Stops all workers and waits until they are gone.
    ///
    /// - Parameter drain: how long jobs may take to end by themselves, in nanoseconds.
    func end(drain: UInt64 = 5_000_000_000) {
        supervisor.shutDown(deadline: Monotonic.now() + drain)
        thread.join()
    }

    /// A job on its way.
    struct Running: Sendable {
        let id: JobID
        private let life: Task<Outcome, Never>

        init(id: JobID, life: Task<Outcome, Never>) {
            self.id = id
            self.life = life
        }

        var outcome: Outcome { get async { await life.value } }
    }

    /// Hands in a job and returns once it is accepted. Throws ``Refusal``.
    ///
    /// - Parameter here: whether from a thread that may take the supervisor's turn for it, and then ends.
    func submit(
        _ lease: LeaseRequest, tasks: Int, workload: UInt32 = Work.noop, number: Int64 = 0, attempts: Int? = 3,
        here: Bool = false
    ) async throws -> Running {
        var plan = JobPlan(
            job: 0, tasks: tasks, workload: workload, crew: lease.workers, cpuInterval: 20_000, rings: true)
        // Enough for what any workload tells of a task.
        plan.detailBytes = 256
        let spec = JobSpec(
            lease: lease, tasks: tasks, plan: plan, arguments: try Work.arguments(workload, number), attempts: attempts)
        let (events, feed) = AsyncStream<JobEvent>.makeStream()
        let supervisor = supervisor
        let id = try await withCheckedThrowingContinuation { (answer: CheckedContinuation<JobID, any Error>) in
            let handIn: @Sendable () -> Void = {
                do {
                    try supervisor.submit(spec, here: here) { event in
                        feed.yield(event)
                        if case .ended = event { feed.finish() }
                    } answer: {
                        answer.resume(with: $0.mapError { $0 as any Error })
                    }
                } catch {
                    answer.resume(throwing: error)
                }
            }
            guard here else { return handIn() }
            do {
                try SystemThread(named: "par-test", handIn).join()
            } catch {
                answer.resume(throwing: error)
            }
        }
        let life = Task {
            var records: [TaskRecord] = []
            var crew: [CrewMember?] = []
            var row = JobRow?.none
            for await event in events {
                switch event {
                case .progress, .workerLost: break
                case .finished(let job):
                    records = job.records
                    crew = job.crew
                    supervisor.collected(job.row.id, at: Monotonic.now())
                case .ended(let last): row = last
                }
            }
            guard let row else { preconditionFailure("a job's events ended without its end") }
            return Outcome(row: row, records: records, crew: crew)
        }
        return Running(id: id, life: life)
    }

    /// Runs a job to its end.
    func run(
        _ lease: LeaseRequest, tasks: Int, workload: UInt32 = Work.noop, number: Int64 = 0
    ) async throws -> Outcome {
        await (try await submit(lease, tasks: tasks, workload: workload, number: number)).outcome
    }

    func snapshot() async throws -> Snapshot {
        let snapshot = await withCheckedContinuation { answer in supervisor.look { answer.resume(returning: $0) } }
        guard let snapshot else { throw Gone() }
        return snapshot
    }

    /// Waits until the pools look as wanted. Returns false if they don't within ten seconds.
    func settles(_ isWanted: (Snapshot) -> Bool) async throws -> Bool {
        let deadline = Monotonic.now() + 10_000_000_000
        while Monotonic.now() < deadline {
            if isWanted(try await snapshot()) { return true }
            try await Task.sleep(for: .milliseconds(2))
        }
        return false
    }

    struct Gone: Error {}

    /// Runs twelve tasks of 100 ms on four workers, kills one of their processes while it is at a task, and gives back the run.
    func killing(
        _ choice: KeyPath<[Int], Int?>, of pool: Arrangement, attempts: Int? = 3
    ) async throws -> Outcome {
        var last: Outcome?
        // Where this is held up for longer than the run takes, nobody is at a task any more.
        for _ in 0..<10 where last?.records.contains(where: { $0.deaths > 0 }) != true {
            let job = try await submit(
                pool.four(), tasks: 12, workload: Work.sleep, number: 100_000_000, attempts: attempts)
            // Each of the four has done a task, and the victim is in its next one.
            _ = try await settles { $0.machine.jobs[job.id] == nil || ($0.done[job.id] ?? 0) >= 4 }
            let victim = try #require(try await snapshot().pids[pool.kind]?[keyPath: choice])
            _ = try await settles { $0.machine.jobs[job.id] == nil || isInState("S", victim) }
            kill(pid_t(victim), SIGKILL)
            last = await job.outcome
            #expect(try await settles { $0.machine.isEveryFloorReady && !exists(victim) })
        }
        return try #require(last)
    }
}

/// A program beside the tests'.
func programPath(_ name: String) throws -> String {
    // The test bundle is run by a program elsewhere; its own place is where it was mapped from.
    let path = try mappedFile(".xctest")
    return path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex) + name
}

/// A file that this process has mapped, by a part of its path.
func mappedFile(_ part: String) throws -> String {
    let maps = try String(contentsOfFile: "/proc/self/maps")
    guard let line = maps.split(separator: "\n").first(where: { $0.contains(part) }),
        let path = line.split(separator: " ").last
    else { throw Host.Gone() }
    return String(path)
}

extension String {
    /// The text of a small file.
    init(contentsOfFile path: String) throws {
        let file = try system("open", on: path) { open(path, O_RDONLY | O_CLOEXEC) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = try system("read", on: path) { read(file, &buffer, buffer.count) }
            if count == 0 { break }
            bytes += buffer.prefix(count)
        }
        self = String(decoding: bytes, as: UTF8.self)
    }
}

/// The descriptors that this process has open.
func openDescriptors() throws -> Int {
    guard let folder = opendir("/proc/self/fd") else { throw Host.Gone() }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    return count
}

/// An empty directory while `body` runs.
func withTemporaryDirectory(_ body: (String) async throws -> Void) async throws {
    var template = Array("/tmp/par-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Host.Gone() }
    let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    defer {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                unlink("\(path)/\(name)")
            }
            closedir(folder)
        }
        rmdir(path)
    }
    try await body(path)
}

/// Whether a process of this number exists, a zombie included.
func exists(_ pid: Int) -> Bool { kill(pid_t(pid), 0) == 0 || errno == EPERM }

/// Whether tests may look into the daemon's processes, which let nobody but root in.
let mayLookIntoWorkers = geteuid() == 0

/// Whether a process's first thread is in this state: `S` sleeps, `T` is stopped.
func isInState(_ state: Character, _ pid: Int) -> Bool {
    // pid (name) state …
    let stat = try? String(contentsOfFile: "/proc/\(pid)/stat")
    return stat?.split(separator: ")").last?.hasPrefix(" \(state) ") == true
}
