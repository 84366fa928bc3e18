import Glibc
import Ledger
import Linux
import Pools
import Scheduling
import Testing

/// What every kind of pool promises.
@Suite("A pool", .serialized)
struct ContractTests {
    @Test("does every task once, in the ledger's order, and warm", arguments: Arrangement.allCases)
    func order(pool: Arrangement) async throws {
        try await Host.run { host in
            _ = try await host.run(pool.four(), tasks: 4)
            let iterations: Int64 = 1_000
            let outcome = try await host.run(pool.four(), tasks: 5_000, workload: Work.cpu, number: iterations)
            #expect(outcome.row.reason == nil)
            #expect(outcome.count(.ok) == 5_000)
            #expect(outcome.records.allSatisfy { $0.value == iterations * (iterations - 1) / 2 })
            #expect(
                outcome.records.allSatisfy { $0.start <= $0.stop && $0.start >= (outcome.row.stamps.ready ?? .max) })
            #expect(Set(outcome.crew.compactMap { $0?.pid }).count == pool.processesOfFour)
            #expect(Set(outcome.crew.compactMap { $0?.tid }).count == 4)
        }
    }

    @Test("lets tasks that wait overlap as far as there are workers", arguments: Arrangement.allCases)
    func overlap(pool: Arrangement) async throws {
        try await Host.run { host in
            var most = 0
            // A worker that is held up lets others do its part.
            for _ in 0..<5 where most < 4 {
                let outcome = try await host.run(pool.four(), tasks: 16, workload: Work.sleep, number: 50_000_000)
                let underWay = outcome.records.map { record in
                    outcome.records.count { $0.start <= record.start && record.start < $0.stop }
                }
                most = max(most, underWay.max() ?? 0)
            }
            #expect(most == 4)
        }
    }

    @Test("never has a worker do two tasks at once", arguments: Arrangement.allCases)
    func exclusive(pool: Arrangement) async throws {
        try await Host.run { host in
            let outcome = try await host.run(pool.four(), tasks: 2_000, workload: Work.cpu, number: 5_000)
            for (_, own) in Dictionary(grouping: outcome.records, by: \.tid) {
                let sorted = own.sorted { $0.start < $1.start }
                #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $0.stop <= $1.start })
            }
        }
    }

    @Test("replaces a killed worker, and runs again what it held", arguments: Arrangement.allCases)
    func crash(pool: Arrangement) async throws {
        try await Host.run { host in
            let outcome = try await host.killing(\.first, of: pool)
            #expect(outcome.count(.ok) == 12)
            #expect(outcome.records.contains { $0.deaths == 1 })
            #expect(try await host.settles { $0.machine.isEveryFloorReady && $0.machine.replaced > 0 })
        }
    }

    @Test("loses what may not be run again, and nothing else", arguments: Arrangement.allCases)
    func loss(pool: Arrangement) async throws {
        try await Host.run { host in
            let outcome = try await host.killing(\.last, of: pool, attempts: nil)
            #expect(outcome.count(.lost) >= 1)
            #expect(outcome.count(.lost) + outcome.count(.ok) == 12)
            #expect(outcome.records.allSatisfy { ($0.status == .lost) == ($0.deaths > 0) })
        }
    }

    @Test("gives every task one terminal state when workers die at any moment", arguments: Arrangement.allCases)
    func massacre(pool: Arrangement) async throws {
        // On a busy machine all of them may die before they are up.
        try await Host.run(startFailureLimit: 100) { host in
            let job = try await host.submit(pool.four(), tasks: 20_000, workload: Work.cpu, number: 20_000)
            for _ in 0..<6 {
                if let victim = try await host.snapshot().pids[pool.kind]?.randomElement() {
                    kill(pid_t(victim), SIGKILL)
                }
                try await Task.sleep(for: .milliseconds(Int.random(in: 1...15)))
            }
            let outcome = await job.outcome
            #expect(outcome.records.count == 20_000)
            #expect(outcome.records.allSatisfy { $0.status.isTerminal })
            #expect(outcome.records.allSatisfy { $0.status == .ok || $0.deaths == 3 })
            #expect(try await host.settles { $0.machine.isEveryFloorReady })
            _ = try await host.run(pool.four(), tasks: 100)
        }
    }

    @Test(
        "settles each of many tasks once, when a worker dies and the job is cancelled then",
        arguments: Arrangement.allCases)
    func cancelledDeath(pool: Arrangement) async throws {
        try await Host.run { host in
            let job = try await host.submit(pool.four(), tasks: 40_000, workload: Work.cpu, number: 200_000)
            #expect(try await host.settles { ($0.done[job.id] ?? 0) > 0 })
            let victim = try #require(try await host.snapshot().pids[pool.kind]?.first)
            kill(pid_t(victim), SIGKILL)
            try await Task.sleep(for: .microseconds(Int.random(in: 0...5_000)))
            host.supervisor.cancel(job.id, .request)
            let outcome = await job.outcome
            #expect(outcome.row.cancelled == .request)
            #expect(outcome.count(.ok) > 0)
            #expect(outcome.count(.ok) + outcome.count(.cancelled) == 40_000)
            #expect(try await host.settles { $0.machine.isEveryFloorReady })
            #expect(try await host.run(pool.four(), tasks: 100).count(.ok) == 100)
        }
    }

    @Test("ends a cancelled job soon, with every task settled", arguments: Arrangement.allCases)
    func cancel(pool: Arrangement) async throws {
        try await Host.run(grace: 10_000_000_000) { host in
            let job = try await host.submit(pool.four(), tasks: 100, workload: Work.sleep, number: 60_000_000_000)
            #expect(try await host.settles { $0.machine.jobs[job.id]?.state == .running })
            host.supervisor.cancel(job.id, .request)
            let outcome = await job.outcome
            #expect(outcome.row.cancelled == .request)
            #expect(outcome.count(.cancelled) == 100)
            // Sleeping tasks notice, so nobody had to be killed.
            #expect(try await host.snapshot().machine.replaced == 0)
        }
    }

    @Test("kills workers that don't notice a cancellation, and replaces them", arguments: Arrangement.allCases)
    func stubborn(pool: Arrangement) async throws {
        try await Host.run(grace: 50_000_000) { host in
            let job = try await host.submit(pool.four(), tasks: 4, workload: Work.sleep, number: 60_000_000_000)
            #expect(try await host.settles { $0.machine.jobs[job.id]?.state == .running })
            // A stopped process can't notice anything.
            let pids = try await host.snapshot().pids[pool.kind] ?? []
            for pid in pids { kill(pid_t(pid), SIGSTOP) }
            // The signal takes effect when the kernel comes to it, on a busy machine after a thread has woken up.
            #expect(try await host.settles { _ in pids.allSatisfy { isInState("T", $0) } })
            host.supervisor.cancel(job.id, .request)
            #expect(await job.outcome.count(.cancelled) == 4)
            #expect(try await host.settles { $0.machine.isEveryFloorReady && $0.machine.replaced > 0 })
            #expect(try await host.run(pool.four(), tasks: 8).count(.ok) == 8)
        }
    }

    @Test("replaces workers that a signal has stopped before they had a task", arguments: Arrangement.allCases)
    func stopped(pool: Arrangement) async throws {
        try await Host.run { host in
            #expect(try await host.run(pool.four(), tasks: 4).count(.ok) == 4)
            let pids = try await host.snapshot().pids[pool.kind] ?? []
            #expect(!pids.isEmpty)
            for pid in pids { kill(pid_t(pid), SIGSTOP) }
            #expect(try await host.settles { _ in pids.allSatisfy { isInState("T", $0) } })
            #expect(try await host.run(pool.four(), tasks: 8).count(.ok) == 8)
            #expect(try await host.settles { $0.machine.isEveryFloorReady && $0.machine.replaced > 0 })
        }
    }

    @Test("kills nobody who has left a cancelled job that another is stuck at")
    func stuckAlone() async throws {
        let pool = Arrangement.processes
        try await Host.run(grace: 2_000_000_000) { host in
            let job = try await host.submit(pool.four(), tasks: 4, workload: Work.sleep, number: 60_000_000_000)
            #expect(try await host.settles { $0.machine.jobs[job.id]?.state == .running })
            let pids = try await host.snapshot().pids[pool.kind] ?? []
            let stuck = try #require(pids.first)
            kill(pid_t(stuck), SIGSTOP)
            #expect(try await host.settles { _ in isInState("T", stuck) })
            host.supervisor.cancel(job.id, .request)
            #expect(await job.outcome.count(.cancelled) == 4)
            #expect(try await host.settles { $0.machine.isEveryFloorReady && $0.machine.replaced == 1 })
            let left = Set(try await host.snapshot().pids[pool.kind] ?? [])
            #expect(left.isSuperset(of: pids.dropFirst()) && !left.contains(stuck))
        }
    }

    @Test("kills the workers of a cold run that don't leave when told to", arguments: Arrangement.allCases)
    func clinging(pool: Arrangement) async throws {
        try await Host.run(grace: 50_000_000) { host in
            let before = Set(try await host.snapshot().pids.values.joined())
            let job = try await host.submit(
                pool.four(cold: .exec), tasks: 4, workload: Work.sleep, number: 200_000_000)
            #expect(try await host.settles { $0.machine.jobs[job.id]?.state == .running })
            // Stopped as soon as they have done their tasks, so that they can't take the order to leave.
            let own = Set(try await host.snapshot().pids.values.joined()).subtracting(before)
            #expect(!own.isEmpty)
            for pid in own { kill(pid_t(pid), SIGSTOP) }
            #expect(try await host.settles { _ in own.allSatisfy { isInState("T", $0) } })
            host.supervisor.cancel(job.id, .request)
            _ = await job.outcome
            #expect(own.allSatisfy { !exists($0) })
        }
    }

    @Test("ends a job at its deadline", arguments: Arrangement.allCases)
    func deadline(pool: Arrangement) async throws {
        try await Host.run { host in
            let request = pool.four(deadline: Monotonic.now() + 100_000_000)
            let outcome = try await host.run(request, tasks: 8, workload: Work.sleep, number: 60_000_000_000)
            #expect(outcome.row.cancelled == .timeout)
            #expect(outcome.count(.cancelled) == 8)
        }
    }

    @Test("grows for a job that needs more, and shrinks when it is idle", arguments: Arrangement.allCases)
    func resize(pool: Arrangement) async throws {
        try await Host.run(idle: 50_000_000) { host in
            let request = LeaseRequest(kind: pool.kind, units: 6)
            let outcome = try await host.run(request, tasks: 60)
            #expect(outcome.row.reason == (pool.floor == 0 ? .firstUse : .poolTooSmall))
            #expect(outcome.row.stamps.phases.startup > 0)
            #expect(outcome.count(.ok) == 60)
            #expect(try await host.settles { $0.machine.members(of: pool.kind).count == pool.floor })
            #expect(try await host.settles { $0.machine.units.values.allSatisfy { $0.state == .ready } })
        }
    }

    @Test("follows its floor up and down", arguments: Arrangement.allCases)
    func floors(pool: Arrangement) async throws {
        try await Host.run { host in
            for size in [7, 2, 0, 4] {
                host.supervisor.resize(pool.kind, to: size)
                let isThere = try await host.settles { snapshot in
                    let ready = snapshot.machine.members(of: pool.kind).count { $0.state == .ready }
                    return ready == size && snapshot.machine.units.values.allSatisfy { $0.state == .ready }
                }
                #expect(isThere)
            }
            #expect(try await host.run(pool.four(), tasks: 8).count(.ok) == 8)
        }
    }

    @Test("is made of new processes after it was recycled", arguments: Arrangement.allCases)
    func recycle(pool: Arrangement) async throws {
        try await Host.run { host in
            try await host.warm(pool)
            let before = Set(try await host.snapshot().pids[pool.kind] ?? [])
            host.supervisor.recycle(pool.kind)
            let isNew = try await host.settles { snapshot in
                let pids = Set(snapshot.pids[pool.kind] ?? [])
                return snapshot.machine.isEveryFloorReady && pids.count == before.count && pids.isDisjoint(with: before)
            }
            #expect(isNew)
            #expect(before.allSatisfy { !exists($0) })
        }
    }

    @Test(
        "starts workers of its own for a cold run, and none is left",
        arguments: Arrangement.allCases, [ColdStart.fresh, .exec])
    func cold(pool: Arrangement, start: ColdStart) async throws {
        try await Host.run { host in
            try await host.warm(pool)
            let before = try await host.snapshot()
            let warm = before.pids
            let outcome = try await host.run(pool.four(cold: start), tasks: 16)
            #expect(outcome.row.reason == .requested)
            #expect(outcome.count(.ok) == 16)
            let times = outcome.row.stamps.phases
            #expect(times.startup > 0)
            #expect(times.teardown > 0)
            let after = try await host.snapshot()
            #expect(after.pids == warm)
            #expect(after.machine.workerCount == before.machine.workerCount)
            let ownProcesses = Set(outcome.crew.compactMap { $0?.pid }).subtracting(warm.values.joined())
            #expect(ownProcesses.isEmpty == (pool.kind.isThreads && start == .fresh))
            #expect(ownProcesses.allSatisfy { !exists($0) })
        }
    }

    @Test("makes jobs wait their turn, and refuses what would wait too long", arguments: Arrangement.allCases)
    func queue(pool: Arrangement) async throws {
        try await Host.run(queueLimit: 2) { host in
            let first = try await host.submit(pool.four(), tasks: 4, workload: Work.sleep, number: 60_000_000_000)
            #expect(try await host.settles { $0.machine.jobs[first.id]?.state == .running })
            let second = try await host.submit(pool.four(), tasks: 4)
            let third = try await host.submit(pool.four(), tasks: 4)
            await #expect(throws: Refusal.busy(limit: "queued jobs", allowed: 2)) {
                try await host.submit(pool.four(), tasks: 4)
            }
            try await Task.sleep(for: .milliseconds(60))
            host.supervisor.cancel(first.id, .request)
            _ = await first.outcome
            let outcome = await second.outcome
            #expect(outcome.row.reason == nil)
            #expect(outcome.row.stamps.phases.queue > 50_000_000)
            #expect(await third.outcome.count(.ok) == 4)
        }
    }

    @Test("keeps a lease's workers for its holder alone", arguments: Arrangement.allCases)
    func lease(pool: Arrangement) async throws {
        try await Host.run { host in
            var lease: Lease? = try await withCheckedThrowingContinuation { answer in
                host.supervisor.lease(pool.four(), tasks: 64) { answer.resume(with: $0.mapError { $0 as any Error }) }
            }
            for count in [1, 64, 3] {
                try lease?.run(workload: Work.cpu, tasks: count, arguments: Work.arguments(Work.cpu, 100))
                #expect(lease?.records.count == count)
                #expect(lease?.records.allSatisfy { $0.value == 4950 } == true)
            }
            let job = try await host.submit(pool.four(), tasks: 4)
            #expect(try await host.snapshot().machine.jobs[job.id]?.state == .queued)
            lease = nil
            #expect(await job.outcome.count(.ok) == 4)
        }
    }

    @Test("leaves no process, no zombie and no descriptor behind")
    func nothingLeft() async throws {
        try await Host.run { _ in }
        let before = try openDescriptors()
        var pids: [Int] = []
        try await Host.run { host in
            for pool in Arrangement.allCases {
                _ = try await host.run(pool.four(), tasks: 8)
                _ = try await host.run(pool.four(cold: .fresh), tasks: 8)
            }
            let snapshot = try await host.snapshot()
            pids = Array(snapshot.pids.values.joined()) + snapshot.zygotePIDs.values
            if let victim = snapshot.pids[.threads]?.first { kill(pid_t(victim), SIGKILL) }
            #expect(try await host.settles { $0.machine.replaced > 0 && $0.machine.isEveryFloorReady })
        }
        #expect(pids.count > 4)
        #expect(pids.allSatisfy { !exists($0) })
        #expect(try openDescriptors() == before)
    }
}

@Suite("The zygote", .serialized)
struct ZygoteTests {
    @Test("is replaced when it is killed, while jobs go on", arguments: Arrangement.allCases)
    func killed(pool: Arrangement) async throws {
        try await Host.run { host in
            let job = try await host.submit(pool.four(), tasks: 8, workload: Work.sleep, number: 100_000_000)
            #expect(try await host.settles { $0.machine.jobs[job.id]?.state == .running })
            let runtime = pool.kind.runtime
            let old = try #require(try await host.snapshot().zygotePIDs[runtime])
            kill(pid_t(old), SIGKILL)
            #expect(await job.outcome.count(.ok) == 8)
            #expect(try await host.settles { $0.zygotePIDs[runtime] != old && $0.zygotePIDs[runtime] != 0 })
            #expect(!exists(old))
            #expect(try await host.run(pool.four(cold: .fresh), tasks: 8).count(.ok) == 8)
        }
    }

    @Test(
        "can be killed again and again while workers are being started",
        arguments: [Arrangement.processes, .processesCurl, .processesBLAS])
    func killedWhileForking(pool: Arrangement) async throws {
        try await Host.run { host in
            for _ in 0..<5 {
                let job = try await host.submit(
                    LeaseRequest(kind: pool.kind, units: 8, cold: .fresh), tasks: 16)
                // 0 while the next one is on its way, and the whole group to kill(2).
                #expect(try await host.settles { ($0.zygotePIDs[pool.kind.runtime] ?? 0) != 0 })
                let zygote = try await host.snapshot().zygotePIDs[pool.kind.runtime] ?? 0
                if zygote != 0 { kill(pid_t(zygote), SIGKILL) }
                #expect(await job.outcome.count(.ok) == 16)
            }
            #expect(try await host.settles { $0.machine.isEveryFloorReady && $0.machine.workerCount == 8 })
        }
    }

    @Test(
        "is single-threaded, whatever its workers load", arguments: [Arrangement.threads, .threadsCurl, .threadsBLAS])
    func small(pool: Arrangement) async throws {
        try await Host.run { host in
            try await host.warm(pool)
            let pid = try #require(try await host.snapshot().zygotePIDs[pool.kind.runtime])
            let status = try String(contentsOfFile: "/proc/\(pid)/status")
            #expect(status.contains("Threads:\t1\n"))
        }
    }
}
