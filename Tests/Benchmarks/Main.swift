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
              Tests/bench --readme README.md
            """)

    @Flag(help: "Few rounds of few samples: a look, not a measurement.")
    var quick = false

    @Flag(help: "Print JSON: every figure of every round.")
    var json = false

    @Flag(help: "Print a Markdown table: medians and 99th percentiles, and all peers' medians beside them.")
    var markdown = false

    @ArgumentParser.Option(
        help: .init(
            "Put its main rows into FILE, such as README.md, between its lines '<!-- figures -->' and '<!-- /figures -->'.",
            valueName: "file"))
    var readme: String?

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
        if let readme { try Readme.write(sheet, to: readme) }
        let text = json ? try sheet.json() : markdown ? sheet.markdown() : sheet.text()
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    private func groups(_ bench: Bench) throws -> [Row] {
        try BackToBack.rows(bench) + Leases.rows(bench) + Parked.rows(bench) + Million.rows(bench)
            + Efficiency.rows(bench)
            + FreshThreads.rows(bench) + FreshProcesses.rows(bench) + Replacement.rows(bench)
            + Command.rows(bench) + Memory.rows(bench) + Shapes.rows(bench) + Commands.rows(bench)
            + Functions.rows(bench) + Starts.rows(bench) + WarmWorkers.rows(bench) + Payloads.rows(bench)
            + Scaling.rows(bench)
    }
}

/// The table's place in a file.
private enum Readme {
    private static let marks = ("<!-- figures -->", "<!-- /figures -->")

    /// The rows that stand there, by their titles; all others are in what `--markdown` prints.
    private static let titles: Set = [
        "1 no-op, back to back, threads", "1 no-op, back to back, processes",
        "3 submit to first start after 1 ms, threads", "3 submit to first start after 1 ms, processes",
        "4 a million no-ops, threads", "4 a million no-ops, processes", "5 fresh threads: 4", "6 fresh processes: 4",
        "6 64 warm processes, asked for and had", "8 parctl ping", "9 memory of an idle process",
        "9 efficiency, tasks of 10 µs, threads", "11 true for each of 500 arguments, 2 processes",
        "14 64 B in and out, processes", "14 1 MiB in and out, processes", "14 64 MiB in and out, processes",
        "15 64 tasks of 1 ms on 2 workers",
    ]

    static func write(_ sheet: Sheet, to path: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        guard let begin = text.range(of: marks.0), let end = text.range(of: marks.1),
            begin.upperBound <= end.lowerBound
        else { throw Bench.Missing(description: "\(path) has no lines \(marks.0) and \(marks.1)") }
        let own = Sheet(
            rows: sheet.rows.filter { titles.contains($0.title) }, machine: sheet.machine, rounds: sheet.rounds)
        let machine = sheet.machine
        let note =
            "Medians of \(sheet.rounds) rounds, on \(machine.processors) processors with Linux \(machine.version)."
        let table = own.markdown()
        try (text[..<begin.upperBound] + "\n\(note)\n\n\(table)\n" + text[end.lowerBound...])
            .write(toFile: path, atomically: true, encoding: .utf8)
    }
}

/// Writes a line to standard error.
func complain(_ message: String) {
    FileHandle.standardError.write(Data((message + "\n").utf8))
}
