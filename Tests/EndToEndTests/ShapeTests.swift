import Control
import Foundation
import Testing

extension EndToEnd {
    /// The shapes that pools are for. What a run has used says whether its workers were at it together: how much faster that
    /// is depends on what else the host's processors do, and whether two of them are one core's.
    @Suite("More workers")
    struct ShapeTests {
        /// How many rounds have to count; the best of them does.
        private static let rounds = 3
        /// How many there may be until so many count.
        private static let attempts = 20
        /// A round of computing counts if others took no more than this part of the processors' time.
        private static let quiet = 0.25

        @Test("let waiting overlap, whatever the number of processors", arguments: ["--threads 4", "--processes 4"])
        func sleep(shape: String) throws {
            try Daemon.run { daemon in
                let line = "sleep --for 20ms --tasks 16 \(shape)"
                let overlap = try best(of: line, quiet: 1, daemon) { Double($0.task.sum) / Double($0.phases.run) }
                #expect(overlap >= 2.5, "\(shape): \(overlap) tasks at a time")
            }
        }

        @Test(
            "share computing where there are processors for it",
            .enabled(if: ProcessInfo.processInfo.activeProcessorCount >= 2, "this takes two processors"),
            arguments: ["--threads 2", "--processes 2"])
        func cpu(shape: String) throws {
            try Daemon.run { daemon in
                let line = "cpu --iterations 30_000_000 --tasks 8 \(shape)"
                let used = try best(of: line, quiet: Self.quiet, daemon) {
                    Double($0.task.cpuSum) / Double($0.phases.run)
                }
                #expect(used >= 1.3, "\(shape): \(used) processors at a time")
            }
        }

        /// The largest figure of a few runs. Cancels the test, with a warning, when others have the processors all the time.
        private func best(
            of line: String, quiet: Double, _ daemon: Daemon, _ figure: (Receipt) -> Double
        ) throws -> Double {
            var (best, count) = (0.0, 0)
            for _ in 0..<Self.attempts where count < Self.rounds {
                let before = try Load()
                let receipt = try daemon.receipt(line)
                guard try Load().others(since: before, own: receipt.task.cpuSum) <= quiet else { continue }
                (best, count) = (max(best, figure(receipt)), count + 1)
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
