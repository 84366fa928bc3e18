import Glibc
import Ledger
import Linux
import Pools
import Scheduling
import Testing

/// Pools whose workers have a library of the project's loaded.
private let libraryPools = Arrangement.allCases.filter { [.curl, .blas].contains($0.kind.runtime) }

@Suite("A worker with a library", .serialized)
struct LibraryTests {
    @Test(
        "has it loaded before its first order",
        .enabled(if: mayLookIntoWorkers, "only root may look into workers"), arguments: libraryPools)
    func loaded(pool: Arrangement) async throws {
        try await Host.run { host in
            try await host.warm(pool)
            let pids = try await host.snapshot().pids[pool.kind] ?? []
            #expect(pids.count == pool.processesOfFour)
            for pid in pids {
                let maps = try maps(of: pid)
                #expect(maps.contains(stem(of: pool.kind.runtime)))
            }
            // Those that were there before have nothing of it.
            for pid in try await host.snapshot().pids[.threads] ?? [] {
                let maps = try maps(of: pid)
                #expect(!maps.contains(stem(of: pool.kind.runtime)))
            }
        }
    }

    @Test(
        "outlives the thread that took the supervisor's turn for its run",
        arguments: [Arrangement.processesCurl, .threadsCurl])
    func handedInHere(pool: Arrangement) async throws {
        try await Host.run { host in
            let first = try await host.submit(pool.four(), tasks: 8, here: true)
            #expect(await first.outcome.count(.ok) == 8)
            let zygote = try #require(try await host.snapshot().zygotePIDs[pool.kind.runtime])
            let again = try await host.submit(pool.four(), tasks: 8, here: true)
            let outcome = await again.outcome
            #expect(outcome.count(.ok) == 8 && outcome.row.reason == nil && outcome.row.deaths == 0)
            // The first one that is lost is the one that is killed now.
            kill(pid_t(zygote), SIGKILL)
            #expect(await host.awaitLostZygote() == zygote)
        }
    }

    @Test(
        "finds libcurl loaded by its zygote, and OpenBLAS not",
        .enabled(if: mayLookIntoWorkers, "only root may look into workers"),
        arguments: [Arrangement.processesCurl, .processesBLAS])
    func preloaded(pool: Arrangement) async throws {
        try await Host.run { host in
            try await host.warm(pool)
            let zygote = try #require(try await host.snapshot().zygotePIDs[pool.kind.runtime])
            let maps = try maps(of: zygote)
            #expect(maps.contains(stem(of: pool.kind.runtime)) == (pool.kind.runtime == .curl))
        }
    }

    @Test(
        "that is missing fails the runs that need it, with the name of the package, until it is there",
        arguments: [Arrangement.processesBLAS, .threadsBLAS, .processesCurl, .threadsCurl])
    func missing(pool: Arrangement) async throws {
        try await withTemporaryDirectory { folder in
            // No library, which the dynamic linker finds before the real one.
            let impostor = "\(folder)/\(libraryFile(of: pool.kind.runtime))"
            let file = try #require(fopen(impostor, "w"))
            fputs("nothing", file)
            fclose(file)
            try await Host.run(environment: ["LD_LIBRARY_PATH=\(folder)"]) { host in
                let outcome = try await host.run(pool.four(), tasks: 8)
                let reason = try #require(outcome.row.failureReason)
                #expect(reason.contains(impostor) && reason.contains("install Debian's package"))
                #expect(try await host.snapshot().brokenReason == reason)
                #expect(try await host.run(Arrangement.processes.four(cold: .fresh), tasks: 8).count(.ok) == 8)
                // Nobody waits for it, so that it is not tried again and again.
                #expect(try await host.settles { $0.health[pool.kind.runtime] == .gone && $0.brokenReason == nil })
                unlink(impostor)
                #expect(try await host.run(pool.four(), tasks: 8).count(.ok) == 8)
                #expect(try await host.snapshot().health[pool.kind.runtime] == .ready)
            }
        }
    }

    @Test(
        "multiplies matrices, and returns the operations that it took",
        arguments: libraryPools.filter { $0.kind.runtime == .blas }, [ColdStart?.none, .fresh, .exec])
    func dot(pool: Arrangement, cold: ColdStart?) async throws {
        try await Host.run { host in
            let outcome = try await host.run(pool.four(cold: cold), tasks: 12, workload: Work.dot, number: 96)
            #expect(outcome.count(.ok) == 12)
            #expect(outcome.records.allSatisfy { $0.value == 2 * 96 * 96 * 96 })
        }
    }

    @Test("leaves no process behind once the pool has been idle", arguments: libraryPools, [ColdStart?.none, .fresh])
    func idle(pool: Arrangement, cold: ColdStart?) async throws {
        try await Host.run(idle: 20_000_000) { host in
            let outcome = try await host.run(pool.four(cold: cold), tasks: 8)
            #expect(outcome.count(.ok) == 8)
            #expect(outcome.row.reason == (cold == nil ? .firstUse : .requested))
            #expect(try await host.settles { $0.pids[pool.kind] == nil && $0.machine.pools[pool.kind] == nil })
        }
    }
}

/// What the name of a library's file begins with, whatever version it is.
private func stem(of runtime: RuntimeID) -> String { String(libraryFile(of: runtime).prefix { $0 != "." }) }

/// What a process has mapped.
private func maps(of pid: Int) throws -> String { try String(contentsOfFile: "/proc/\(pid)/maps") }
