import Catalogue
import Control
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
        let values = try await SettingsSource(isShared: isShared).read()
        let limits = try Configuration(
            values, on: HostLimits(processors: 2), socketPath: "/tmp/x", zygotePath: "/x", isShared: isShared
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
        arguments: [("io", "size", "2GiB"), ("cpu", "iterations", "20000000000"), ("sleep", "for", "2m")])
    func bounds(workload: String, option: String, value: String) async throws {
        let request = Run.Request(workload: workload, arguments: [option: value])
        _ = try await plan(request, isShared: false)
        await #expect(throws: ControlError.self) { try await plan(request, isShared: true) }
    }

    @Test("a run that names no number has as many workers as there are cores by quota")
    func cores() async throws {
        #expect(try await plan(Run.Request(workload: "noop"), isShared: false).threads == 2)
    }
}
