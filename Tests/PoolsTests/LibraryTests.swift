import Catalogue
import Glibc
import Ledger
import Linux
import Pools
import Testing

/// Pools whose workers have a library loaded.
private let libraryPools = Arrangement.allCases.filter { $0.kind.library != .none }

@Suite("A worker with a library", .serialized)
struct LibraryTests {
    @Test("has it loaded before its first order", arguments: libraryPools)
    func loaded(pool: Arrangement) async throws {
        try await Host.run { host in
            try await host.warm(pool)
            let pids = try await host.snapshot().pids[pool.kind] ?? []
            #expect(pids.count == pool.processesOfFour)
            for pid in pids {
                let maps = try maps(of: pid)
                #expect(maps.contains(pool.kind.library.stem))
            }
            // Those that were there before have nothing of it.
            for pid in try await host.snapshot().pids[.threads] ?? [] {
                let maps = try maps(of: pid)
                #expect(!maps.contains(pool.kind.library.stem))
            }
        }
    }

    @Test(
        "finds libcurl loaded by its zygote, and OpenBLAS not", arguments: [Arrangement.processesCurl, .processesBLAS])
    func preloaded(pool: Arrangement) async throws {
        try await Host.run { host in
            try await host.warm(pool)
            let zygote = try #require(try await host.snapshot().zygotePIDs[pool.kind.library])
            let maps = try maps(of: zygote)
            #expect(maps.contains(pool.kind.library.stem) == (pool.kind.library == .curl))
        }
    }

    @Test(
        "comes up without the library, fails each task with the name of the package, and finds it when that is there",
        arguments: [Arrangement.processesBLAS, .threadsBLAS, .processesCurl, .threadsCurl])
    func missing(pool: Arrangement) async throws {
        let library = pool.kind.library
        var template = Array("/tmp/par-test-XXXXXX".utf8CString)
        let directory = try #require(mkdtemp(&template).map { String(cString: $0) })
        let impostor = directory + "/" + library.file
        // No library, which the dynamic linker finds before the real one.
        let file = try #require(fopen(impostor, "w"))
        fputs("nothing", file)
        fclose(file)
        defer {
            unlink(impostor)
            rmdir(directory)
        }
        try await Host.run(environment: ["LD_LIBRARY_PATH=\(directory)"]) { host in
            let workload = library == .blas ? Work.dot : Work.download
            let missing = library == .blas ? DotFailure.load.rawValue : FetchFailure.load.rawValue
            let outcome = try await host.run(pool.four(), tasks: 8, workload: workload, number: 8)
            #expect(outcome.count(.failed) == 8)
            #expect(outcome.records.allSatisfy { TaskFailure(bits: $0.failure).number == missing })
            #expect(try await host.snapshot().machine.replaced == 0)
            unlink(impostor)
            host.supervisor.recycle(pool.kind)
            let second = try await host.run(pool.four(), tasks: 8, workload: workload, number: 8)
            // A download of nothing fails, too, but not for want of the library.
            #expect(second.records.allSatisfy { TaskFailure(bits: $0.failure).number != missing })
        }
    }

    @Test(
        "multiplies matrices, and returns the operations that it took",
        arguments: libraryPools.filter { $0.kind.library == .blas }, [ColdStart?.none, .fresh, .exec])
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

extension Library {
    /// What the name of its file begins with, whatever version it is.
    fileprivate var stem: String { String(file.prefix { $0 != "." }) }
}

/// What a process has mapped.
private func maps(of pid: Int) throws -> String { try String(contentsOfFile: "/proc/\(pid)/maps") }
