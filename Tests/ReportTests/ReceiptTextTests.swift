import Control
import Report
import Testing

@Suite struct ReceiptTextTests {
    @Test func `a warm receipt tells when its workers were started, and what that took`() {
        #expect(
            ReceiptText(Samples.warm, style: Samples.style).text == """
                io --read --size 8MiB · 4 threads · warm · all 16 tasks ok

                  queue     12.3 µs  <0.1 %  ▏
                  startup         0   0.0 %  warm: started 12 min ago, which took 247 µs
                  dispatch  18.2 µs   0.1 %  ▏
                  run       26.0 ms  99.8 %  ████████████████████████
                  collect   31.0 µs   0.1 %  ▏
                  teardown        0   0.0 %
                  elapsed   26.1 ms   100 %

                  tasks       16 ok
                  task times  sum 98.3 ms · min 5.81 ms · p50 6.10 ms · p90 6.71 ms
                              p99 7.02 ms · max 7.02 ms
                  task CPU    sum 41.2 ms, 41.9 % of task time
                  returned    134,217,728 bytes (128 MiB)
                  derived     speed-up 3.78× · efficiency 94.5 % · throughput 4.81 GiB/s
                              break-even 3 tasks

                  worker   pid   tid  start-up  dispatch  tasks
                       1  4242  4243   62.0 µs   18.2 µs      4
                       2  4242  4244   62.0 µs   18.3 µs      4
                       3  4242  4245   62.0 µs   18.4 µs      4
                       4  4242  4246   62.0 µs   18.5 µs      4

                """)
    }

    @Test func `a receipt tells of workers that died, and what that cost`() {
        var receipt = Samples.warm
        (receipt.deaths, receipt.reruns, receipt.timeLost) = (1, 2, 501_000_000)
        let lines = ReceiptText(receipt, style: Samples.style).text.split(separator: "\n")
        #expect(lines.contains("  deaths      1 worker died · 2 tasks run again · 501 ms lost"))
        #expect(Page(of: RecordedRun(receipt, blocks: []), note: "").text.contains("1 worker died · 2 tasks run again"))
        #expect(!ReceiptText(Samples.warm, style: Samples.style).text.contains("deaths"))
    }

    @Test func `a receipt of Python threads tells what their start went into, and that they took turns`() {
        var receipt = Samples.warm
        receipt.interpreter = Interpreter(
            version: "Python 3.13.0", takesTurns: true, program: 30_000_000, imports: 4_000_000, fork: 600_000,
            ready: 50_000,
            waited: 0, warnings: ["a thread is gone"])
        let (run, tasks) = (receipt.phases.run, receipt.tasks.total)
        receipt.task.cpuCovered = tasks
        receipt.task.cpuSum = run * 102 / 100
        func lines() -> [String] {
            ReceiptText(receipt, style: Samples.style).text.split(separator: "\n").map(String.init)
        }
        let told = lines().joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(told.contains("was started interpreter 30.0 ms · imports 4.00 ms · fork 600 µs ready 50.0 µs"))
        #expect(
            told.contains("workers Python 3.13.0, with a GIL together they used 1.02 processors: they took turns"))
        #expect(told.contains("warning a thread is gone"))
        // Others had the processors: nobody can tell.
        receipt.interpreter?.waited = run
        #expect(!lines().joined().contains("took turns"))
        receipt.interpreter?.waited = 0
        receipt.task.cpuSum = run / 2
        #expect(!lines().joined().contains("took turns"))
    }

    @Test func `a cold receipt tells why, what the start-up was of the whole, and not every worker`() {
        #expect(
            ReceiptText(Samples.cold, style: TextStyle(color: false, unicode: true, width: 120)).text == """
                noop · 2 processes × 6 threads · cold (pool too small) · all 1,000,000 tasks ok

                  queue     9.00 µs  <0.1 %  ▏
                  startup    446 µs   2.1 %  ▌
                  dispatch  21.0 µs   0.1 %  ▏
                  run       20.0 ms  92.2 %  ██████████████████████▏
                  collect    900 µs   4.2 %  █
                  teardown   310 µs   1.4 %  ▍
                  elapsed   21.7 ms   100 %

                  tasks       1,000,000 ok
                  task times  sum 38.0 ms · min 12 ns · p50 17 ns · p90 19 ns · p99 40 ns · max 61.0 µs
                  task CPU    sum 900 µs in 41 of 1,000,000 tasks · sampled every 20.0 µs at most
                  derived     speed-up 1.90× · efficiency 15.8 % · throughput 50.0 million tasks/s · start-up share 2.1 %
                              break-even never

                  worker  pid  tid  start-up  dispatch   tasks
                       1  700  700    400 µs   21.0 µs  83,333
                       2  700  701    400 µs   21.0 µs  83,333
                       3  700  702    400 µs   21.0 µs  83,333
                       4  700  703    400 µs   21.0 µs  83,333
                       5  700  704    400 µs   21.0 µs  83,333
                       6  700  705    400 µs   21.0 µs  83,333
                       7  701  706    400 µs   21.0 µs  83,333
                       8  701  707    400 µs   21.0 µs  83,333
                  and 4 more

                """)
    }

    @Test func `a receipt of a run without a task says so and derives nothing`() {
        #expect(
            ReceiptText(Samples.cancelled, style: Samples.style).text == """
                sleep --for 1h · serial · warm · cancelled before any task

                  queue      800 ms  100.0 %  ████████████████████████
                  startup         0    0.0 %  warm
                  dispatch        0    0.0 %
                  run             0    0.0 %
                  collect   4.00 µs   <0.1 %  ▏
                  teardown        0    0.0 %
                  elapsed    800 ms    100 %

                  tasks       4 cancelled
                  task times  no task ran

                """)
    }

    @Test func `failures are grouped, in lines of whole words, and readable in ASCII`() {
        #expect(
            ReceiptText(Samples.failed, style: Samples.ascii).text == """
                io --dir /full | 2 processes | cold (worker replaced)
                2 of 8 tasks failed, 1 lost

                  queue     1.00 us  <0.1 %  #
                  startup    250 us   5.9 %  #
                  dispatch  9.00 us   0.2 %  #
                  run       4.00 ms  93.7 %  ######################
                  collect   10.0 us   0.2 %  #
                  teardown        0   0.0 %
                  elapsed   4.27 ms   100 %

                  tasks       5 ok | 2 failed | 1 lost
                  task times  sum 6.00 ms | min 600 us | p50 800 us | p90 900 us | p99 1.00 ms
                              max 1.00 ms
                  task CPU    not sampled: every task was too short
                  returned    640 bytes
                  derived     speed-up 1.50x | efficiency 75.0 % | throughput 156 KiB/s
                              start-up share 5.9 % | break-even 9 tasks

                  worker  pid  tid     start-up  dispatch  tasks
                       1   31   31       240 us   9.00 us      8
                       2    0    0  never ready         -      0

                  failures
                  2x write: No space left on device (first: task 4)
                  1x worker killed by signal 9, and a reason that is far too long for a line
                     (first: task 8)

                """)
    }

    @Test func `below a reason stands what the first task that gave it was given`() {
        let text = ReceiptText(Samples.failed, style: Samples.ascii) {
            "task \($0)'s\u{1B}" + String(repeating: "!", count: 80)
        }
        .text
        let failures = text.split(separator: "\n").suffix(5).map(String.init)
        #expect(failures.first == "  2x write: No space left on device (first: task 4)")
        #expect(failures[1] == "     task 3's\\e" + String(repeating: "!", count: 62) + "...")
        #expect(failures.last?.hasPrefix("     task 7's\\e!") == true)
    }

    @Test func `an ASCII receipt has nothing but ASCII`() {
        for receipt in [Samples.warm, Samples.cold, Samples.cancelled, Samples.failed] {
            #expect(ReceiptText(receipt, style: Samples.ascii).text.utf8.allSatisfy { $0 < 0x80 })
        }
    }

    @Test func `colours change nothing but colours`() {
        let colored = ReceiptText(Samples.failed, style: TextStyle(color: true, unicode: true, width: 80)).text
        #expect(colored.contains("\u{1B}[31m2 of 8 tasks failed, 1 lost\u{1B}[0m"))
        #expect(colored.replacing(/\u{1B}\[\d*m/, with: "") == ReceiptText(Samples.failed, style: Samples.style).text)
    }

    @Test func `no line of a receipt is wider than a terminal of 40 columns or more`() {
        for receipt in [Samples.warm, Samples.cold, Samples.cancelled, Samples.failed] {
            for style in [
                TextStyle(color: false, unicode: true, width: 40), .init(color: false, unicode: true, width: 61),
            ] {
                let text = ReceiptText(receipt, style: style) { _ in String(repeating: "long ", count: 30) }.text
                for line in text.split(separator: "\n") { #expect(line.count <= style.width, "\(line)") }
            }
        }
        let warm = ReceiptText(Samples.warm, style: TextStyle(color: false, unicode: true, width: 40)).text
        #expect(warm.contains("  startup         0   0.0 %  warm\n"))
        #expect(warm.contains("  workers     started 12 min ago, which\n              took 247 µs\n"))
    }

    @Test func `the end of a run says how many tasks failed, were lost and did not run`() {
        func end(_ outcome: Receipt.Outcome, _ tasks: Tasks) -> String {
            var receipt = Samples.warm
            (receipt.outcome, receipt.tasks) = (outcome, tasks)
            return receipt.end
        }
        #expect(end(.failed, Tasks(ok: 16, failed: 4)) == "4 of 20 tasks failed")
        #expect(end(.failed, Tasks(failed: 1)) == "1 of 1 task failed")
        #expect(end(.failed, Tasks(failed: 2)) == "all 2 tasks failed")
        #expect(end(.failed, Tasks(ok: 1, failed: 1, cancelled: 8)) == "1 of 10 tasks failed, 8 not run")
        #expect(end(.failed, Tasks(cancelled: 2)) == "failed before any task began")
        #expect(end(.timeout, Tasks(ok: 3, cancelled: 1)) == "timed out after 3 of 4 tasks")
    }

    @Test func `a receipt can repeat what was typed, without defaults`() {
        let shown = Samples.warm.repeating(options: ["read": "true"], input: "a b")
        #expect(ReceiptText(shown, style: Samples.style).text.hasPrefix("io --read a b · 4 threads"))
    }

    @Test(arguments: [10, 40, 80, 200])
    func `a receipt can be told at any width`(width: Int) {
        let text = ReceiptText(Samples.failed, style: TextStyle(color: false, unicode: true, width: width)).text
        #expect(text.contains("elapsed") && text.contains("failures"))
    }
}
