import Glibc
import Linux
import Pools
import Scheduling
import Testing

/// A shared library made of C source while `body` runs, in a folder of its own, which the source knows as `FOLDER`.
func withPlugin(_ source: String, _ body: (_ library: String, _ folder: String) async throws -> Void) async throws {
    try await withTemporaryDirectory { folder in
        try compile(source, into: "\(folder)/libmine.so", in: folder)
        try await body("\(folder)/libmine.so", folder)
    }
}

/// Makes a shared library of C source. It takes its name once it is whole, as linkers write theirs.
private func compile(_ source: String, into library: String, in folder: String, _ options: [String] = []) throws {
    let file = try #require(fopen("\(folder)/mine.c", "w"))
    fputs(source, file)
    fclose(file)
    let compiler = try Program(
        path: "/usr/bin/cc",
        arguments: [
            "-shared", "-fPIC", "-pthread", "-D_GNU_SOURCE", "-DFOLDER=\"\(folder)\"", "-o", "\(library).new",
            "\(folder)/mine.c",
        ] + options, environment: ["PATH=/usr/bin:/bin"], descriptors: []
    ).spawn()
    var status: Int32 = 0
    waitpid(compiler, &status, 0)
    try #require(status == 0)
    try #require(rename("\(library).new", library) == 0)
}

/// A library in which nothing happens.
private let plain = "int par_test(void) { return 1; }"

extension Host {
    /// Workers with a library, processes unless told otherwise.
    fileprivate func workers(
        _ count: Int, with library: String, _ arrangement: PoolKind.Arrangement = .processes(threads: 1),
        cold: ColdStart? = nil
    ) throws -> LeaseRequest {
        let kind = PoolKind(arrangement, runtime: try supervisor.runtime(forPlugin: library))
        return LeaseRequest(kind: kind, units: count / kind.workersPerUnit, cold: cold)
    }
}

@Suite("The runtime of a user's library", .serialized)
struct PluginTests {
    @Test(
        "has workers that have it loaded, in every arrangement and start",
        arguments: [PoolKind.Arrangement.threads, .processes(threads: 1), .processes(threads: 2)],
        [ColdStart?.none, .fresh, .exec])
    func loaded(arrangement: PoolKind.Arrangement, cold: ColdStart?) async throws {
        try await withPlugin(plain) { library, _ in
            try await Host.run { host in
                let request = try host.workers(4, with: library, arrangement, cold: cold)
                let job = try await host.submit(request, tasks: 8, workload: Work.sleep, number: 50_000_000)
                #expect(try await host.settles { $0.machine.jobs[job.id]?.state == .running })
                let pids = try await host.snapshot().pids[request.kind] ?? []
                #expect(!pids.isEmpty)
                for pid in pids where mayLookIntoWorkers {
                    #expect(try String(contentsOfFile: "/proc/\(pid)/maps").contains(library))
                }
                let outcome = await job.outcome
                #expect(outcome.count(.ok) == 8)
                #expect(outcome.row.reason == (cold == nil ? .firstUse : .requested))
                if cold == nil {
                    let second = try await host.run(try host.workers(4, with: library, arrangement), tasks: 8)
                    #expect(second.row.reason == nil)
                }
                let snapshot = try await host.snapshot()
                #expect(snapshot.health[request.kind.runtime] == .ready)
                #expect(snapshot.machine.name(of: request.kind) == "\(arrangement.name)-plugin:\(library)")
            }
        }
    }

    @Test("fails its runs with the dynamic linker's reason where it can't be loaded, and no others, until it can")
    func unloadable() async throws {
        try await withTemporaryDirectory { folder in
            let library = "\(folder)/libmine.so"
            let faults: [(what: String, make: () throws -> Void)] = [
                (
                    "file too short",
                    { try #require(fopen(library, "w").map { fclose($0) } == 0) }
                ),
                (
                    "undefined symbol: nowhere",
                    { try compile("int nowhere(void); int f(void) { return nowhere(); }", into: library, in: folder) }
                ),
                (
                    "libgone.so: cannot open shared object file",
                    {
                        try compile(plain, into: "\(folder)/libgone.so", in: folder)
                        try compile(plain, into: library, in: folder, ["-Wl,--no-as-needed", "-L\(folder)", "-lgone"])
                        unlink("\(folder)/libgone.so")
                    }
                ),
                (
                    "signal \(SIGSEGV)",
                    {
                        try compile(
                            "__attribute__((constructor)) static void f(void) { *(volatile int *)0 = 0; }",
                            into: library, in: folder)
                    }
                ),
                (
                    "exit code 3",
                    {
                        try compile(
                            "#include <unistd.h>\n__attribute__((constructor)) static void f(void) { _exit(3); }",
                            into: library, in: folder)
                    }
                ),
            ]
            try await Host.run { host in
                for fault in faults {
                    try fault.make()
                    let outcome = try await host.run(try host.workers(4, with: library), tasks: 4)
                    #expect(
                        outcome.row.failureReason?.contains(fault.what) == true, "\(outcome.row.failureReason ?? "")")
                    #expect(outcome.count(.cancelled) == 4)
                    #expect(try await host.run(Arrangement.processes.four(cold: .fresh), tasks: 8).count(.ok) == 8)
                    // A user's library is no reason to call the daemon broken.
                    #expect(try await host.snapshot().brokenReason == nil)
                }
                try compile(plain, into: library, in: folder)
                let outcome = try await host.run(try host.workers(4, with: library), tasks: 4)
                #expect(outcome.count(.ok) == 4)
                #expect(outcome.row.reason == .fileChanged)
            }
        }
    }

    @Test("that hangs as it is loaded is given up when its time is up, and holds up nobody")
    func hanging() async throws {
        try await withPlugin(
            "#include <unistd.h>\n__attribute__((constructor)) static void f(void) { for (;;) pause(); }"
        ) { library, _ in
            var patience = Patience()
            patience.pluginNanoseconds = 300_000_000
            patience.brokenNanoseconds = 0
            try await Host.run(patience: patience) { host in
                let request = try host.workers(4, with: library)
                let job = try await host.submit(request, tasks: 4)
                #expect(try await host.settles { $0.health[request.kind.runtime] == .starting })
                #expect(
                    await withCheckedContinuation { answer in host.supervisor.checkIn { answer.resume(returning: $0) } }
                )
                #expect(try await host.run(Arrangement.processes.four(cold: .fresh), tasks: 8).count(.ok) == 8)
                #expect(await job.outcome.row.failureReason?.contains("has not answered") == true)
            }
        }
    }

    @Test("has as much memory of its own as it may", arguments: [Int?.none, 512 << 20])
    func memory(bound: Int?) async throws {
        try await withPlugin(
            """
            #include <stdlib.h>
            #include <unistd.h>
            __attribute__((constructor)) static void load(void) {
                if (!malloc(1ul << 30)) _exit(7);
            }
            """
        ) { library, _ in
            try await Host.run(pluginMemory: bound) { host in
                for cold in [ColdStart?.none, .exec] {
                    let outcome = try await host.run(try host.workers(4, with: library, cold: cold), tasks: 4)
                    if bound == nil {
                        #expect(outcome.count(.ok) == 4)
                    } else {
                        #expect(outcome.row.failureReason?.contains("exit code 7") == true)
                    }
                }
            }
        }
    }

    @Test("is another one once the file has changed, and the old one goes when nobody uses it")
    func changed() async throws {
        try await withPlugin(plain) { library, folder in
            try await Host.run { host in
                let old = try host.workers(4, with: library)
                let job = try await host.submit(old, tasks: 4, workload: Work.sleep, number: 300_000_000)
                #expect(try await host.settles { $0.machine.jobs[job.id]?.state == .running })
                try compile("int par_test(void) { return 2; }", into: library, in: folder)
                let new = try host.workers(4, with: library)
                #expect(new.kind != old.kind)
                let outcome = try await host.run(new, tasks: 4)
                #expect(outcome.row.reason == .fileChanged)
                // What was handed in before is done by the workers that it was meant for.
                #expect(await job.outcome.count(.ok) == 4)
                #expect(
                    try await host.settles {
                        $0.machine.runtimes[old.kind.runtime] == nil && $0.pids[old.kind] == nil
                            && $0.zygotePIDs[old.kind.runtime] == nil
                    })
                #expect(try await host.run(try host.workers(4, with: library), tasks: 4).row.reason == nil)
                // A larger pool is cold for another reason.
                #expect(try await host.run(try host.workers(6, with: library), tasks: 6).row.reason == .poolTooSmall)
            }
        }
    }

    @Test("is given up once nobody has used it for a while, with its zygote")
    func idle() async throws {
        try await withPlugin(plain) { library, _ in
            try await Host.run(idle: 10_000_000, runtimeIdle: 20_000_000) { host in
                let request = try host.workers(4, with: library)
                #expect(try await host.run(request, tasks: 4).count(.ok) == 4)
                #expect(
                    try await host.settles {
                        $0.machine.runtimes[request.kind.runtime] == nil && $0.zygotePIDs[request.kind.runtime] == nil
                    })
                #expect(try await host.snapshot().machine.pools.count == 2)
                // The next one finds it as at first.
                let outcome = try await host.run(try host.workers(4, with: library), tasks: 4)
                #expect(outcome.count(.ok) == 4 && outcome.row.reason == .firstUse)
            }
        }
    }

    @Test("can write all over what its workers have of the daemon's, and nothing happens to others", arguments: 0..<3)
    func wild(round: Int) async throws {
        try await withPlugin(
            """
            #include <fcntl.h>
            #include <pthread.h>
            #include <stdint.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <unistd.h>
            static unsigned long start, end;
            static void *scribble(void *nothing) {
                // Words that could be sizes, places, states, times and numbers of processes, too.
                uint64_t words[] = {0, 1, 2, UINT64_MAX, UINT32_MAX, INT64_MAX, getpid(), getppid(), 4096, 1ul << 40};
                for (unsigned seed = getpid();;) {
                    uint64_t place = start + (rand_r(&seed) % (end - start)) / 8 * 8;
                    *(volatile uint64_t *)place = words[rand_r(&seed) % 10] ^ (rand_r(&seed) % 3 ? 0 : rand_r(&seed));
                    uint64_t word = words[rand_r(&seed) % 10];
                    if (rand_r(&seed) % 64 == 0)
                        for (int file = 3; file < 16; file++)
                            if (write(file, &word, rand_r(&seed) % 9) < 0 && read(file, &word, 8) < 0) continue;
                }
                return nothing;
            }
            __attribute__((constructor)) static void load(void) {
                char line[512];
                FILE *maps = fopen("/proc/self/maps", "re");
                while (maps && fgets(line, sizeof line, maps))
                    if (strstr(line, "par-ledger")) sscanf(line, "%lx-%lx", &start, &end);
                if (maps) fclose(maps);
                // The first mebibytes are what is in use.
                if (end - start > 1ul << 21) end = start + (1ul << 21);
                for (int i = 0, file; i < 13; i++) if ((file = open("/dev/null", O_RDWR)) > 6) close(file);
                for (int file = 3; file < 16; file++) fcntl(file, F_SETFL, O_NONBLOCK);
                pthread_t thread;
                pthread_create(&thread, NULL, scribble, NULL);
            }
            """
        ) { library, _ in
            try await Host.run(grace: 50_000_000) { host in
                let request = try host.workers(4, with: library, [.threads, .processes(threads: 1)][round % 2])
                var wild: [Host.Running] = []
                let iterations: Int64 = 2_000
                for _ in 0..<6 {
                    var next = request
                    next.deadline = Monotonic.now() + 400_000_000
                    wild.append(try await host.submit(next, tasks: 2_000, workload: Work.cpu, number: iterations))
                    for pool in [Arrangement.processes, .threads] {
                        let outcome = try await host.run(
                            pool.four(), tasks: 5_000, workload: Work.cpu, number: iterations)
                        #expect(outcome.count(.ok) == 5_000)
                        #expect(outcome.records.allSatisfy { $0.value == iterations * (iterations - 1) / 2 })
                        #expect(outcome.row.reason == nil && outcome.row.deaths == 0)
                    }
                    let cold = try await host.run(Arrangement.processes.four(cold: .fresh), tasks: 8)
                    #expect(cold.count(.ok) == 8)
                }
                for job in wild {
                    let outcome = await job.outcome
                    #expect(outcome.records.count == 2_000)
                    let now = Monotonic.now()
                    #expect(outcome.records.allSatisfy { $0.stop >= $0.start && $0.stop <= now })
                    #expect(outcome.crew.allSatisfy { $0.map { $0.readyAt <= now } ?? true })
                }
                let snapshot = try await host.snapshot()
                #expect(snapshot.machine.members(of: .threads).count == 4)
                #expect(snapshot.health[.native] == .ready)
            }
        }
    }

    @Test("whose zygote tells of processes that are others' does nothing to them, and fails its runs")
    func liar() async throws {
        try await withPlugin(
            """
            #include <stdint.h>
            #include <stdio.h>
            #include <sys/socket.h>
            #include <unistd.h>
            // Answers in the zygote's place: that the process in the file is each that it was asked for.
            __attribute__((constructor)) static void load(void) {
                uint32_t request[512], answer[64], victim = 0;
                FILE *file = fopen(FOLDER "/victim", "re");
                if (!file || fscanf(file, "%u", &victim) != 1) _exit(1);
                for (ssize_t size; (size = recv(5, request, sizeof request, 0)) > 0;) {
                    size_t count = request[0] == 1 ? (size / 4 - 1) / 2 : 1;
                    for (size_t i = 0; i < count; i++) answer[i] = request[0] == 1 ? victim : 3;
                    send(5, answer, count * 4, 0);
                }
                _exit(0);
            }
            """
        ) { library, folder in
            let bystander = try Program(path: "/bin/sleep", arguments: ["60"], environment: [], descriptors: []).spawn()
            defer { killChild(bystander) }
            try await Host.run { host in
                let snapshot = try await host.snapshot()
                let worker = try #require(snapshot.pids[.processes(threads: 1)]?.first)
                for victim in [worker, snapshot.zygotePID, Int(bystander), Int(getpid()), 1] {
                    let file = try #require(fopen("\(folder)/victim", "w"))
                    fputs("\(victim)", file)
                    fclose(file)
                    let request = try host.workers(4, with: library, cold: .fresh)
                    let outcome = try await host.run(request, tasks: 4)
                    #expect(outcome.row.failureReason?.contains("has not started") == true)
                    #expect(exists(victim))
                    #expect(try await host.settles { $0.health[request.kind.runtime] == .gone })
                }
                #expect(try await host.snapshot().machine.replaced == 0)
                #expect(try await host.snapshot().zygotePID == snapshot.zygotePID)
                #expect(try await host.run(Arrangement.processes.four(cold: .fresh), tasks: 8).count(.ok) == 8)
            }
        }
    }

    @Test("is none where the file can't be read, or all users are served")
    func refused() async throws {
        try await withTemporaryDirectory { folder in
            try await Host.run(threads: 0, processes: 0) { host in
                for path in ["\(folder)/nothing.so", folder, "/dev/null"] {
                    #expect(throws: RuntimeRefusal.self) { try host.supervisor.runtime(forPlugin: path) }
                }
                #expect(throws: RuntimeRefusal.relative("libmine.so")) {
                    try host.supervisor.runtime(forPlugin: "libmine.so")
                }
            }
            var policy = PoolPolicy(threadFloor: 0, processFloor: 0)
            policy.isShared = true
            let shared = try Supervisor(
                .init(
                    policy: policy, zygotePath: try programPath("parzygote"),
                    libraryZygotePath: try programPath("parzygote-library"), environment: []))
            #expect(throws: RuntimeRefusal.shared) { try shared.runtime(forPlugin: "/lib/x86_64-linux-gnu/libc.so.6") }
        }
    }
}
