import Catalogue
import Control
import Pools
import Scheduling
import Testing
import VarlinkServer

@testable import Daemon

@Suite("Access")
struct AccessTests {
    private let own = Access(isShared: false, owner: 1000)
    private let shared = Access(isShared: true, owner: 990)
    private func peer(_ uid: UInt32) -> Peer { Peer(uid: uid, gid: uid, pid: 1) }

    @Test("a user's own daemon serves that user alone")
    func ownDaemon() throws {
        try own.admit(peer(1000))
        #expect(throws: ControlError.self) { try own.admit(peer(1001)) }
        #expect(throws: ControlError.self) { try own.admit(peer(0)) }
    }

    @Test("a daemon for all users serves whom the socket lets in")
    func sharedDaemon() throws {
        for uid in [0, 990, 1000, 1001] as [UInt32] { try shared.admit(peer(uid)) }
    }

    @Test("a job is its own user's and root's, not the daemon's")
    func jobs() {
        #expect(shared.owns(peer(1000), jobOf: 1000))
        #expect(shared.owns(peer(0), jobOf: 1000))
        #expect(!shared.owns(peer(1001), jobOf: 1000))
        #expect(!shared.owns(peer(990), jobOf: 1000))
    }

    @Test("pools that all users share are root's to change")
    func pools() throws {
        try shared.rule(peer(0))
        try shared.rule(peer(990))
        try own.rule(peer(1000))
        #expect(throws: ControlError.self) { try shared.rule(peer(1000)) }
    }

    private func plan(_ request: Run.Request, isShared: Bool) async throws -> RunPlan {
        let values = try SettingsSource(isShared: isShared).read()
        let limits = try Configuration(
            values, on: HostLimits(processors: 2, physicalBytes: 1 << 33), socketPath: "/tmp/x", zygotePath: "/x",
            libraryZygotePath: "/x",
            isShared: isShared
        ).limits
        return try RunPlan(request, limits: limits, processors: 8, directory: "/tmp", now: 0)
    }

    @Test("a directory of the caller's choice is off for all users, and on for a user's own daemon")
    func directories() async throws {
        let request = Run.Request(workload: "io", arguments: ["dir": "/tmp"])
        _ = try await plan(request, isShared: false)
        await #expect(throws: ControlError.self) { try await plan(request, isShared: true) }
        _ = try await plan(Run.Request(workload: "io"), isShared: true)
    }

    @Test(
        "arguments have bounds where all users are served",
        arguments: [
            ("io", "size", "2GiB"), ("cpu", "iterations", "20000000000"), ("sleep", "for", "2m"),
            ("dot", "size", "4096"),
        ])
    func bounds(workload: String, option: String, value: String) async throws {
        let request = Run.Request(workload: workload, arguments: [option: value])
        _ = try await plan(request, isShared: false)
        await #expect(throws: ControlError.self) { try await plan(request, isShared: true) }
    }

    @Test("matrices that the host has no memory for are refused, counted for all workers")
    func matrices() async throws {
        // 3 matrices of 16384² numbers of 8 bytes are 6 GiB of the 8 that there are.
        func request(_ processes: Int, _ dtype: String) -> Run.Request {
            let arguments = ["size": "16384", "dtype": dtype]
            return Run.Request(workload: "dot", arguments: arguments, processes: processes)
        }
        _ = try await plan(request(1, "f64"), isShared: false)
        _ = try await plan(request(2, "f32"), isShared: false)
        await #expect(throws: ControlError.self) { try await plan(request(2, "f64"), isShared: false) }
    }

    @Test("a file that all tasks write is not read back")
    func sameFile() async throws {
        _ = try await plan(Run.Request(workload: "io", arguments: ["same-file": "true"]), isShared: false)
        let request = Run.Request(workload: "io", arguments: ["same-file": "true", "read": "true"])
        await #expect(throws: ControlError.self) { try await plan(request, isShared: false) }
    }

    @Test(
        "every workload's runtime is one that every daemon has, or is made of a user's code",
        arguments: Catalogue.all)
    func runtimes(workload: Definition) {
        #expect(RuntimeID(builtIn: workload.runtime) != nil || RuntimeName.users.contains(workload.runtime))
    }

    @Test("a run of a workload with a library gets workers that have it, whatever their arrangement")
    func libraries() async throws {
        func kind(_ workload: String, _ processes: Int?, _ threads: Int?) async throws -> String {
            let request = Run.Request(workload: workload, processes: processes, threads: threads)
            let kind = try await plan(request, isShared: true).spec.lease.kind
            return PoolMachine(policy: PoolPolicy(threadFloor: 0, processFloor: 0), runtimes: RuntimeRow.builtIns).name(
                of: kind)
        }
        #expect(try await kind("dot", nil, 2) == "threads-blas")
        #expect(try await kind("dot", 2, nil) == "processes-blas")
        #expect(try await kind("dot", 2, 2) == "mixed-2-blas")
        #expect(try await kind("noop", nil, 2) == "threads")
        #expect(try await kind("noop", 1, 4) == "threads")
    }

    @Test("a run that names no number has as many workers as there are cores by quota")
    func cores() async throws {
        #expect(try await plan(Run.Request(workload: "noop"), isShared: false).shape.threads == 2)
    }
}
