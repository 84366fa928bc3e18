import Control
import Testing

extension EndToEnd {
    /// The article's experiments: each of its kinds of work in each of its arrangements.
    @Suite("The matrix")
    struct MatrixTests {
        static let shapes: [(words: [String], mode: Mode)] = [
            (["--serial"], .serial), (["--threads", "2"], .threads), (["--threads", "4"], .threads),
            (["--processes", "2"], .processes), (["--processes", "4"], .processes),
        ]

        @Test(
            "of work and workers runs in every cell, warm and cold, with a receipt that adds up",
            arguments: [
                "download", "io --size 64KiB --tasks 8", "cpu --iterations 100000 --tasks 8", "dot --size 64 --tasks 8",
                "exec --tasks 8",
            ])
        func cells(line: String) throws {
            try WebServer.run { daemon, server in
                let words = line.split(separator: " ").map(String.init)
                for (shape, mode) in Self.shapes {
                    let given: [String] =
                        switch words[0] {
                        case "download": (1...8).map { "\(server.url)/size/\($0)" }
                        case "exec": ["echo", ":::"] + (1...8).map(String.init)
                        default: []
                        }
                    func run(_ more: [String]) throws -> Receipt {
                        let outcome = try Parctl(
                            words: ["--socket", daemon.socket, "run"] + words + shape + more + ["--json"] + given,
                            in: daemon.fixture
                        ).outcome()
                        try #require(outcome.status == 0, "\(words) \(shape) \(more): \(outcome.errors)")
                        return try outcome.receipt
                    }
                    // Pools of workers with a library, and those of four, come up at their first use.
                    _ = try run([])
                    let (warm, cold) = (try run([]), try run(["--cold"]))
                    for receipt in [warm, cold] {
                        expectSound(receipt)
                        #expect(receipt.tasks == Tasks(ok: 8))
                        #expect(receipt.mode == mode)
                    }
                    #expect(warm.temperature == .warm && warm.phases.startup == 0)
                    #expect(cold.reason == "requested" && cold.phases.startup > 0)
                }
            }
        }
    }
}
