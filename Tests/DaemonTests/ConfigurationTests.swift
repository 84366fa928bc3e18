import Testing

@testable import Daemon

@Suite("Configuration")
struct ConfigurationTests {
    private func configuration(
        _ flags: [String: String], on host: HostLimits = HostLimits(processors: 2), isShared: Bool = false
    ) throws -> Configuration {
        try Configuration(
            try SettingsSource(flags: flags, isShared: isShared).read(), on: host, socketPath: "/tmp/x",
            zygotePath: "/x", libraryZygotePath: "/x", isShared: isShared)
    }

    @Test("settings become what the daemon runs by")
    func settings() throws {
        let it = try configuration([
            "floor-threads": "3", "floor-processes": "1", "idle-time": "2s", "drain-time": "1s", "task-limit": "7",
        ])
        #expect(it.policy.threadFloor == 3)
        #expect(it.policy.processFloor == 1)
        #expect(it.policy.idleNanoseconds == 2_000_000_000)
        #expect(it.drainNanoseconds == 1_000_000_000)
        #expect(it.limits.tasks == 7)
        #expect(it.socketMode == 0o600)
    }

    @Test("a daemon for all users lets the group in")
    func shared() throws {
        #expect(try configuration([:], isShared: true).socketMode == 0o660)
    }

    @Test("floors above the limit beside them are refused")
    func contradiction() throws {
        #expect(throws: SettingError.floorsAboveLimit(threads: 8, processes: 4, limit: 10)) {
            try configuration(["floor-threads": "8", "worker-limit": "10"])
        }
    }

    @Test("a running daemon takes over what it can and says what waits")
    func reload() throws {
        let live = LiveConfiguration(try configuration(["ledger-size": "64MiB", "task-limit": "10"]))
        let new = try configuration(["ledger-size": "128MiB", "task-limit": "20", "socket": "/tmp/y"])
        let (taken, waiting) = try live.adopt(new)
        #expect(waiting == ["socket", "ledger-size"])
        #expect(taken.limits.tasks == 20)
        #expect(taken.limits.ledgerBytes == 64 << 20)
        #expect(live.current.limits.tasks == 20)
    }

    @Test("what a running daemon can't take over leaves all as it was")
    func rejected() throws {
        let live = LiveConfiguration(try configuration(["worker-limit": "8"]))
        let new = try configuration(["worker-limit": "64", "floor-threads": "32", "task-limit": "20"])
        #expect(throws: SettingError.floorsAboveLimit(threads: 32, processes: 4, limit: 8)) { try live.adopt(new) }
        #expect(live.current.limits.tasks == 4_000_000)
    }
}
