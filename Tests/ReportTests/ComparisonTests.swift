import Control
import FoundationEssentials
import Report
import Testing

@Suite struct ComparisonTests {
    /// A comparison of serial with 2 and 4 threads and processes, whose runs took the `times` in milliseconds: by round,
    /// and in it by arm.
    private func comparison(
        _ times: [[Int]], temperature: (Int, Int) -> Receipt.Temperature = { _, _ in .warm },
        outcome: (Int, Int) -> Receipt.Outcome = { _, _ in .ok }, planned: Int? = nil
    ) -> Comparison {
        let arms = Arm.matrix([2, 4])
        let rounds = times.enumerated().map { number, times in
            Comparison.Round(
                warm: times.enumerated().map { index, time in
                    receipt(arms[index], time, temperature(number, index), outcome(number, index))
                }, cold: times.enumerated().map { index, time in receipt(arms[index], time + 1, .cold, .ok) })
        }
        return Comparison(
            workload: "cpu", arguments: ["iterations": "1000"], tasks: 16, arms: arms, rounds: rounds,
            planned: planned ?? times.count)
    }

    private func receipt(
        _ arm: Arm, _ milliseconds: Int, _ temperature: Receipt.Temperature, _ outcome: Receipt.Outcome
    ) -> Receipt {
        let isCold = temperature == .cold
        return Receipt(
            job: "j", workload: "cpu", arguments: ["iterations": "1000"], mode: arm.mode,
            processes: arm.mode == .processes ? arm.workers : 1, threads: arm.mode == .threads ? arm.workers : 1,
            temperature: temperature, reason: isCold ? "requested" : nil, outcome: outcome,
            tasks: outcome == .ok ? Tasks(ok: 16) : Tasks(ok: 15, failed: 1),
            phases: Phases(
                queue: 0, startup: isCold ? 1_000_000 : 0, dispatch: 0,
                run: milliseconds * 1_000_000 - (isCold ? 1_000_000 : 0), collect: 0, teardown: 0),
            poolStartupPaid: isCold ? 0 : 250_000, poolReadyFor: 1,
            task: TaskTimes(sum: 16, min: 1, p50: 1_500_000, max: 1), speedup: 1, efficiency: 1, breakEven: nil,
            valueSum: 0, valueUnit: nil, workerCosts: [],
            failures: outcome == .ok ? [] : [Failure(reason: "no | <luck> `\u{301}", count: 1, firstTask: 3)])
    }

    /// Six rounds that differ a little, of arms that take `times`.
    private func steady(_ times: [Int]) -> [[Int]] {
        (0..<6).map { round in times.map { $0 + round % 3 } }
    }

    private func verdict(_ times: [[Int]]) -> String { Verdict(comparison(times)).sentence }

    @Test func `the matrix is serial, then threads, then processes, without doubles`() {
        #expect(
            Arm.matrix([4, 2, 4]).map(\.name)
                == ["serial", "2 threads", "4 threads", "2 processes", "4 processes"])
        #expect(Arm.matrix([1]).map(\.name) == ["serial", "1 thread", "1 process"])
    }

    @Test func `one arm that is ahead of all is named, with what it gains over serial and over the next`() {
        #expect(
            verdict(steady([400, 210, 100, 220, 120]))
                == "4 threads are 3.97 times as fast as serial (95 % interval 3.94 to 4.00), and 1.20 times as fast as the "
                + "next, 4 processes.")
    }

    @Test func `of arms that can't be told apart the one with the fewest workers is named, threads before processes`() {
        // Four threads have the best median, by as little as two threads and two processes are now and then ahead.
        let rounds = [[400, 201, 199, 201, 220], [400, 199, 200, 201, 220], [400, 201, 199, 199, 220]]
        #expect(
            verdict(rounds + rounds)
                == "2 threads are 1.99 times as fast as serial (95 % interval 1.99 to 2.01). "
                + "4 threads and 2 processes did about as well: the difference is too small to be sure of.")
        // And here two threads have.
        let others = rounds.map { [$0[0], $0[2], $0[1], $0[3], $0[4]] }
        #expect(
            verdict(others + others)
                == "2 threads are 2.01 times as fast as serial (95 % interval 2.00 to 2.01). "
                + "4 threads and 2 processes did about as well: the difference is too small to be sure of.")
    }

    @Test func `serial is named where all others are slower`() {
        #expect(
            verdict(steady([100, 150, 160, 200, 300]))
                == "Serial is fastest: the best of the others, 2 threads, took 1.50 times as long (95 % interval 1.49 to "
                + "1.50).")
    }

    @Test func `an interval that holds 1 tells nothing, and more rounds are asked for`() {
        let noisy = [
            [100, 90, 95, 100, 105], [100, 110, 95, 100, 105], [100, 91, 105, 100, 105], [100, 109, 95, 100, 105],
            [100, 92, 105, 100, 105], [100, 93, 95, 100, 105],
        ]
        let sentence = verdict(noisy)
        #expect(sentence.hasPrefix("Not sure that anything is faster than serial: the best, 2 threads, was"))
        #expect(sentence.contains("More rounds, for example with -r 30, or longer tasks"))
    }

    @Test func `five rounds are too few to tell`() {
        let sentence = verdict(Array(steady([400, 210, 100, 220, 120]).prefix(5)))
        #expect(
            sentence.hasPrefix("Not sure after 5 good rounds, as it takes 6 or more to be: 4 threads"))
    }

    @Test func `no round tells nothing`() {
        #expect(verdict([]) == "No result: not one round was completed.")
        #expect(!ComparisonTable(comparison([], planned: 10), style: Samples.style).text.isEmpty)
    }

    @Test func `rounds are compared one by one, so that a slow one doesn't matter`() throws {
        // In the third round everything took ten times as long.
        var times = steady([400, 200, 100, 200, 100])
        times[2] = times[2].map { $0 * 10 }
        let interval = try #require(comparison(times).figures[2].speedup?.interval)
        #expect(interval.low > 3.9 && interval.high <= 4.1)
    }

    @Test func `runs that were not warm or not ok are counted, and left out of the figures`() throws {
        let comparison = comparison(
            steady([400, 200, 100, 200, 100]), temperature: { $0 == 0 && $1 == 2 ? .cold : .warm },
            outcome: { $0 == 1 && $1 == 2 ? .failed : .ok })
        let figures = comparison.figures[2]
        #expect(figures.notWarm == 1)
        #expect(figures.troubled == 1)
        #expect(figures.elapsed?.count == 4)
        #expect(figures.speedup?.count == 4)
        let text = ComparisonTable(comparison, style: Samples.style).text
        #expect(text.contains("1 run of 4 threads found no warm workers and is left out"))
        #expect(text.contains("1 run of 4 threads had failed tasks and is left out"))
        #expect(text.contains("reason of failure: no | <luck>"))
    }

    @Test func `the table has a line an arm`() {
        #expect(
            ComparisonTable(comparison(steady([400, 210, 100, 220, 120])), style: Samples.style).text == """
                cpu --iterations 1000 · 16 tasks · 6 rounds

                arm          start-up    paid     task  elapsed     95 %  speed-up       95 %
                serial        1.00 ms  250 µs  1.50 ms   401 ms  400–402         1
                2 threads     1.00 ms  250 µs  1.50 ms   211 ms  210–212     1.90×  1.90–1.90
                4 threads     1.00 ms  250 µs  1.50 ms   101 ms  100–102     3.97×  3.94–4.00
                2 processes   1.00 ms  250 µs  1.50 ms   221 ms  220–222     1.81×  1.81–1.82
                4 processes   1.00 ms  250 µs  1.50 ms   121 ms  120–122     3.31×  3.30–3.33
                start-up: of a cold run · paid: what starting the warm workers took
                task: the median task
                95 %: the interval that holds the true median in 95 of 100 such comparisons

                4 threads are 3.97 times as fast as serial (95 % interval 3.94 to 4.00), and
                1.20 times as fast as the next, 4 processes.

                """)
    }

    @Test func `a narrow table keeps times and speed-ups`() {
        let style = TextStyle(color: false, unicode: true, width: 40)
        let lines = ComparisonTable(comparison(steady([400, 210, 100, 220, 120])), style: style).text.split(
            separator: "\n")
        #expect(lines.contains("arm          elapsed  speed-up"))
        #expect(lines.allSatisfy { $0.count <= 40 })
    }

    @Test func `an ASCII table has nothing but ASCII`() {
        let text = ComparisonTable(comparison(steady([400, 210, 100, 220, 120])), style: Samples.ascii).text
        #expect(text.utf8.allSatisfy { $0 < 0x80 })
        #expect(text.contains("3.97x  3.94-4.00"))
    }

    @Test func `Markdown has the same cells, and no mark of a reason's`() {
        let comparison = comparison(
            steady([400, 210, 100, 220, 120]), outcome: { $0 == 1 && $1 == 2 ? .failed : .ok })
        let markdown = ComparisonTable(comparison, style: Samples.style).markdown
        #expect(
            markdown.contains("| arm | start-up | paid | task | elapsed | 95 % | speed-up | 95 % |\n| :--- | ---: |"))
        #expect(markdown.contains("| 2 threads | 1.00 ms | 250 µs | 1.50 ms | 211 ms | 210–212 | 1.90× | 1.90–1.90 |"))
        // With an accent behind it a mark is still one; strings that look alike are equal, so bytes are compared.
        #expect(Array(markdown.utf8).contains(Array("no \\| \\<luck\\> \\`\u{301}".utf8)))
    }

    @Test func `CSV has whole nanoseconds, and a value in every column`() {
        let lines = ComparisonData(comparison(steady([400, 210, 100, 220, 120]))).csv.split(separator: "\n")
        #expect(lines.count == 6)
        let heads = lines[0].split(separator: ",", omittingEmptySubsequences: false)
        for line in lines { #expect(line.split(separator: ",", omittingEmptySubsequences: false).count == heads.count) }
        #expect(lines[0].hasPrefix("arm,mode,workers,tasks,rounds,not_warm,troubled,cold_startup_ns,"))
        #expect(lines[3].hasPrefix("4 threads,threads,4,16,6,0,0,1000000,1000000,1000000,"))
        #expect(lines[3].hasSuffix(",101000000,100000000,102000000,3.9703,3.9412,4.0000"))
        #expect(lines[1].hasSuffix(",401000000,400000000,402000000,,,"))
    }

    @Test func `JSON has every run of every round, and the verdict`() throws {
        let data = try JSONEncoder().encode(ComparisonData(comparison(steady([400, 210, 100, 220, 120]))))
        struct Document: Decodable {
            struct Arm: Decodable {
                struct Run: Decodable { var round: Int, temperature: String, elapsed: Int }
                struct Value: Decodable { var median: Double, low: Double?, confidence: Double? }
                var arm: String, runs: [Run], speedup: Value?, elapsed: Value
            }
            var schema: String, arms: [Arm], verdict: String, rounds: Int
        }
        let document = try JSONDecoder().decode(Document.self, from: data)
        #expect(document.schema == "pard.compare/1")
        #expect(document.rounds == 6)
        #expect(document.arms.map(\.arm) == ["serial", "2 threads", "4 threads", "2 processes", "4 processes"])
        #expect(document.arms[0].speedup == nil)
        #expect(document.arms[2].elapsed.median == 101_000_000)
        #expect(document.arms[2].elapsed.confidence == 0.96875)
        #expect(document.arms[2].runs.count == 12)
        #expect(document.verdict.hasPrefix("4 threads are"))
    }
}
