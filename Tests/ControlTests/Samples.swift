import Control
import Varlink

/// A value of every Swift twin, with nothing left out, so that its JSON has every member.
enum Samples {
    static let tasks = Tasks(ok: 1, failed: 2, lost: 3, cancelled: 4)
    static let phases = Phases(queue: 1, startup: 2, dispatch: 3, run: 4, collect: 5, teardown: 6)
    static let command = CommandRecord(
        exitCode: 0, signal: 0, tries: 1, spawn: 2, command: 3, user: 4, system: 5, peakMemory: 6, stdoutBytes: 7,
        stderrBytes: 8, cause: "timeout")
    static let fetch = FetchRecord(
        url: "u", status: 200, bytes: 1, redirects: 2, connections: 3, lookup: 4, connect: 5, tls: 6, firstByte: 7)
    static let record = Record(
        task: 1, worker: 2, pid: 3, tid: 4, start: 5, stop: 6, cpu: 7, attempt: 1, status: "ok", value: .max,
        reason: "r", command: command, fetch: fetch, detail: ["rows": 8, "skipped": -1])
    static let output = Output(task: 1, stdout: "aGk=", stderr: "", record: record)
    static let context = Context(
        directory: "/", umask: 18, environment: ["PATH=/bin"], ignored: [1], nice: 5, io: 16384, oom: 100,
        policy: 3, cpus: [0, 1], limits: [-1, -1])
    static let halt = Halt(failures: 1, now: true)
    static let block = Run.Block(base64: "aGk=", descriptor: 0, lengths: [1, 1], table: 8)
    static let results = Run.Results(descriptor: 0, bytes: 64, failures: 32, first: 1)
    static let figure = Figure(name: "spawn", unit: "ns", count: 1, sum: 2, min: 2, p50: 2, p99: 2, max: 2)
    static let option = WorkloadDescription.Option(
        name: "size", kind: "size", value: "8MiB", summary: "s", least: 1, most: 2, choices: ["c"])
    static let workload = WorkloadDescription(
        name: "io", summary: "s", detail: "d", unit: "bytes", rerun: true, input: "command",
        options: [option], examples: ["io"], columns: [column])
    static let column = WorkloadDescription.Column(key: "k", unit: "ns")
    static let pool = Pool(
        name: "threads", unit: "threads", threadsPerProcess: 4, state: "ready", floor: 4, size: 4, ready: 4, busy: 1,
        waiting: 0, pids: [1], startupPaid: 1, readyFor: 2, replaced: 0)
    static let runtime = RuntimeStatus(
        name: "curl", state: "broken", reason: "r", foreign: false, zygotePid: 0, workers: 0)
    static let loaded = Script.Import(name: "numpy", nanoseconds: 7)
    static let script = Script.Request(
        python: "/usr/bin/python3", preload: ["numpy"], root: "/home", kind: .file, script: "a.py",
        words: ["/usr/bin/python3", "a.py", "b"], arguments: 1, unbuffered: true, why: true, blocked: [2],
        surroundings: ["user": "0 0 0 0", "seccomp": "0"], context: context)
    static let scriptReplies = [
        Script.Reply(begun: .init(pid: 7, warm: 5, reason: "environment changed: LANG")),
        Script.Reply(ended: .init(code: 3, signal: nil, imports: [loaded])), Script.Reply(ended: .init(signal: 9)),
        Script.Reply(stopped: 19), Script.Reply(cold: "the caller's mount namespace is another than the daemon's"),
    ]
    static let job = Job(
        job: "j1", workload: "io", mode: .threads, workers: 4, state: "running", tasks: 16, done: 1, uid: 1000, age: 5,
        arguments: ["size": "8MiB"])

    static let histograms = Histograms(task: "HIST", dispatch: "HISTi")
    static let host = Host(
        name: "h", kernel: "Linux 6.1 x86_64", cores: 2, boot: "b", load: 0.5, cpuPressure: 1.25, memoryPressure: 0,
        ioPressure: 3)
    static let point: MetricPoint = {
        var point = MetricPoint(["mode": "threads"], counts: [1, 2], sum: 0.5)
        point.value = 1.5
        return point
    }()
    static let metric = Metric(
        "pard_task_seconds", .histogram, unit: "seconds", "h", bounds: [0.001], points: [point])

    static func receipt(_ reason: String? = "requested", speedup: Double? = 1.5, valueUnit: String? = "bytes")
        -> Receipt
    {
        Receipt(
            job: "j1", workload: "io", arguments: ["size": "8MiB"], input: valueUnit.map { _ in "i" }, mode: .threads,
            processes: 1, threads: 4,
            temperature: reason == nil ? .warm : .cold, reason: reason, outcome: .ok, tasks: tasks, phases: phases,
            poolStartupPaid: 7, poolReadyFor: 8, task: TaskTimes(sum: 1, cpuSum: 2, max: 9), speedup: speedup,
            efficiency: speedup.map { $0 / 4 }, breakEven: speedup.map { _ in 12 }, valueSum: .min,
            valueUnit: valueUnit, figures: [figure],
            workerCosts: [WorkerCost(worker: 0, pid: 1, tid: 2, startup: 3, dispatch: 4, tasks: 5)],
            failures: [Failure(reason: "r", count: 1, firstTask: 0)], deaths: 1, reruns: 2, timeLost: 3,
            interpreter: Interpreter(
                version: "Python 3.13.0", takesTurns: true, program: 1, imports: 2, fork: 3, ready: 4, waited: 5,
                warnings: ["one", "two"]), histograms: histograms, host: host)
    }

    /// Named types of the interface.
    static let types: [(name: String, value: any Encodable & Sendable)] = [
        ("Mode", Mode.threads), ("Cold", Cold.fresh), ("Tasks", tasks), ("Phases", phases),
        ("TaskTimes", TaskTimes()), ("Record", record), ("WorkerCost", receipt().workerCosts[0]),
        ("Failure", receipt().failures[0]), ("Receipt", receipt()), ("Pool", pool), ("Job", job), ("Option", option),
        ("Workload", workload), ("Column", column), ("CommandRecord", command), ("Output", output),
        ("OutputOrder", OutputOrder.ended),
        ("Context", context), ("Input", Run.Input(words: ["true"])), ("Halt", halt), ("FetchRecord", fetch),
        ("Figure", figure), ("Block", block), ("Results", results), ("Runtime", runtime),
        ("Interpreter", receipt().interpreter), ("Histograms", histograms), ("Host", host),
        ("MetricKind", MetricKind.gauge), ("MetricPoint", point),
        ("Metric", metric),
        ("ScriptKind", Script.Kind.module), ("ScriptImport", loaded),
    ]

    /// Methods by full name, with their parameters and reply.
    static let methods: [(name: String, input: any Encodable & Sendable, output: any Encodable & Sendable)] = [
        (Ping.method, Empty(), Empty()),
        (
            GetStatus.method, Empty(),
            GetStatus.Reply(
                version: "1", state: "broken", pid: 1, zygotePid: 2, uptime: 3, uid: 4, socket: "/s", jobsRunning: 1,
                jobsQueued: 2, jobsFinished: 3, jobsRefused: 4, workers: 8, workersBusy: 1, workersReplaced: 0,
                ledgerBytes: 0, limits: ["jobs": 1], runtimes: [runtime],
                reason: "no memory", origin: "started by hand", idleExit: 5, scripts: 1)
        ),
        (GetMetrics.method, Empty(), GetMetrics.Reply(metrics: [metric])),
        (
            Run.method,
            Run.Request(
                workload: "io", arguments: ["size": "8MiB"], mode: .threads, processes: 1, threads: 4, tasks: 16,
                cold: .exec, timeout: 1, records: true, inputs: [["true"]], context: context, outputs: .ended,
                halt: halt, block: block, results: true, early: true, wait: true),
            Run.Reply(
                accepted: .init(job: "j1", workers: 4, tasks: 16),
                progress: .init(state: "running", done: 1, total: 16, elapsed: 5), outputs: [output], early: [output],
                records: [record], results: results, receipt: receipt())
        ),
        (
            LeaseCall.method,
            LeaseCall.Request(
                workload: "noop", arguments: [:], mode: .processes, processes: 2, threads: 1, timeout: 1, tasks: 64,
                inputBytes: 4096, resultBytes: 4096, attempts: 3,
                context: context),
            LeaseCall.Reply(
                lease: .init(job: "j1", workers: 2, memory: 0, bell: 1),
                loss: .init(worker: 0, pid: 7, exit: "signal 9", oom: false, lost: 1, rerun: 0), receipt: receipt())
        ),
        (
            Script.method, script,
            Script.Reply(
                begun: scriptReplies[0].begun, stopped: 19, ended: .init(code: 1, signal: 2, imports: [loaded]),
                cold: "c")
        ),
        (
            KeepInterpreter.method,
            KeepInterpreter.Request(python: "/p", preload: ["numpy"], root: "/home", context: context),
            KeepInterpreter.Reply(pool: "scripts:numpy")
        ),
        (ListPools.method, Empty(), ListPools.Reply(pools: [pool])),
        (ResizePool.method, ResizePool.Request(name: "threads", size: 8), PoolReply(pool: pool)),
        (RecyclePool.method, RecyclePool.Request(name: "threads"), PoolReply(pool: pool)),
        (ListJobs.method, Empty(), ListJobs.Reply(jobs: [job])),
        (CancelJob.method, CancelJob.Request(job: "j1"), Empty()),
        (ListWorkloads.method, Empty(), ListWorkloads.Reply(workloads: [workload])),
    ]

    static let errors: [ControlError] = [
        .unknownWorkload("x", known: ["io", "cpu"]), .badArgument("size", value: "8XB", expected: "a size"),

        .busy(limit: "workers", allowed: 9, user: 1000, retryAfter: 2_000_000_000),
        .limitExceeded(limit: "tasks", value: 9, allowed: 8),
        .noSuchJob("j9"), .noSuchPool("x", known: ["threads"]), .notPermitted(action: "resize pools", needs: "root"),
        .draining, .workersFailed(reason: "no memory"),
    ]
}
