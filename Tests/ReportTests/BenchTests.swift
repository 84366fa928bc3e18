import Control
import Experiments
import FoundationEssentials
import Testing

@testable import Report

/// Receipts made up so that every figure can be checked by hand.
private enum Made {
    static let host = Host(name: "here", kernel: "Linux 6.1 x86_64", cores: 2, load: 0.1, cpuPressure: 0)

    /// A run whose pool took `overhead` and whose tasks took `run` nanoseconds together, each one a millisecond.
    static func receipt(
        _ cell: Bench.Cell, overhead: Int, run: Int, tasks: Int, outcome: Receipt.Outcome = .ok,
        cpu: Double = 1, interpreter: Interpreter? = nil
    ) -> Receipt {
        let isWarm = cell.kind == .warm
        return Receipt(
            job: "j", workload: "cpu", arguments: [:], mode: cell.arm.mode,
            processes: cell.arm.mode == .processes ? cell.arm.workers : 1,
            threads: cell.arm.mode == .threads ? cell.arm.workers : 1, temperature: isWarm ? .warm : .cold,
            reason: isWarm ? nil : "requested", outcome: outcome,
            tasks: outcome == .ok ? Tasks(ok: tasks) : Tasks(ok: tasks - 1, failed: 1),
            phases: Phases(
                queue: 0, startup: isWarm ? 0 : overhead, dispatch: isWarm ? overhead : 0, run: run, collect: 0,
                teardown: 0),
            poolStartupPaid: isWarm ? 2_000_000 : 0, poolReadyFor: 1,
            task: TaskTimes(
                sum: tasks * 1_000_000, cpuSum: Int(Double(tasks) * 1_000_000 * cpu), cpuCovered: tasks, min: 1_000_000,
                p50: 1_000_000, p90: 1_000_000, p99: 1_000_000, max: 1_000_000),
            speedup: Double(tasks) * 1e6 / Double(run), efficiency: 1, breakEven: 3, valueSum: 0, valueUnit: nil,
            workerCosts: [], failures: outcome == .ok ? [] : [Failure(reason: "no | <luck>", count: 1, firstTask: 0)],
            interpreter: interpreter, histograms: Histograms(task: "", dispatch: nil), host: host)
    }

    /// A few percent more or less, the same in each test.
    static func scatter(_ round: Int, _ place: Int) -> Double { 1 + Double((round * 7 + place * 3) % 5 - 2) * 0.004 }

    /// A bench of these arms, whose runs take the `runs` in microseconds.
    static func bench(
        _ arms: [(Arm, Int)], kinds: [Bench.Kind] = [.warm], tasks: Int = 16, rounds: Int = 10, isSweep: Bool = false,
        change: (Int, Bench.Cell, Receipt) -> Receipt = { $2 }
    ) -> Bench {
        let cells = arms.flatMap { arm in kinds.map { Bench.Cell(variant: 0, arm: arm.0, kind: $0) } }
        var experiment = Bench.experiment(of: cells, countsFailures: false)
        for round in 0..<rounds {
            var receipts: [Bench.Cell: Receipt] = [:]
            for (place, cell) in cells.enumerated() {
                let run = arms.first { $0.0 == cell.arm }?.1 ?? 0
                let overhead = [Bench.Kind.warm: 20_000, .fresh: 200_000, .exec: 2_000_000][cell.kind] ?? 0
                let made = receipt(
                    cell, overhead: overhead, run: Int(Double(run) * 1000 * scatter(round, place)), tasks: tasks)
                receipts[cell] = change(round, cell, made)
            }
            experiment.add(receipts)
        }
        return Bench(
            command: "cpu", variants: [Bench.Variant(name: "cpu", values: [], tasks: tasks)], arms: arms.map(\.0),
            experiment: experiment, isSweep: isSweep)
    }

    static let style = TextStyle(color: false, unicode: true, width: 100)
}

@Suite("A bench")
struct BenchTests {
    private let two = Arm(.threads, workers: 2)

    @Test("says what cold pools cost more than warm ones, and from when on that is small")
    func answers() throws {
        let bench = Made.bench([(two, 8000)], kinds: [.warm, .fresh, .exec])
        let text = BenchTable(bench, style: Made.style).text
        #expect(
            text.contains(
                "2 threads, started for the run: the pool itself took 200 µs of a run, 20.0 µs where it was warm"))
        #expect(text.contains("10.0 times"))
        // 180 µs more, and 500 µs of the run for each task: 1,620 µs are ten percent's work.
        #expect(text.contains("under 10 % of the run from 4 such tasks"))
        #expect(text.contains("under 1 % of the run from 36 such tasks"))
        let even = try #require(bench.breakEven(Bench.Cell(variant: 0, arm: two, kind: .exec), share: 0.1))
        #expect(abs(even.tasks.median - 1_980_000 * 9 / 500_000) < 1)
    }

    @Test("keeps start-up out of the figures of tasks")
    func startup() {
        let bench = Made.bench([(two, 8000)], kinds: [.warm, .exec])
        let cold = Bench.Cell(variant: 0, arm: two, kind: .exec)
        #expect(bench.estimate(cold, .task)?.median == 1_000_000)
        #expect(abs((bench.estimate(cold, .run)?.median ?? 0) - 8_000_000) < 100_000)
    }

    @Test("names outliers by their rounds, and leaves them in")
    func outliers() {
        let bench = Made.bench([(two, 8000)]) { round, cell, receipt in
            var receipt = receipt
            if round == 6 {
                receipt.phases.run *= 4
                receipt.elapsed = receipt.phases.sum
            }
            return receipt
        }
        let text = BenchTable(bench, style: Made.style).text
        #expect(text.contains("outliers are counted in all the same: 1 of 2 threads, warm (round 7, took 32"))
        #expect(bench.estimate(bench.cells[0], .elapsed)?.count == 10)
    }

    @Test("leaves runs with failed tasks out, and says so and why")
    func failures() {
        let bench = Made.bench([(two, 8000)]) { round, cell, receipt in
            round < 2 ? Made.receipt(cell, overhead: 1, run: 1, tasks: 16, outcome: .failed) : receipt
        }
        let text = BenchTable(bench, style: Made.style).text
        #expect(text.contains("2 runs of 2 threads, warm are left out"))
        #expect(text.contains("reason of failure: no | <luck>"))
        #expect(bench.estimate(bench.cells[0], .elapsed)?.count == 8)
    }

    @Test("of few rounds says that there are too few, and has no intervals")
    func few() {
        let text = BenchTable(Made.bench([(two, 8000)], rounds: 3), style: Made.style).text
        #expect(text.contains("intervals take 6 rounds or more"))
    }

    @Test("finds the knee and fits the laws where there are enough numbers of workers, and says where there are not")
    func sweep() {
        func amdahl(_ workers: Int) -> Int { Int(16_000 * (0.25 + 0.75 / Double(workers))) }
        let arms = [1, 2, 3, 4, 6, 8].map { (Arm(.threads, workers: $0), amdahl($0)) }
        let text = BenchTable(Made.bench(arms, isSweep: true), style: Made.style).text
        #expect(text.contains("8 threads are as fast as any number that was tried"))
        #expect(text.contains("Amdahl's law: 2"))
        let few = BenchTable(Made.bench(Array(arms.prefix(3)), isSweep: true), style: Made.style).text
        #expect(
            few.split(separator: "\n").joined(separator: " ").contains(
                "3 numbers of workers are too few to fit a law to: it takes 4"))
    }

    @Test("is told to programs with every cell and hyperfine's members, as JSON, CSV, Markdown and AsciiDoc")
    func data() throws {
        let bench = Made.bench([(two, 8000)], kinds: [.warm, .fresh])
        let json = try JSONEncoder().encode(BenchData(bench))
        let text = String(decoding: json, as: UTF8.self)
        for key in [
            "\"schema\":\"pard.bench", "\"break_even\"", "\"over_warm\"", "\"results\"", "\"stddev\"", "\"times\"",
            "\"host\"",
        ] {
            #expect(text.contains(key), "\(key)")
        }
        let lines = BenchData(bench).csv.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        #expect(lines.count == 3 && Set(lines.map(\.count)).count == 1)
        let table = BenchTable(bench, style: Made.style)
        #expect(table.markdown.contains("| 2 threads | fresh | 200 µs |"))
        #expect(table.asciidoc.contains("|2 threads |fresh |200 µs"))
    }

    @Test("is drawn on a page and in a picture, with nothing that a browser takes for markup")
    func page() {
        var bench = Made.bench([(two, 8000)], kinds: [.warm, .fresh, .exec])
        bench = Bench(
            command: "<b>&", variants: [Bench.Variant(name: "<i>", values: [], tasks: 16)], arms: bench.arms,
            experiment: bench.experiment)
        let page = Page(of: bench, note: "now").text
        #expect(page.contains("From when on a cold pool is all right"))
        #expect(page.contains("<polyline class=\"curve exec\""))
        #expect(!page.contains("<b>") && !page.contains("<i>"))
        #expect(!page.contains("<h2>Receipts</h2>"))
        let picture = BenchSVG(bench).text
        #expect(picture.hasPrefix("<svg xmlns=") && picture.hasSuffix("</svg>\n") && !picture.contains("<b>"))
    }
}

@Suite("Advice")
struct AdviceTests {
    private let serial = Arm(.serial, workers: 1)
    private func threads(_ count: Int) -> Arm { Arm(.threads, workers: count) }
    private func processes(_ count: Int) -> Arm { Arm(.processes, workers: count) }

    @Test("is the fewest workers that nobody is surely faster than, threads before processes")
    func fewest() {
        let bench = Made.bench([
            (serial, 16000), (threads(2), 8000), (threads(4), 8010), (processes(2), 7990), (processes(4), 8020),
        ])
        let advice = Advice(bench, .init())
        guard case .use(let arm, let speedup?, let equals) = advice.outcome else {
            Issue.record("\(advice.outcome)")
            return
        }
        #expect(arm == threads(2))
        #expect(abs(speedup.median - 2) < 0.05)
        #expect(equals.contains(processes(2)))
    }

    @Test("is processes where threads take turns, and says that they did")
    func turns() {
        let own = Interpreter(
            version: "Python 3.11.2", takesTurns: true, program: 0, imports: 0, fork: 0, ready: 0, waited: 0)
        let bench = Made.bench([(serial, 16000), (threads(2), 16500), (processes(2), 8200)]) { _, cell, receipt in
            var receipt = receipt
            receipt.interpreter = own
            return receipt
        }
        let advice = Advice(bench, .init(processMemory: 20 << 20))
        if case .use(let arm, _, _) = advice.outcome {
            #expect(arm == processes(2))
        } else {
            Issue.record("\(advice.outcome)")
        }
        let evidence = advice.evidence(Made.style)
        #expect(evidence.contains { $0.name == "interpreter" && $0.text.contains("they took turns") })
        #expect(evidence.contains { $0.name == "memory" && $0.text.hasPrefix("20.0 MiB") })
        #expect(evidence.contains { $0.name == "a task" && $0.text.contains("it computes") })
    }

    @Test("is serial where all others are slower, as where tasks have threads of their own")
    func serialWins() {
        let bench = Made.bench([(serial, 16000), (threads(2), 20000), (processes(2), 17000)])
        let advice = Advice(bench, .init(serialProcessors: 1.9))
        if case .use(let arm, nil, _) = advice.outcome {
            #expect(arm == serial)
        } else {
            Issue.record("\(advice.outcome)")
        }
        #expect(advice.evidence(Made.style).contains { $0.name == "own threads" })
    }

    @Test("is serial where the others surely gain no more than a little, and says how much that is at the most")
    func smallGain() {
        let gains = [0.96, 1.03, 0.99, 1.05, 1.01, 0.97, 1.04, 1, 0.98, 1.02]
        let arms = [(serial, 16000), (threads(2), 16000), (processes(2), 15900)]
        let bench = Made.bench(arms) { round, cell, receipt in
            var receipt = receipt
            guard cell.arm.mode != .serial else { return receipt }
            receipt.phases.run = Int(Double(receipt.phases.run) * gains[round])
            receipt.elapsed = receipt.phases.sum
            return receipt
        }
        let advice = Advice(bench, .init())
        if case .use(let arm, nil, _) = advice.outcome {
            #expect(arm == serial)
        } else {
            Issue.record("\(advice.outcome)")
        }
        #expect(advice.sentence.contains("% at the most (with 95 % certainty)"))
    }

    @Test(
        "says of tasks that waited beside a busy host that others may have had the processors",
        arguments: [false, true])
    func busyHost(isBusy: Bool) {
        let bench = Made.bench([(serial, 16000), (threads(2), 8000)]) { _, _, receipt in
            var receipt = receipt
            receipt.task.cpuSum = receipt.task.sum * 4 / 10
            return receipt
        }
        let task = Advice(bench, .init(isHostBusy: isBusy)).evidence(Made.style).first { $0.name == "a task" }
        #expect(task?.text.contains("40 % of it on a processor: it waits") == true)
        #expect(task?.text.contains("the host was busy") == isBusy)
        // More at a time than there are processors: nobody else can have been the cause.
        let wide = Made.bench([(serial, 16000), (threads(8), 2000)]) { _, _, receipt in
            var receipt = receipt
            receipt.task.cpuSum = receipt.task.sum * 4 / 10
            return receipt
        }
        let sure = Advice(wide, .init(isHostBusy: isBusy)).evidence(Made.style).first { $0.name == "a task" }
        #expect(sure?.text.hasSuffix("it waits most of the time") == true)
    }

    @Test("isn't given for one task, for too few rounds, or where it may be chance; and says what would settle it")
    func unknown() {
        let one = Advice(Made.bench([(serial, 1000), (threads(2), 1000)], tasks: 1), .init())
        if case .unknown(_, .moreTasks) = one.outcome {} else { Issue.record("\(one.outcome)") }
        let few = Advice(Made.bench([(serial, 16000), (threads(2), 8000)], rounds: 4), .init())
        if case .unknown(_, .moreTime(let times)) = few.outcome {
            #expect(times > 1)
        } else {
            Issue.record("\(few.outcome)")
        }
        let close = Made.bench([(serial, 16000), (threads(2), 16000)]) { round, cell, receipt in
            var receipt = receipt
            if cell.arm != Arm(.serial, workers: 1) {
                receipt.phases.run = [13, 15, 15, 15, 18, 14, 15, 17, 19, 12][round] * 1_000_000
                receipt.elapsed = receipt.phases.sum
            }
            return receipt
        }
        let chance = Advice(close, .init())
        if case .unknown = chance.outcome {} else { Issue.record("\(chance.outcome)") }
        #expect(chance.sentence.hasPrefix("Can't tell."))
        let report = AdviceReport(chance, next: "parctl advise cpu --budget 60s", style: Made.style)
        #expect(report.text(chance, style: Made.style).hasSuffix("\nparctl advise cpu --budget 60s\n"))
    }
}
