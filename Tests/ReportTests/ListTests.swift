import Control
import Report
import Testing

@Suite struct ListTests {
    static let pool = Pool(
        name: "threads", unit: "threads", threadsPerProcess: 4, state: "ready", floor: 4, size: 6, ready: 6, busy: 2,
        waiting: 1, pids: [4242], startupPaid: 247_000, readyFor: 720_000_000_000, replaced: 0)
    static let mixed = Pool(
        name: "mixed-2", unit: "processes", threadsPerProcess: 2, state: "starting", floor: 5, size: 5, ready: 0,
        busy: 0,
        waiting: 0, pids: [1, 2, 3, 4, 5], startupPaid: 0, readyFor: 0, replaced: 3)

    @Test func `pools stand one a line`() {
        #expect(
            PoolTable([Self.pool, Self.mixed], style: TextStyle(color: false, unicode: true, width: 140)).text == """
                pool     runtime  state     workers                floor  size  ready  busy  waiting  replaced  start-up  up for  pids
                threads  native   ready     threads                    4     6      6     2        1         0    247 µs  12 min  4242
                mixed-2  native   starting  processes × 2 threads      5     5      0     0        0         3         0       0  1,2,3,4,…

                """)
        #expect(
            PoolTable([Self.pool, Self.mixed], style: Samples.style).text == """
                pool     state     floor  size  ready  busy  waiting  replaced  start-up  up for
                threads  ready         4     6      6     2        1         0    247 µs  12 min
                mixed-2  starting      5     5      0     0        0         3         0       0

                """)
        #expect(
            PoolTable([Self.pool], style: TextStyle(color: false, unicode: true, width: 40)).text == """
                pool     state  size  ready  busy
                threads  ready     6      6     2

                """)
        #expect(PoolTable([], style: Samples.style).text == "no pools\n")
    }

    @Test func `jobs stand one a line`() {
        let job = Job(
            job: "j1", workload: "io", mode: .threads, workers: 4, state: "running", tasks: 100_000, done: 5000,
            uid: 1000,
            age: 2_500_000_000)
        #expect(
            JobTable([job], style: Samples.style).text == """
                job  workload  mode     workers  state     done    tasks            age   uid
                j1   io        threads        4  running  5,000  100,000  5.0 %  2.50 s  1000

                """)
        #expect(JobTable([], style: Samples.style).text == "no jobs\n")
    }

    @Test func `the daemon's status names every limit, in bytes where it is bytes`() {
        let status = GetStatus.Reply(
            version: "0.1.0", state: "ready", pid: 10, zygotePid: 11, uptime: 3_723_000_000_000, uid: 1000,
            socket: "/run/pard/pard.sock", jobsRunning: 1, jobsQueued: 2, jobsFinished: 1234, jobsRefused: 3,
            workers: 8,
            workersBusy: 4, workersReplaced: 0, ledgerBytes: 1_048_576,
            limits: ["queued_jobs": 64, "frame_bytes": 16_777_216],
            runtimes: [
                .init(name: "native", state: "ready", foreign: false, zygotePid: 11, workers: 8),
                .init(name: "curl", state: "gone", foreign: false, zygotePid: 0, workers: 0),
                .init(
                    name: "plugin:/home/me/libmine.so", state: "broken", reason: "no such file", foreign: true,
                    zygotePid: 0, workers: 0),
            ], origin: "started by parctl start", idleExit: 1_800_000_000_000, scripts: 2)
        #expect(
            StatusText(status, style: Samples.style).text == """
                pard 0.1.0 · ready · up 1 h 2 min
                  socket    /run/pard/pard.sock
                  origin    started by parctl start · ends when unused for 30 min
                  process   pid 10 · zygote 11 · uid 1000
                  workers   8 · 4 busy · 0 replaced
                  jobs      1 running · 2 queued · 1,234 finished · 3 refused
                  scripts   2 running
                  ledgers   1.00 MiB
                  runtimes  native ready · zygote 11 · 8 workers
                            curl gone
                            plugin:/home/me/libmine.so broken · no such file
                  limits    frame_bytes 16.0 MiB
                            queued_jobs 64

                """)
    }

    static let io = WorkloadDescription(
        name: "io", summary: "write a file", detail: String(repeating: "word ", count: 20), unit: "bytes", rerun: true,
        options: [
            .init(name: "size", kind: "size", value: "8MiB", summary: "size of each file"),
            .init(name: "read", kind: "flag", value: nil, summary: "read it back"),
        ])
    static let noop = WorkloadDescription(
        name: "noop", summary: "do nothing", detail: "Nothing.", unit: nil, rerun: true, options: [])

    @Test func `workloads stand with their options and defaults`() {
        #expect(
            WorkloadList([Self.noop, Self.io], style: Samples.style).text == """
                noop  do nothing
                io    write a file
                      --size <size>  size of each file (default: 8MiB)
                      --read         read it back

                """)
    }

    @Test func `one workload is told at length, in lines of whole words`() {
        #expect(
            WorkloadList.page(Self.io, style: TextStyle(color: false, unicode: true, width: 40)) == """
                io: write a file

                word word word word word word word word
                word word word word word word word word
                word word word word

                  --size <size>  size of each file (default: 8MiB)
                  --read         read it back

                """)
        #expect(
            WorkloadList.page(Self.noop, usage: "par noop", style: Samples.style).hasPrefix(
                "noop: do nothing\n\nUsage: par noop\n\n"))
        #expect(
            WorkloadList.page(Self.noop, style: Samples.style).hasSuffix(
                "Nothing.\n\nIt takes no options of its own.\n"))
    }

    @Test func `what the tasks of a workload tell stands at the end of its page`() {
        var told = Self.noop
        told.columns = [.init(key: "rows"), .init(key: "wait\u{1B}", unit: "ns")]
        #expect(
            WorkloadList.page(told, style: Samples.style).hasSuffix(
                "It takes no options of its own.\n\nA record tells rows, wait\\e (ns).\n"))
    }
}
