import ArgumentParser
import Bytes
import Control
import Experiments
import FoundationEssentials
import Glibc
import Linux
import Report
import Timing

/// What a bench is kept as, to be compared with later: the elapsed times of each cell's runs.
struct Baseline: Codable, Equatable {
    static let schemaName = "pard.baseline/1"

    var schema = Self.schemaName
    let command: String
    let host: Place
    /// By the cell's name, in nanoseconds.
    let elapsed: [String: [Double]]

    /// What must be the same for times to be compared.
    struct Place: Codable, Equatable {
        let name: String
        let machine: String
        let cores: Int

        init(_ host: Host?) {
            name = host?.name ?? ""
            // The release of the kernel may change; its architecture is the last word.
            machine = host?.kernel.split(separator: " ").last.map(String.init) ?? ""
            cores = host?.cores ?? 0
        }

        var text: String { "\(name), \(machine), \(Units.counted(cores, "core"))" }
    }

    init(_ bench: Bench) {
        command = bench.command
        host = Place(bench.host)
        elapsed = Dictionary(
            bench.cells.map { cell in
                (
                    bench.name(of: cell),
                    bench.experiment.values(of: cell, Measure.elapsed.callAsFunction).compactMap(\.self)
                )
            }
        ) { $1 }
    }

    /// What a cell comes to beside the baseline.
    struct Finding: Equatable {
        let cell: String
        let ratio: Independent.Ratio
    }

    /// In the order of `bench`'s cells, those that both have.
    func findings(_ bench: Bench) -> [Finding] {
        let now = Baseline(bench).elapsed
        return bench.cells.compactMap { cell in
            let name = bench.name(of: cell)
            guard let before = elapsed[name], let after = now[name],
                let ratio = Independent.ratio(of: after, to: before)
            else { return nil }
            return Finding(cell: name, ratio: ratio)
        }
    }
}

/// The options of baselines.
struct BenchBaselines: ParsableArguments {
    @Option(
        name: .customLong("save-baseline"),
        help: ArgumentHelp(
            "Keep this bench by a name, in $XDG_STATE_HOME/par/baselines; or in a file, where it has a '/'.",
            valueName: "name"),
        completion: .custom(Completion.baselines))
    var save: String?

    @Option(
        help: ArgumentHelp("Compare with what was kept by a name.", valueName: "name"),
        completion: .custom(Completion.baselines))
    var baseline: String?

    @Option(
        name: .customLong("fail-if-slower"),
        help: ArgumentHelp(
            "Exit with 1 if a cell is surely slower than in the baseline by more than this: its whole interval is beyond.",
            valueName: "percent"),
        transform: { text in
            let number = text.hasSuffix("%") ? String(text.dropLast()) : text
            guard let percent = Double(number), percent >= 0, percent <= 10_000 else {
                throw ValidationError("it takes percent of 0 or more, such as 5%.")
            }
            return percent
        })
    var slower: Double?

    @Flag(name: .customLong("any-host"), help: "Compare also with a baseline of another host.")
    var anyHost = false

    mutating func validate() throws {
        guard slower == nil || baseline != nil else { throw ValidationError("--fail-if-slower needs a --baseline.") }
    }

    enum Outcome { case none, fine, slower }

    /// The baseline that is to be compared with; nil where none is.
    func read() throws(CommandError) -> Baseline? {
        if let save { _ = try Self.path(save) }
        guard let baseline else { return nil }
        let path = try Self.path(baseline)
        let bytes: [UInt8]
        do {
            bytes = try readFile(path, atMost: 64 << 20)
        } catch {
            throw .usage(
                "there is no baseline '\(CommandError.clean(baseline))': \(path) can't be read; --save-baseline makes one",
                help: BenchCommand.helpCommand)
        }
        guard let read = try? JSONDecoder().decode(Baseline.self, from: Data(bytes)), read.schema == Baseline.schemaName
        else { throw .usage("\(path) is no baseline of 'parctl bench'", help: BenchCommand.helpCommand) }
        return read
    }

    func save(_ bench: Bench) throws(CommandError) {
        guard let save else { return }
        let path = try Self.path(save)
        if let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex {
            _ = try MadeFolders(String(path[..<slash]))
        }
        var file = try ExportFile(path)
        try file.write(StandardOutput.json(Baseline(bench), pretty: true) + [UInt8(ascii: "\n")])
    }

    /// Says how `bench` stands beside `baseline`.
    func compare(_ bench: Bench, with baseline: Baseline?, _ people: Audience) throws(CommandError) -> Outcome {
        guard let baseline, let name = self.baseline else { return .none }
        let place = Baseline.Place(bench.host)
        guard anyHost || place == baseline.host else {
            throw .usage(
                "the baseline '\(CommandError.clean(name))' is of another host (\(CommandError.clean(baseline.host.text)); this "
                    + "is \(CommandError.clean(place.text))): --any-host compares all the same",
                help: BenchCommand.helpCommand)
        }
        let findings = baseline.findings(bench)
        guard !findings.isEmpty else {
            throw .usage(
                "the baseline '\(CommandError.clean(name))' has none of these cells: it is of "
                    + CommandError.clean(baseline.command), help: BenchCommand.helpCommand)
        }
        var outcome = Outcome.fine
        var lines: [String] = []
        if baseline.command != bench.command {
            lines += people.style.flow(
                words: "Mind: the baseline is of \(people.style.clean(baseline.command, limit: 200)).")
        }
        for finding in findings {
            let (line, isSlower) = sentence(finding, name, people.style)
            if isSlower { outcome = .slower }
            lines += people.style.flow(words: line)
        }
        try people.write("\n" + lines.joined(separator: "\n") + "\n")
        return outcome
    }

    /// What is to be said of a cell, and whether it fails.
    func sentence(_ finding: Baseline.Finding, _ name: String, _ style: TextStyle) -> (String, isSlower: Bool) {
        let seen = "\(Units.threeDigits(finding.ratio.median)) times as long as in '\(style.clean(name, limit: 60))'"
        let cell = style.clean(finding.cell, limit: 100)
        guard let low = finding.ratio.low, let high = finding.ratio.high else {
            return ("\(cell): took \(seen); there are too few rounds to be sure of anything.", false)
        }
        let range = " (95 % interval \(Units.threeDigits(low)) to \(Units.threeDigits(high)))"
        let verdict = low > 1 ? "slower" : high < 1 ? "faster" : "no difference that is sure"
        guard let slower else { return ("\(cell): \(verdict): took \(seen)\(range).", false) }
        let limit = 1 + slower / 100
        if low > limit {
            return ("\(cell): FAILED: slower by more than \(Units.threeDigits(slower)) %: took \(seen)\(range).", true)
        }
        let doubt =
            high > limit ? " It may be slower by more than \(Units.threeDigits(slower)) %: more rounds would tell." : ""
        return ("\(cell): \(verdict): took \(seen)\(range).\(doubt)", false)
    }

    /// Where a baseline is kept.
    static func path(_ name: String) throws(CommandError) -> String {
        guard !name.isEmpty, name.contains("/") || !name.hasPrefix("."), !name.utf8.contains(0) else {
            throw .usage("a baseline has a name that doesn't begin with a dot", help: BenchCommand.helpCommand)
        }
        if name.contains("/") { return name }
        guard let folder else {
            throw .usage(
                "neither $XDG_STATE_HOME nor $HOME is set: give a file, such as ./\(name)",
                help: BenchCommand.helpCommand)
        }
        return "\(folder)/\(name)\(ending)"
    }

    /// The names of those that are kept.
    static var kept: [String] {
        guard let folder else { return [] }
        return Folder.names(in: folder).filter { $0.hasSuffix(ending) && !$0.hasPrefix(".") }
            .map { String($0.dropLast(ending.count)) }.sorted()
    }

    private static let ending = ".json"

    private static var folder: String? {
        (Environment.value("XDG_STATE_HOME") ?? Environment.value("HOME").map { "\($0)/.local/state" })
            .map { "\($0)/par/baselines" }
    }
}
