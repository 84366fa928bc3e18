import Testing

@testable import Daemon

@Suite("The host's limits")
struct HostTests {
    private static let unified = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate"

    private func limits(_ files: [String: String]) -> HostLimits {
        HostLimits(processors: 8) { files[$0] }
    }

    @Test("cores are what affinity and quota allow, whichever is less")
    func cores() {
        #expect(HostLimits(processors: 8).cores == 8)
        #expect(HostLimits(processors: 8, processorQuota: 2.5).cores == 3)
        #expect(HostLimits(processors: 2, processorQuota: 6).cores == 2)
        #expect(HostLimits(processors: 2, processorQuota: 0.2).cores == 1)
    }

    @Test("floors without a size have one worker for each core, and four at least")
    func defaultFloors() throws {
        let few = try PoolSizes(
            floorThreads: nil, floorProcesses: nil, workerLimit: 256,
            on: HostLimits(processors: 32, processorQuota: 1.5))
        #expect((few.floorThreads, few.floorProcesses) == (4, 4))
        let many = try PoolSizes(
            floorThreads: nil, floorProcesses: 2, workerLimit: 256, on: HostLimits(processors: 32))
        #expect((many.floorThreads, many.floorProcesses) == (32, 2))
        #expect(many.notes == [])
    }

    @Test(
        "each limit lowers the floors, keeps their proportion and is named",
        arguments: [
            (HostLimits(processors: 2, tasks: 36), "TasksMax"),
            (HostLimits(processors: 2, userTasks: 36), "LimitNPROC"),
            (HostLimits(processors: 2, memoryBytes: 40 << 20), "MemoryMax"),
            (HostLimits(processors: 2, openFiles: 144), "LimitNOFILE"),
        ])
    func bounded(host: HostLimits, name: String) throws {
        let sizes = try PoolSizes(floorThreads: 24, floorProcesses: 8, workerLimit: 256, on: host)
        #expect(sizes.workerLimit == 8)
        #expect((sizes.floorThreads, sizes.floorProcesses) == (6, 2))
        #expect(sizes.workerLimitName.contains(name))
        #expect(sizes.notes.count == 2)
        #expect(sizes.notes.allSatisfy { $0.contains(name) })
    }

    @Test("floors without a size leave half of a small host's workers to others")
    func smallHost() throws {
        let host = HostLimits(processors: 2, tasks: 36)
        let sizes = try PoolSizes(floorThreads: nil, floorProcesses: nil, workerLimit: 256, on: host)
        #expect(sizes.workerLimit == 8)
        #expect((sizes.floorThreads, sizes.floorProcesses) == (2, 2))
    }

    @Test("a host without room for a worker is refused by the limit's name")
    func noRoom() {
        let host = HostLimits(processors: 2, tasks: 24)
        #expect(throws: SettingError.noRoom(limit: "TasksMax (pids.max of the cgroup)")) {
            try PoolSizes(floorThreads: nil, floorProcesses: nil, workerLimit: 256, on: host)
        }
    }

    @Test("version 2: the lowest limit of the cgroup and those above it counts")
    func unified() {
        let read = limits([
            "/proc/self/cgroup": "0::/system.slice/pard.service\n", "/proc/self/mountinfo": Self.unified,
            "/sys/fs/cgroup/system.slice/pard.service/pids.max": "max\n",
            "/sys/fs/cgroup/system.slice/pids.max": "77\n",
            "/sys/fs/cgroup/pids.max": "1000\n",
            "/sys/fs/cgroup/system.slice/pard.service/memory.max": "73728000\n",
            "/sys/fs/cgroup/system.slice/pard.service/cpu.max": "max 100000\n",
            "/sys/fs/cgroup/system.slice/cpu.max": "150000 100000\n",
        ])
        #expect(read == HostLimits(processors: 8, processorQuota: 1.5, tasks: 77, memoryBytes: 73_728_000))
    }

    @Test("version 1, with the unified hierarchy beside it")
    func hybrid() {
        let read = limits([
            "/proc/self/cgroup": "4:pids:/box/a\n3:cpu,cpuacct:/box/a\n2:memory:/box/a\n0::/box/a\n",
            "/proc/self/mountinfo": """
            30 24 0:26 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw
            31 24 0:27 /box /sys/fs/cgroup/pids rw shared:10 - cgroup cgroup rw,pids
            32 24 0:28 /box /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
            33 24 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
            """,
            "/sys/fs/cgroup/pids/a/pids.max": "64\n",
            "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "-1\n",
            "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000\n",
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "55000\n",
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "/sys/fs/cgroup/memory/box/a/memory.limit_in_bytes": "9223372036854771712\n",
        ])
        #expect(read == HostLimits(processors: 8, processorQuota: 0.55, tasks: 64))
    }

    @Test("without cgroups nothing is limited")
    func none() {
        #expect(limits([:]) == HostLimits(processors: 8))
    }

    @Test("what the system killed for want of memory is counted by either version of cgroups, and else not at all")
    func memoryKills() {
        let unified = [
            "/proc/self/cgroup": "0::/a/b\n", "/proc/self/mountinfo": Self.unified,
            "/sys/fs/cgroup/a/b/memory.events": "low 0\nhigh 3\nmax 9\noom 2\noom_kill 5\noom_group_kill 0\n",
        ]
        #expect(MemoryKills { unified[$0] }.count == 5)
        let old = [
            "/proc/self/cgroup": "4:memory:/a\n",
            "/proc/self/mountinfo": "31 24 0:27 / /sys/fs/cgroup/memory rw shared:10 - cgroup cgroup rw,memory",
            "/sys/fs/cgroup/memory/a/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
        ]
        #expect(MemoryKills { old[$0] }.count == 2)
        #expect(MemoryKills { _ in nil }.count == nil)
    }
}
