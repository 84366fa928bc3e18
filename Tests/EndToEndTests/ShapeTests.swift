import Control
import Foundation
import Testing

extension EndToEnd {
    /// The shapes that pools are for. Computing is judged by the processors that a run has used: how much faster that makes it
    /// depends on whether two of them are one core's.
    @Suite("More workers")
    struct ShapeTests {
        /// How many rounds have to count. The best of them does.
        private static let rounds = 3
        /// How many there may be until so many count.
        private static let attempts = 20
        /// A round of computing counts if others took no more than this part of the processors' time.
        private static let quiet = 0.25

        @Test("let waiting overlap, whatever the number of processors", arguments: ["--threads 4", "--processes 4"])
        func sleep(shape: String) throws {
            try Daemon.run { daemon in
                let line = "sleep --for 20ms --tasks 16"
                var (one, several) = (Int.max, Int.max)
                for _ in 0..<Self.rounds {
                    one = min(one, try daemon.receipt("\(line) --serial").elapsed)
                    several = min(several, try daemon.receipt("\(line) \(shape)").elapsed)
                }
                let gain = Double(one) / Double(several)
                #expect(gain >= 2.5, "\(shape): \(gain) times as fast as one worker")
            }
        }

        @Test(
            "share computing where there are processors for it",
            .enabled(if: ProcessInfo.processInfo.activeProcessorCount >= 2, "this takes two processors"),
            arguments: ["--threads 2", "--processes 2"])
        func cpu(shape: String) throws {
            try Daemon.run { daemon in
                let line = "cpu --iterations 30_000_000 --tasks 8 \(shape)"
                let used = try processorsUsed(by: line, daemon)
                #expect(used >= 1.3, "\(shape): \(used) processors at a time")
            }
        }

        /// How many processors a run keeps busy. Cancels the test, with a warning, when others have them all the time.
        private func processorsUsed(by line: String, _ daemon: Daemon) throws -> Double {
            var (best, count) = (0.0, 0)
            for _ in 0..<Self.attempts where count < Self.rounds {
                let before = try Load()
                let receipt = try daemon.receipt(line)
                guard try Load().others(since: before, own: receipt.task.cpuSum) <= Self.quiet else { continue }
                (best, count) = (max(best, Double(receipt.task.cpuSum) / Double(receipt.phases.run)), count + 1)
            }
            if count < Self.rounds {
                Issue.record(
                    "not judged, since others have the processors nearly all the time: \(line)", severity: .warning)
                try Test.cancel("others have the processors")
            }
            return best
        }
    }
}
