import ArgumentParser
import Control
import Experiments
import Report
import Testing

@testable import Catalogue
@testable import parctl

@Suite("The words of a bench")
struct BenchWordsTests {
    private func plan(_ words: String...) throws -> BenchPlan {
        let command = try Parctl.parseAsRoot(CommandWords.prepared(["bench"] + words))
        return try #require(command as? BenchCommand).plan()
    }

    @Test("have warm and cold runs of each arrangement, and programs started anew for processes")
    func cells() throws {
        let plan = try plan("io", "--threads", "1,4", "--processes", "2", "--serial")
        #expect(plan.arms.map(\.name) == ["serial", "1 thread", "4 threads", "2 processes"])
        #expect(plan.cells.map(\.kind) == [.warm, .fresh, .warm, .fresh, .warm, .fresh, .warm, .fresh, .exec])
        #expect(plan.variants[0].shown.tasks == 16)
        #expect(try self.plan("io", "--threads", "2", "--no-cold").cells.map(\.kind) == [.warm])
    }

    @Test("need no workload, and no workers")
    func bare() throws {
        let plan = try plan()
        #expect(plan.variants[0].words.definition.name == "noop")
        #expect(plan.arms.map(\.mode) == [.threads, .processes])
        let exec = try self.plan("exec", "true", ":::", "1")
        #expect(exec.arms.map(\.mode) == [.threads])
    }

    @Test("make requests of their cells")
    func requests() throws {
        let plan = try plan("io", "--processes", "3", "--tasks", "5", "--timeout", "2s")
        let requests = try plan.cells.map { try plan.request($0) }
        #expect(requests.map(\.cold) == [nil, .fresh, .exec])
        #expect(
            requests.allSatisfy {
                $0.mode == .processes && $0.processes == 3 && $0.tasks == 5 && $0.timeout == 2_000_000_000
            })
    }

    @Test("scan an option, or a place in a command, in all combinations")
    func scans() throws {
        let plan = try plan("io", "--scan", "size=4KiB,64KiB", "--scan", "fsync=true,false", "--threads", "2")
        #expect(
            plan.variants.map(\.shown.name) == [
                "size=4KiB fsync=true", "size=4KiB fsync=false", "size=64KiB fsync=true", "size=64KiB fsync=false",
            ])
        #expect(plan.variants.map { $0.words.arguments["size"] } == ["4KiB", "4KiB", "64KiB", "64KiB"])
        let commands = try self.plan("exec", "--scan-range", "level=1..9:4", "gzip", "-{level}", ":::", "a")
        #expect(commands.variants.map(\.shown.name) == ["level=1", "level=5", "level=9"])
        #expect(commands.variants.map { $0.words.operands[1] } == ["-1", "-5", "-9"])
    }

    @Test("have several commands side by side where they are quoted lines")
    func commands() throws {
        let plan = try plan("exec", "gzip -c {}", "cat {}", ":::", "a", "b")
        #expect(plan.variants.map(\.shown.name) == ["gzip -c {}", "cat {}"])
        #expect(plan.variants.map(\.shown.tasks) == [2, 2])
        #expect(try self.plan("exec", "gzip", "-c", "{}", ":::", "a").variants.count == 1)
        let named = try self.plan(
            "exec", "-n", "one", "-n", "two", "--reference", "two", "sleep 0", "sleep 0.0", ":::", "a")
        #expect(named.variants.map(\.shown.name) == ["one", "two"])
        #expect(named.reference == 1)
    }

    @Test("go on for as many rounds or as long as asked, or for a while")
    func extent() throws {
        #expect(try plan("noop", "-r7").extent == .rounds(7))
        #expect(try plan("noop", "--time", "3s").extent == .time(3_000_000_000))
        #expect(BenchExtent.usual.goesOn(9, after: .max))
        #expect(!BenchExtent.usual.goesOn(10, after: 11_000_000_000))
        #expect(!BenchExtent.usual.goesOn(30, after: 0))
        #expect(BenchExtent.budget(100).goesOn(5, after: 150) && !BenchExtent.budget(100).goesOn(6, after: 150))
        #expect(!BenchExtent.budget(100).goesOn(3, after: 300))
        #expect(BenchExtent.time(5).goesOn(0, after: 100) && !BenchExtent.time(5).goesOn(1, after: 5))
    }

    @Test("sweep all of a few numbers, and some of many")
    func sweep() throws {
        #expect(try Sweep("threads:1..4").arms.map(\.workers) == [1, 2, 3, 4])
        #expect(try Sweep("processes:2..40").arms.map(\.workers) == [2, 3, 4, 6, 8, 12, 16, 24, 32, 40])
        #expect(try Sweep("1..2").arms.count == 4)
        let plan = try plan("cpu", "--sweep", "threads:1..4")
        #expect(plan.isSweep && plan.cells.allSatisfy { $0.kind == .warm })
    }

    @Test(
        "are refused where they are wrong, before anything runs",
        arguments: [
            ["io", "--scan", "size"], ["io", "--scan", "size=1KiB,"], ["io", "--scan", "nothing=1"],
            ["io", "--scan", "size=1KiB", "--scan", "size=2KiB"], ["io", "--scan", "size=1KiB,2KiB", "--size", "3KiB"],
            ["io", "--scan-range", "size=5..1"], ["io", "--sweep", "0..4"], ["io", "--sweep", "4"],
            ["io", "--sweep", "1..4", "--threads", "2"], ["io", "-r", "0"], ["io", "-r", "5", "--time", "3s"],
            ["io", "--fail-if-slower", "5%"], ["io", "--fail-if-slower", "five", "--baseline", "x"],
            ["io", "--threads", "0"],
            ["io", "--reference", "x"], ["io", "-n", "a", "-n", "b"], ["io", "--rate", "0"], ["nothing"],
            ["io", "--siz", "1"],
            ["io", "--warmup", "1001"],
        ])
    func wrong(words: [String]) {
        #expect(throws: (any Error).self) {
            let command = try Parctl.parseAsRoot(CommandWords.prepared(["bench"] + words))
            _ = try #require(command as? BenchCommand).plan()
        }
    }

    @Test("all options are in the help, and among those that mistyped ones are compared with")
    func help() {
        for (options, command) in [
            (BenchCommand.options, BenchCommand.self as any ParsableCommand.Type),
            (AdviseCommand.options, AdviseCommand.self),
        ] {
            let text = Parctl.helpMessage(for: command)
            for name in options { #expect(text.contains("--\(name)"), "\(name)") }
            #expect(text.contains("EXAMPLES:"))
        }
    }

    @Test("values of scans stand in commands around runs, byte by byte")
    func hooks() {
        let values = [Bench.Variant.Value(option: "size", value: "4KiB"), .init(option: "n", value: "2")]
        #expect(BenchHooks.filled("make {size}-{n} {n}{other}", values) == "make 4KiB-2 2{other}")
    }

    @Test("a baseline finds what is slower for certain, and only that fails")
    func baselines() throws {
        func bench(_ factor: Double) -> Bench {
            let cell = Bench.Cell(variant: 0, arm: Arm(.threads, workers: 2), kind: .warm)
            var experiment = Bench.experiment(of: [cell], countsFailures: false)
            for round in 0..<20 {
                experiment.add([cell: Self.receipt(Int(Double(1_000_000 + round % 5 * 4000) * factor))])
            }
            return Bench(
                command: "cpu", variants: [.init(name: "cpu", values: [], tasks: 1)], arms: [cell.arm],
                experiment: experiment)
        }
        let baseline = Baseline(bench(1))
        var options = try BenchBaselines.parse(["--baseline", "main", "--fail-if-slower", "5%"])
        let style = TextStyle(color: false, unicode: false, width: 80)
        for (factor, isSlower) in [(1.0, false), (1.04, false), (1.2, true), (0.8, false)] {
            let finding = try #require(baseline.findings(bench(factor)).first)
            #expect(options.sentence(finding, "main", style).isSlower == isSlower, "\(factor)")
        }
        options = try BenchBaselines.parse(["--baseline", "main"])
        let finding = try #require(baseline.findings(bench(1.2)).first)
        #expect(options.sentence(finding, "main", style).0.contains("slower: took 1.20 times as long as in 'main'"))
        #expect(throws: CommandError.self) { try BenchBaselines.path("") }
        #expect(throws: CommandError.self) { try BenchBaselines.path(".hidden") }
        #expect(try BenchBaselines.path("./a.json") == "./a.json")
    }

    private static func receipt(_ run: Int) -> Receipt {
        Receipt(
            job: "j", workload: "cpu", arguments: [:], mode: .threads, processes: 1, threads: 2, temperature: .warm,
            reason: nil, outcome: .ok, tasks: Tasks(ok: 1),
            phases: Phases(queue: 0, startup: 0, dispatch: 0, run: run, collect: 0, teardown: 0), poolStartupPaid: 0,
            poolReadyFor: 0, task: TaskTimes(sum: run, p50: run, max: run), speedup: 1, efficiency: 1, breakEven: nil,
            valueSum: 0, valueUnit: nil, workerCosts: [], failures: [])
    }
}

@Suite("What advice tries")
struct AdviceFieldTests {
    private func probe(task: Int, cpu: Double, tasks: Int = 8) -> Receipt {
        Receipt(
            job: "j", workload: "w", arguments: [:], mode: .serial, processes: 1, threads: 1, temperature: .warm,
            reason: nil,
            outcome: .ok, tasks: Tasks(ok: tasks),
            phases: Phases(queue: 0, startup: 0, dispatch: 0, run: task * tasks, collect: 0, teardown: 0),
            poolStartupPaid: 0, poolReadyFor: 0,
            task: TaskTimes(
                sum: task * tasks, cpuSum: Int(Double(task * tasks) * cpu), cpuCovered: tasks, p50: task, max: task),
            speedup: 1, efficiency: 1, breakEven: nil, valueSum: 0, valueUnit: nil, workerCosts: [], failures: [],
            host: Host(name: "h", kernel: "Linux", cores: 2))
    }

    @Test("tries few workers for tasks that compute, and many for those that wait")
    func workers() {
        let computing = AdviceField(probe(task: 1_000_000, cpu: 1), tasks: nil, budget: 10_000_000_000, most: nil)
        #expect(computing.arms.map(\.workers) == [1, 2, 4, 2, 4])
        let waiting = AdviceField(probe(task: 10_000_000, cpu: 0.01), tasks: nil, budget: 10_000_000_000, most: nil)
        #expect(waiting.arms.filter { $0.mode == .threads }.map(\.workers) == [2, 4, 8, 16])
        #expect(waiting.arms.filter { $0.mode == .processes }.map(\.workers) == [2, 4, 8])
        let few = AdviceField(probe(task: 10_000_000, cpu: 0.01, tasks: 3), tasks: 3, budget: 10_000_000_000, most: nil)
        #expect(few.arms.allSatisfy { $0.workers <= 3 } && few.tasks == 3)
    }

    @Test("makes runs short enough for many rounds, and long enough for all workers")
    func tasks() {
        // Serial, and four others on two processors: three serial runs a round, and twelve rounds.
        #expect(AdviceField(probe(task: 1_000_000, cpu: 1), tasks: nil, budget: 7_200_000_000, most: nil).tasks == 200)
        #expect(AdviceField(probe(task: 20, cpu: 1), tasks: nil, budget: 10_000_000_000, most: nil).tasks == 4096)
        #expect(
            AdviceField(probe(task: 1_000_000_000, cpu: 0), tasks: nil, budget: 10_000_000_000, most: nil).tasks == 32)
    }
}
