import Glibc
import Ledger
import Linux
import Pools
import Scheduling
import Testing

/// A patience that never ends by itself.
private var endless: Patience {
    var patience = Patience()
    patience.zygoteNanoseconds = .max / 4
    patience.lookNanoseconds = .max / 4
    patience.workerNanoseconds = .max / 4
    return patience
}

/// A patience that is over soon.
private var short: Patience {
    var patience = Patience()
    patience.zygoteNanoseconds = 200_000_000
    patience.brokenNanoseconds = 200_000_000
    patience.workerNanoseconds = 200_000_000
    return patience
}

/// How long `body` takes, in seconds.
private func seconds(_ body: () async throws -> Void) async throws -> Double {
    let start = Monotonic.now()
    try await body()
    return Double(Monotonic.now() - start) / 1e9
}

/// What an ill child may hold up, in seconds: far less than what it would for ever.
private let soon = 4.0

extension Host {
    fileprivate func zygote(_ runtime: RuntimeID = .native) async throws -> Int {
        #expect(try await settles { ($0.zygotePIDs[runtime] ?? 0) != 0 })
        return try #require(try await snapshot().zygotePIDs[runtime])
    }

    /// Stops a process, and waits until it is.
    fileprivate func stop(_ pid: Int) async throws {
        kill(pid_t(pid), SIGSTOP)
        #expect(try await settles { _ in isInState("T", pid) })
    }
}

@Suite("A zygote that is ill", .serialized)
struct IllZygoteTests {
    @Test("doesn't hold up a run's own deadline", arguments: [ColdStart.fresh, .exec])
    func deadline(cold: ColdStart) async throws {
        try await Host.run(patience: endless) { host in
            try await host.stop(try await host.zygote())
            let took = try await seconds { () async throws in
                let request = LeaseRequest(
                    kind: .processes(threads: 1), units: 4, cold: cold, deadline: Monotonic.now() + 1_000_000)
                #expect(try await host.run(request, tasks: 4).row.cancelled == .timeout)
            }
            #expect(took < soon)
            // Its workers are as good as ever.
            #expect(try await host.run(Arrangement.processes.four(), tasks: 8).count(.ok) == 8)
        }
    }

    @Test("is replaced when it is stopped, and what it was asked for is started by the next one")
    func stopped() async throws {
        try await Host.run { host in
            for _ in 0..<5 {
                let old = try await host.zygote()
                try await host.stop(old)
                let took = try await seconds { () async throws in
                    #expect(try await host.run(Arrangement.processes.four(cold: .fresh), tasks: 8).count(.ok) == 8)
                }
                #expect(took < soon)
                #expect(try await host.zygote() != old)
                #expect(!exists(old))
            }
        }
    }

    @Test("takes as many requests as there may be, and answers them all once it goes on")
    func flood() async throws {
        try await Host.run(patience: endless) { host in
            let zygote = try await host.zygote()
            try await host.stop(zygote)
            var jobs: [Host.Running] = []
            for _ in 0..<120 {
                jobs.append(
                    try await host.submit(
                        LeaseRequest(kind: .processes(threads: 1), units: 2, cold: .fresh), tasks: 2))
            }
            // The thread is there for others.
            #expect(try await host.run(Arrangement.threads.four(), tasks: 8).count(.ok) == 8)
            kill(pid_t(zygote), SIGCONT)
            for job in jobs { #expect(await job.outcome.count(.ok) == 2) }
        }
    }

    @Test("takes no slot with it, however often it is stopped and killed", arguments: [false, true])
    func slots(isStarted: Bool) async throws {
        // Room for twice as many workers as the runs have.
        try await Host.run(threads: 1, processes: 1, workerLimit: 8, patience: endless) { host in
            for _ in 0..<20 {
                let zygote = try await host.zygote()
                if !isStarted { try await host.stop(zygote) }
                let job = try await host.submit(
                    LeaseRequest(
                        kind: .processes(threads: 1), units: 4, cold: .fresh, deadline: Monotonic.now() + 20_000_000),
                    tasks: 4)
                if isStarted { kill(pid_t(zygote), SIGKILL) }
                _ = await job.outcome
                kill(pid_t(zygote), SIGKILL)
                #expect(try await host.settles { $0.zygotePID != zygote && $0.zygotePID != 0 })
                // The next one is of use, or it would be given up after some that were not.
                let one = LeaseRequest(kind: .processes(threads: 1), units: 1, cold: .fresh)
                #expect(try await host.run(one, tasks: 1).count(.ok) == 1)
            }
            let last = LeaseRequest(kind: .processes(threads: 1), units: 6, cold: .fresh)
            #expect(try await host.run(last, tasks: 12).count(.ok) == 12)
        }
    }

    @Test("fails the runs that need it with the reason once its program is gone, and is back when that is")
    func missing() async throws {
        try await withTemporaryDirectory { folder in
            for name in ["parzygote", "parzygote-library"] {
                try #require(symlink(try programPath(name), "\(folder)/\(name)") == 0)
            }
            try await Host.run(programs: folder) { host in
                try #require(rename("\(folder)/parzygote", "\(folder)/elsewhere") == 0)
                kill(pid_t(try await host.zygote()), SIGKILL)
                for pool in [Arrangement.processes.four(cold: .fresh), LeaseRequest(kind: .threads, units: 12)] {
                    let outcome = try await host.run(pool, tasks: 12)
                    #expect(outcome.row.failureReason?.contains("No such file or directory") == true)
                    #expect(outcome.count(.cancelled) == 12)
                }
                #expect(try await host.snapshot().brokenReason?.contains("No such file or directory") == true)
                // Who needs no new worker doesn't notice.
                #expect(try await host.run(Arrangement.processes.four(), tasks: 8).count(.ok) == 8)
                try #require(rename("\(folder)/elsewhere", "\(folder)/parzygote") == 0)
                let took = try await seconds { () async throws in
                    #expect(try await host.settles { $0.brokenReason == nil })
                }
                #expect(took < 2)
                #expect(try await host.run(Arrangement.processes.four(cold: .fresh), tasks: 8).count(.ok) == 8)
            }
        }
    }

    @Test("that never gets ready fails the runs that need it, and no others, until it does")
    func hanging() async throws {
        try await withTemporaryDirectory { folder in
            // Whoever opens it waits for a writer.
            let library = "\(folder)/\(libraryFile(of: .curl))"
            try #require(mkfifo(library, 0o600) == 0)
            try await Host.run(patience: short, environment: ["LD_LIBRARY_PATH=\(folder)"]) { host in
                let outcome = try await host.run(Arrangement.processesCurl.four(), tasks: 4)
                #expect(outcome.row.failureReason?.contains("has not answered") == true)
                #expect(try await host.run(Arrangement.processes.four(cold: .fresh), tasks: 8).count(.ok) == 8)
                unlink(library)
                #expect(try await host.settles { $0.brokenReason == nil })
                #expect(try await host.run(Arrangement.processesCurl.four(), tasks: 4).count(.ok) == 4)
            }
        }
    }
}

@Suite("A worker that is ill", .serialized)
struct IllWorkerTests {
    @Test("that is not up in time is given up with its reason, and the next one comes up when it can")
    func hanging() async throws {
        try await withPlugin(
            """
            #include <pthread.h>
            #include <string.h>
            #include <sys/prctl.h>
            #include <unistd.h>
            static void *idle(void *nothing) { pause(); return nothing; }
            __attribute__((constructor)) static void load(void) {
                char name[16] = "";
                pthread_t thread;
                prctl(PR_GET_NAME, name);
                // Threads have workers load it themselves.
                pthread_create(&thread, NULL, idle, NULL);
                while (strcmp(name, "par-worker") == 0 && access(FOLDER "/ill", F_OK) == 0) usleep(1000);
            }
            """
        ) { library, folder in
            let ill = "\(folder)/ill"
            try #require(mkfifo(ill, 0o600) == 0)
            try await Host.run(startFailureLimit: 2, patience: short) { host in
                let kind = PoolKind(.processes(threads: 1), runtime: try host.supervisor.runtime(forPlugin: library))
                let outcome = try await host.run(LeaseRequest(kind: kind, units: 4), tasks: 4)
                #expect(outcome.row.failureReason?.contains("not up") == true)
                #expect(try await host.run(Arrangement.processes.four(cold: .fresh), tasks: 8).count(.ok) == 8)
                unlink(ill)
                #expect(try await host.run(LeaseRequest(kind: kind, units: 4), tasks: 4).count(.ok) == 4)
            }
        }
    }

    @Test("is lost alone when its time is up: the rest of its crew stays", arguments: [Arrangement.processes, .mixed])
    func alone(pool: Arrangement) async throws {
        // Long enough for the others, who have to be woken to leave.
        try await Host.run(grace: 2_000_000_000) { host in
            try await host.warm(pool)
            let before = try #require(try await host.snapshot().pids[pool.kind])
            let job = try await host.submit(
                pool.four(deadline: Monotonic.now() + 200_000_000), tasks: 4, workload: Work.sleep,
                number: 60_000_000_000)
            #expect(try await host.settles { $0.machine.jobs[job.id]?.state == .running })
            try await host.stop(before[0])
            #expect(await job.outcome.row.cancelled == .timeout)
            #expect(try await host.settles { $0.machine.replaced > 0 })
            let after = try await host.snapshot().pids[pool.kind] ?? []
            #expect(!after.contains(before[0]))
            #expect(Set(after).isSuperset(of: before.dropFirst()))
        }
    }

    @Test("doesn't hold up the end, nor does a zygote", arguments: [UInt64(0), 200_000_000])
    func end(drain: UInt64) async throws {
        var pids: [Int] = []
        let took = try await seconds { () async throws in
            try await Host.run(threads: 2, processes: 2, patience: endless) { host in
                let job = try await host.submit(
                    LeaseRequest(kind: .processes(threads: 1), units: 1), tasks: 1, workload: Work.sleep,
                    number: 60_000_000_000)
                let cold = try await host.submit(
                    LeaseRequest(kind: .processes(threads: 2), units: 2, cold: .fresh), tasks: 4, workload: Work.sleep,
                    number: 60_000_000_000)
                #expect(try await host.settles { $0.machine.jobs[cold.id]?.state == .running })
                let snapshot = try await host.snapshot()
                pids = Array(snapshot.pids.values.joined()) + snapshot.zygotePIDs.values
                for pid in pids { try await host.stop(pid) }
                // Asked for, and never there.
                let late = try await host.submit(
                    LeaseRequest(kind: .processes(threads: 1), units: 4, cold: .fresh), tasks: 4)
                host.end(drain: drain)
                for job in [job, cold, late] { #expect(await job.outcome.row.cancelled == .shutdown) }
            }
        }
        #expect(pids.count > 5)
        #expect(pids.allSatisfy { !exists($0) })
        #expect(took < soon)
    }

    @Test("ends the lease that it belongs to, of which the holder hears", arguments: [Arrangement.threads, .processes])
    func lease(pool: Arrangement) async throws {
        try await Host.run { host in
            let lease = try await withCheckedThrowingContinuation { answer in
                host.supervisor.lease(pool.four(), tasks: 4) { answer.resume(with: $0.mapError { $0 as any Error }) }
            }
            try lease.run(workload: Work.noop, tasks: 4)
            let victim = try #require(try await host.snapshot().pids[pool.kind]?.first)
            let arguments = try Work.arguments(Work.sleep, 60_000_000_000)
            let runs = Task.detached { try lease.run(workload: Work.sleep, tasks: 4, arguments: arguments) }
            #expect(try await host.settles { _ in isInState("S", victim) })
            kill(pid_t(victim), SIGKILL)
            await #expect(throws: LeaseOver.self) { try await runs.value }
            #expect(throws: LeaseOver.self) { try lease.run(workload: Work.noop, tasks: 4) }
            #expect(try await host.settles { $0.machine.isEveryFloorReady && $0.machine.jobs.isEmpty })
            #expect(try await host.run(pool.four(), tasks: 8).count(.ok) == 8)
        }
    }
}

@Suite("What a supervisor reads", .serialized)
struct TrustTests {
    @Test("is never a job's size from where others could have written it")
    func sizes() async throws {
        try await Host.run { host in
            let job = try await host.submit(
                Arrangement.processes.four(), tasks: 12, workload: Work.sleep, number: 50_000_000)
            #expect(try await host.settles { ($0.done[job.id] ?? 0) >= 4 })
            let arena = host.supervisor.arena
            let forged = arena.job(at: arena.jobsOffset)
            forged.plan.pointee.tasks = 1 << 40
            forged.plan.pointee.detailBytes = .max
            forged.plan.pointee.inputBytes = 1 << 50
            forged.failures.pointee.store(.max, ordering: .relaxed)
            for slot in 0..<arena.slotCount {
                arena.slot(slot).done.pointee.store(.max, ordering: .relaxed)
                arena.slot(slot).tid.pointee = 1
            }
            arena.header.starting.pointee.store(.max, ordering: .relaxed)
            let victim = try #require(try await host.snapshot().pids[.processes(threads: 1)]?.first)
            kill(pid_t(victim), SIGKILL)
            #expect(try await host.settles { ($0.done[job.id] ?? 12) <= 12 && $0.machine.replaced == 1 })
            #expect(await job.outcome.records.count == 12)
        }
    }

    @Test("doesn't have it kill what is no worker's command")
    func commands() async throws {
        let bystander = try Program(path: "/bin/sleep", arguments: ["60"], environment: [], descriptors: []).spawn()
        defer { killChild(bystander) }
        try await Host.run(threads: 0) { host in
            let arena = host.supervisor.arena
            let zygote = Int32(try await host.zygote())
            for number in [bystander, zygote, getpgrp(), 1, -1, .min, .max] {
                for slot in 0..<arena.slotCount { arena.slot(slot).command.pointee = UInt32(bitPattern: number) }
                let before = try await host.snapshot()
                let victim = try #require(before.pids[.processes(threads: 1)]?.first)
                kill(pid_t(victim), SIGKILL)
                #expect(
                    try await host.settles {
                        $0.machine.replaced == before.machine.replaced + 1 && $0.machine.isEveryFloorReady
                    })
                #expect(exists(Int(bystander)))
                #expect(try await host.snapshot().zygotePID == Int(zygote))
            }
        }
    }

    @Test("can't be reached through a worker, which has closed the ledger's file", arguments: Arrangement.allCases)
    func files(pool: Arrangement) async throws {
        try await Host.run { host in
            try await host.warm(pool)
            for pid in try await host.snapshot().pids[pool.kind] ?? [] {
                for file in 3..<64 {
                    var path = [CChar](repeating: 0, count: 256)
                    let count = readlink("/proc/\(pid)/fd/\(file)", &path, path.count - 1)
                    let target = String(
                        decoding: path.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
                    #expect(!target.contains("par-ledger"))
                }
            }
        }
    }

    @Test("is of no worker whose process it doesn't know yet")
    func known() async throws {
        for _ in 0..<20 {
            try await Host.run { host in
                let pids = try await host.snapshot().pids
                #expect(pids[.threads]?.count == 1)
                #expect(pids[.processes(threads: 1)]?.count == 4)
            }
        }
    }
}
