import Control
import Foundation
import Testing

extension EndToEnd {
    /// The shapes that pools are for, as ratios with generous room.
    @Suite("More workers")
    struct ShapeTests {
        /// How many rounds have to count: of these, the fastest on both sides. One alone says little, as its two runs are
        /// made one after the other, on processors that may be anybody's threads of the same cores.
        private static let rounds = 3
        /// How many there may be until so many count.
        private static let attempts = 20
        /// A round of computing counts if others took no more than this part of the processors' time.
        private static let quiet = 0.25

        @Test("let waiting overlap, whatever the number of processors", arguments: ["--threads 4", "--processes 4"])
        func sleep(shape: String) throws {
            try Daemon.run { daemon in
                let gain = try gain(of: shape, in: "sleep --for 20ms --tasks 16", quiet: 1, daemon)
                #expect(gain >= 2.5, "\(shape): \(gain) times as fast as one worker")
            }
        }

        @Test(
            "share computing where there are processors for it",
            .enabled(if: ProcessInfo.processInfo.activeProcessorCount >= 2, "this takes two processors"),
            arguments: ["--threads 2", "--processes 2"])
        func cpu(shape: String) throws {
            try Daemon.run { daemon in
                let gain = try gain(of: shape, in: "cpu --iterations 30_000_000 --tasks 8", quiet: Self.quiet, daemon)
                #expect(gain >= 1.3, "\(shape): \(gain) times as fast as one worker")
            }
        }

        /// How many times as fast a run is with these workers as with one. Cancels the test, with a
        /// warning, when others have the processors all the time.
        private func gain(of shape: String, in line: String, quiet: Double, _ daemon: Daemon) throws -> Double {
            var (one, several, count) = (Int.max, Int.max, 0)
            for _ in 0..<Self.attempts where count < Self.rounds {
                let before = try Load()
                let serial = try daemon.receipt("\(line) --serial")
                let between = try Load()
                let parallel = try daemon.receipt("\(line) \(shape)")
                let after = try Load()
                guard between.others(since: before, own: serial.task.cpuSum) <= quiet,
                    after.others(since: between, own: parallel.task.cpuSum) <= quiet
                else { continue }
                (one, several, count) = (min(one, serial.elapsed), min(several, parallel.elapsed), count + 1)
            }
            if count < Self.rounds {
                Issue.record(
                    "not judged, since others have the processors nearly all the time: \(line)", severity: .warning)
                try Test.cancel("others have the processors")
            }
            return Double(one) / Double(several)
        }
    }
}
