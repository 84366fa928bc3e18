import Glibc
import Ledger
import Linux
import Pools
import Scheduling
import Synchronization
import Testing

@Suite("A supervisor's signs of life", .serialized)
struct VitalsTests {
    private func checkIn(_ host: Host) async -> Bool {
        await withCheckedContinuation { answer in host.supervisor.checkIn { answer.resume(returning: $0) } }
    }

    private func zygote(_ host: Host) async throws -> Int32 {
        let snapshot = await withCheckedContinuation { answer in
            host.supervisor.look { answer.resume(returning: $0) }
        }
        return Int32(try #require(snapshot).zygotePID)
    }

    @Test("it checks in once its thread has come round")
    func checkIn() async throws {
        try await Host.run { host in
            #expect(await checkIn(host))
            #expect(await checkIn(host))
        }
    }

    @Test("it checks in whatever its zygote does: stopped, or killed again and again")
    func illZygote() async throws {
        try await Host.run { host in
            for signal in [SIGSTOP, SIGKILL, SIGKILL] {
                #expect(try await host.settles { $0.zygotePID != 0 })
                kill(try await zygote(host), signal)
                #expect(await checkIn(host))
            }
        }
    }

    @Test("it checks in though no zygote ever gets ready, and so no floor does")
    func deadOnArrival() async throws {
        try await withTemporaryDirectory { folder in
            for name in ["parzygote", "parzygote-library"] {
                try #require(symlink("/bin/false", "\(folder)/\(name)") == 0)
            }
            try await Host.run(threads: 0, processes: 0, programs: folder) { host in
                host.supervisor.resize(.threads, to: 4)
                for _ in 0..<20 {
                    #expect(await checkIn(host))
                    try await Task.sleep(for: .milliseconds(20))
                }
                let outcome = try await host.run(Arrangement.processes.four(cold: .fresh), tasks: 4)
                let reason = try #require(outcome.row.failureReason)
                #expect(reason.contains("exit code 1"), "\(reason)")
                #expect(await checkIn(host))
            }
        }
    }

    @Test("it gives back the memory of jobs that have ended")
    func trim() async throws {
        try await Host.run { host in
            let arena = host.supervisor.arena.descriptor
            func memory() throws -> Int {
                var status = stat()
                try system("fstat") { fstat(arena, &status) }
                return Int(status.st_blocks) * 512
            }
            let tasks = 200_000
            #expect(try await host.run(Arrangement.threads.four(), tasks: tasks).count(.ok) == tasks)
            #expect(try memory() > tasks * MemoryLayout<TaskRecord>.stride)
            let isGone = try await host.settles { _ in (try? memory()).map { $0 < 4 << 20 } == true }
            #expect(isGone)
            // All of it can be had again.
            #expect(try await host.run(Arrangement.threads.four(), tasks: tasks).count(.ok) == tasks)
        }
    }

    @Test("it says so when it has ended")
    func ended() async throws {
        let supervisor = Mutex<Supervisor?>(nil)
        try await Host.run { host in supervisor.withLock { $0 = host.supervisor } }
        let ended = try #require(supervisor.withLock { $0 })
        let answer = await withCheckedContinuation { answer in ended.checkIn { answer.resume(returning: $0) } }
        #expect(!answer)
    }
}
