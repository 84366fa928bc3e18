import ArgumentParser
import Foundation
import Linux
import Report

/// Measures what the pools promise beside other ways to the same end and beside the machine's own limits.
@main
struct Benchmarks: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmarks",
        abstract: "Measure the pools beside their peers, in interleaved rounds.",
        discussion: """
            Each round measures every contestant of every row once; the order within a row turns round by round. A \
            verdict is about the median over the rounds: "can't tell" stands where its 90 % interval has the target \
            within it. Verdicts don't change the exit code.

            EXAMPLES
              Tests/bench --quick
              Tests/bench --only million --only fresh
            """)

    @Flag(help: "Few rounds of few samples: a look, not a measurement.")
    var quick = false

    @Flag(help: "Print JSON: every figure of every round.")
    var json = false

    @ArgumentParser.Option(help: "How many rounds (default: 13, or 5 with --quick).")
    var rounds: Int?

    @ArgumentParser.Option(help: "Measure only rows that have this in their names; may be given several times.")
    var only: [String] = []

    @ArgumentParser.Option(help: .init("Where the peers' programs are.", visibility: .private))
    var peers = "."

    mutating func validate() throws {
        if let rounds, !(1...99).contains(rounds) { throw ValidationError("--rounds takes 1 to 99, not \(rounds)") }
    }

    func run() throws {
        let bench = try Bench(peerDirectory: peers, scale: quick ? 0.4 : 1)
        defer { bench.end() }
        let rows = try groups(bench).filter { row in
            only.isEmpty || only.contains { row.title.lowercased().contains($0.lowercased()) }
        }
        let machine = Machine()
        let count = rounds ?? (quick ? 5 : 13)
        for round in 0..<count {
            complain("round \(round + 1) of \(count)")
            for row in rows { try row.measure(round: round) }
        }
        let sheet = Sheet(rows: rows, machine: machine, rounds: count)
        let text = json ? try sheet.json() : sheet.text()
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    private func groups(_ bench: Bench) throws -> [Row] {
        try BackToBack.rows(bench) + Leases.rows(bench) + Parked.rows(bench) + Million.rows(bench)
            + Efficiency.rows(bench)
            + FreshThreads.rows(bench) + FreshProcesses.rows(bench) + Replacement.rows(bench)
            + Command.rows(bench) + Memory.rows(bench) + Shapes.rows(bench) + Commands.rows(bench)
            + Functions.rows(bench)
    }
}

/// Writes a line to standard error.
func complain(_ message: String) {
    FileHandle.standardError.write(Data((message + "\n").utf8))
}
