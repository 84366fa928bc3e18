import Control
import Logging
import Testing

@testable import Daemon
@testable import Journal

@Suite struct RunEntryTests {
    private static func receipt(
        _ phases: Phases, reason: String? = nil, outcome: Receipt.Outcome = .ok, tasks: Tasks = Tasks(ok: 16)
    ) -> Receipt {
        Receipt(
            job: "4f2a-1", workload: "io", arguments: [:], mode: .threads, processes: 1, threads: 4,
            temperature: reason == nil ? .warm : .cold, reason: reason, outcome: outcome, tasks: tasks, phases: phases,
            poolStartupPaid: 0, poolReadyFor: 0, task: TaskTimes(sum: 98_300_999, cpuSum: 41_200_500, cpuCovered: 16),
            speedup: nil, efficiency: nil, breakEven: nil, valueSum: 0, valueUnit: nil, workerCosts: [], failures: [])
    }

    private static let warm = receipt(
        Phases(queue: 12_345, startup: 0, dispatch: 18_200, run: 26_012_945, collect: 31_000, teardown: 0))

    private func values(_ receipt: Receipt) -> [RunField: String] {
        Dictionary(
            uniqueKeysWithValues: RunEntry(receipt, uid: 1000).fields.compactMap { name, value in
                RunField(rawValue: name).map { ($0, value) }
            })
    }

    @Test func `every field is in the journal under its name, and no other`() {
        let entry = RunEntry(Self.warm, uid: 1000)
        let lines = JournalFields(
            LogEntry(
                level: entry.level, message: "run finished",
                metadata: [LogEntry.detailsKey: .stringConvertible(entry)])
        ).lines
        let names = lines.map { String($0.prefix { $0 != "=" }) }
        #expect(Set(names) == Set(RunField.allCases.map(\.rawValue) + ["MESSAGE", "MESSAGE_ID", "PRIORITY"]))
        #expect(names.count == Set(names).count)
        #expect(lines[0] == "MESSAGE=\(entry)")
    }

    @Test func `a warm run`() {
        #expect(
            RunEntry(Self.warm, uid: 1000).fields.map(\.value) == [
                "4f2a-1", "io", "threads", "native", "1", "4", "warm", "", "16", "0", "0", "0", "0", "12", "0", "18",
                "26013",
                "31", "0",
                "26074", "98300", "41200", "", "", "1000",
            ])
        #expect(RunEntry(Self.warm, uid: 1000, isLease: true).description.hasPrefix("lease 4f2a-1: io, 1 process of"))
        #expect(
            RunEntry(Self.warm, uid: 1000).description
                == "run 4f2a-1: io, 1 process of 4 threads, warm: ok, 16 tasks in 26.074 ms")
    }

    @Test func `a cold run says why, and failed and lost tasks are failures`() {
        let cold = Self.receipt(
            Phases(queue: 0, startup: 1, dispatch: 0, run: 0, collect: 0, teardown: 0), reason: "pool too small",
            outcome: .failed, tasks: Tasks(ok: 1, failed: 2, lost: 3, cancelled: 4))
        let values = values(cold)
        #expect(values[.temperature] == "cold")
        #expect(values[.coldReason] == "pool too small")
        #expect(values[.tasks] == "10")
        #expect(values[.tasksFailed] == "5")
        #expect(RunEntry(cold, uid: 0).level == .notice)
        #expect(
            RunEntry(cold, uid: 0).description
                == "run 4f2a-1: io, 1 process of 4 threads, cold (pool too small): failed, 10 tasks (5 failed) in 0.000 ms"
        )
    }

    @Test func `a run at which workers died says how many, and what that cost`() {
        var receipt = Self.warm
        (receipt.deaths, receipt.reruns, receipt.timeLost) = (1, 2, 501_999)
        let values = values(receipt)
        #expect([values[.deaths], values[.reruns], values[.timeLost]] == ["1", "2", "501"])
        #expect(
            RunEntry(receipt, uid: 1000).description
                == "run 4f2a-1: io, 1 process of 4 threads, warm: ok, 16 tasks (1 worker died) in 26.074 ms")
    }

    @Test func `phases in microseconds add up to the elapsed time and are within one of the receipt's`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<1000 {
            func time() -> Int { Bool.random(using: &random) ? Int.random(in: 0...10_000_000, using: &random) : 0 }
            let phases = Phases(
                queue: time(), startup: time(), dispatch: time(), run: time(), collect: time(), teardown: time())
            let values = values(Self.receipt(phases))
            let pairs: [(RunField, Int)] = [
                (.queue, phases.queue), (.startup, phases.startup), (.dispatch, phases.dispatch), (.run, phases.run),
                (.collect, phases.collect), (.teardown, phases.teardown),
            ]
            var sum = 0
            for (field, nanoseconds) in pairs {
                let time = try #require(values[field].flatMap { Int($0) })
                #expect(abs(time * 1000 - nanoseconds) < 1000, "\(field) of \(phases)")
                #expect(nanoseconds > 0 || time == 0)
                sum += time
            }
            #expect(values[.elapsed] == "\(sum)")
            #expect(sum == phases.sum / 1000)
        }
    }
}
