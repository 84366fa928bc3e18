import Control
import Testing

extension EndToEnd {
    @Suite("Whatever is run")
    struct PropertyTests {
        private static let runs = 40

        @Test("its receipt and its records add up")
        func property() throws {
            var random = SystemRandomNumberGenerator()
            try Daemon.run { daemon in
                for _ in 0..<Self.runs {
                    let run = AnyRun(from: &random)
                    let outcome = try daemon.parctl("run \(run.line) --records --json")
                    try #require([0, 124].contains(outcome.status), "run \(run.line): \(outcome.errors)")
                    let receipt = try outcome.receipt
                    let comment: Comment = "run \(run.line)"
                    expectSound(receipt, comment)
                    #expect(receipt.outcome == (outcome.status == 0 ? .ok : .timeout), comment)
                    #expect(receipt.workers == run.workers, comment)
                    #expect(receipt.tasks.total == run.tasks, comment)
                    #expect((receipt.reason == "requested") == run.isCold, comment)
                    if receipt.temperature == .warm { #expect(receipt.phases.startup == 0, comment) }
                    expectMatch(try outcome.records, receipt, comment)
                }
                #expect(try daemon.status.ledgerBytes == 0)
                #expect(try daemon.status.jobsFinished == Self.runs)
            }
        }

        private func expectMatch(_ records: [Record], _ receipt: Receipt, _ comment: Comment) {
            func count(_ status: String) -> Int { records.count { $0.status == status } }
            #expect(records.map(\.task) == Array(0..<receipt.tasks.total), comment)
            #expect(count("ok") == receipt.tasks.ok, comment)
            #expect(count("failed") == receipt.tasks.failed, comment)
            #expect(count("lost") == receipt.tasks.lost, comment)
            #expect(count("cancelled") == receipt.tasks.cancelled, comment)
            #expect(records.allSatisfy { $0.start <= $0.stop && $0.stop <= receipt.elapsed }, comment)
            #expect(records.allSatisfy { 0..<receipt.workers ~= $0.worker }, comment)
            let ran = records.filter { $0.attempt > 0 }
            #expect(ran.allSatisfy { $0.start > 0 && $0.pid > 0 && $0.tid > 0 }, comment)
            #expect(receipt.workerCosts.reduce(0) { $0 + $1.tasks } == ran.count, comment)
            #expect(receipt.task.sum == ran.reduce(0) { $0 + $1.stop - $1.start }, comment)
        }
    }
}
