import CLease
import Control
import Foundation
import Testing

/// A cgroup for one test, in which what it starts has to do with little memory.
private struct SmallCgroup {
    let folder: String
    private let limit: String
    /// The file with a line `oom_kill`, and how many the kernel has killed behind it.
    let kills: String

    /// Where cgroups with a memory controller can be made: version 2, or 1.
    private static let places = [
        (root: "/sys/fs/cgroup", limit: "memory.max", kills: "memory.events", mark: "0::"),
        (
            root: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", kills: "memory.oom_control",
            mark: ":memory:"
        ),
    ]
    /// Where this process was.
    private let home: String

    /// Whether this machine lets tests make one.
    static let isPossible: Bool = {
        guard let group = try? SmallCgroup() else { return false }
        rmdir(group.folder)
        return true
    }()

    struct Missing: Error {}

    init() throws {
        let own = try String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8).split(separator: "\n")
        for place in Self.places {
            let folder = "\(place.root)/pard-test-\(getpid())"
            guard let line = own.first(where: { $0.contains(place.mark) }),
                let path = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).last,
                mkdir(folder, 0o755) == 0
            else { continue }
            if access("\(folder)/\(place.limit)", W_OK) == 0 {
                (self.folder, self.limit, home) = (folder, place.limit, "\(place.root)\(path)/cgroup.procs")
                kills = "\(folder)/\(place.kills)"
                return
            }
            rmdir(folder)
        }
        throw Missing()
    }

    /// What is started meanwhile is in it.
    func enter<Started>(_ start: () throws -> Started) throws -> Started {
        try write(String(getpid()), to: "\(folder)/cgroup.procs")
        let result = Result { try start() }
        try write(String(getpid()), to: home)
        return try result.get()
    }

    func limit(to bytes: Int) throws { try write(String(bytes), to: "\(folder)/\(limit)") }

    private func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }
}

extension EndToEnd {
    @Suite(
        "Where the system kills for want of memory",
        .enabled(if: SmallCgroup.isPossible, "no cgroup with a limit of memory can be made here"))
    struct OutOfMemoryTests {
        private static let functions = """
            def fill(item):
                if item != "x":
                    return item
                kept = []
                while True:
                    kept.append(bytearray(b"x") * (1 << 24))
            """

        /// Takes all memory there is until so many have been killed for it.
        private static let hog = """
            import sys

            def kills():
                with open(sys.argv[1]) as file:
                    return next(int(line.split()[1]) for line in file if line.startswith("oom_kill "))

            kept = []
            while kills() < int(sys.argv[2]):
                kept.append(bytearray(b"x") * (1 << 16))
            """

        @Test("it takes zygotes and workers, which come back, before the daemon, however large that is")
        func daemonStays() throws {
            let group = try SmallCgroup()
            defer { rmdir(group.folder) }
            try Fixture.run { fixture in
                // Sooner than what takes the memory: to have that later than others takes a privilege.
                let program = fixture.folder + "/sooner"
                let lines = "#!/bin/sh\necho 800 > /proc/self/oom_score_adj; exec '\(try Program.pard.path)' \"$@\"\n"
                try lines.write(toFile: program, atomically: false, encoding: .utf8)
                chmod(program, 0o755)
                defer { unlink(program) }
                let daemon = try group.enter { try Daemon(in: fixture, program: program) }
                try group.limit(to: 128 << 20)
                let hog = try group.enter {
                    let words = ["python3", "-c", Self.hog, group.kills, "4"]
                    return try Child("/usr/bin/env", words, environment: fixture.environment())
                }
                #expect(hog.end() == .exit(0), "\(hog.errors.text)")
                #expect(try daemon.status.pid == Int(daemon.process.pid))
                #expect(try daemon.exec(["-q", "--processes", "2", "echo", ":::", "a"]).output == "a\n")
                daemon.stop()
            }
        }

        @Test("of workers, runs and leases say so, and go on with others")
        func isTold() throws {
            let group = try SmallCgroup()
            defer { rmdir(group.folder) }
            try Libraries.use { libraries in
                try Scripts.use(start: { fixture in try group.enter { try Daemon(in: fixture) } }) { scripts in
                    try group.limit(to: 256 << 20)
                    try scripts.write(Self.functions, to: "app.py")
                    for shape in ["--processes 2", "--threads 2"] {
                        let outcome = try scripts.python("app.py:fill \(shape) -q a x b")
                        #expect(outcome.status == 1 && outcome.output == "\"a\"\n\"b\"\n")
                        #expect(
                            outcome.errors
                                == "parctl: input 2 (x): its worker died: signal 9, out of memory (3 times)\n")
                    }
                    let client = try LeaseClient(
                        scripts.daemon, "native", ["function", libraries.path("faults") + ":misbehave"], processes: 1)
                    let lost = try client.take(client.put(Array("m".utf8))).result
                    #expect(lost.state == UInt8(PAR_TASK_LOST))
                    #expect(lost.failure == UInt32(PAR_LOST_MEMORY) << 16 | UInt32(SIGKILL))
                    #expect(try client.take(client.put(Array("w".utf8))).result.state == UInt8(PAR_TASK_OK))
                    #expect(try client.finish().failures.first?.reason == "its worker died: signal 9, out of memory")
                    // Another signal 9 is none of it.
                    try scripts.write("import os\ndef end(item):\n    os.kill(os.getpid(), 9)\n", to: "end.py")
                    #expect(!(try scripts.python("end.py:end --processes 1 -q a").errors.contains("memory")))
                }
            }
        }
    }
}
