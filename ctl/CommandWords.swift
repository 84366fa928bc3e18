import Catalogue

/// The words of `parctl run` that are not options of every run: the workload and its own options.
enum CommandWords {
    /// The options that every run takes, without their dashes; told to people who mistype one.
    static let runOptions = [
        "threads", "processes", "serial", "cold", "tasks", "timeout", "json", "records", "timeline", "svg", "html",
        "trace", "socket", "no-spawn", "color", "help",
    ]

    /// Options that may go without a value, and what they are then: the parser would take the next word for it.
    private static let bare = ["--cold": "--cold=fresh", "--timeline": "--timeline=workers"]

    /// Gives the options that may go without a value their usual one.
    static func expandingBare(_ arguments: [String]) -> [String] {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return arguments[..<end].map { bare[$0] ?? $0 } + arguments[end...]
    }

    /// The workload called `name`. Throws ``Failure/usage(_:help:)``, which names those there are.
    static func entry(named name: String) throws(Failure) -> Entry {
        if let entry = Catalogue.entry(named: name) { return entry }
        let names = Catalogue.entries.map(\.name)
        let hint = Spelling.nearest(to: name, in: names).map { "did you mean '\($0)'?" }
        throw .usage(
            "there is no workload '\(name)': \(hint ?? "there are " + names.joined(separator: ", "))",
            help: "parctl workloads")
    }

    /// Reads `words`: the workload's name, then its options as `--name value`, `--name=value` or, for flags, `--name`.
    /// Where an option is given twice, the last one counts. Values are checked against the catalogue, and returned as
    /// typed, except that paths are made absolute: from `directory` on. `command` is parctl's command that takes them, and
    /// `options` are its own.
    static func read(
        _ words: [String], in directory: String = "/", command: String = "run", options: [String] = runOptions
    ) throws(Failure) -> (entry: Entry, arguments: [String: String]) {
        var words = words.filter { $0 != "--" }[...]
        guard let name = words.popFirst() else {
            throw .usage(
                "which workload? There are \(Catalogue.entries.map(\.name).joined(separator: ", "))",
                help: "parctl \(command) --help")
        }
        guard !name.hasPrefix("-") else { throw stranger(name, of: nil, command, options) }
        let entry = try entry(named: name)
        let help = "parctl \(command) \(entry.name) --help"
        var given: [String: String] = [:]
        while let word = words.popFirst() {
            guard word.hasPrefix("-") else { throw .usage("\(entry.name): unexpected '\(word)'", help: help) }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard word.hasPrefix("--"), let option = entry.options.first(where: { "--\($0.name)" == parts[0] }) else {
                throw stranger(String(parts[0]), of: entry, command, options)
            }
            if parts.count == 2 {
                given[option.name] = String(parts[1])
            } else if option.kind == .flag {
                given[option.name] = "true"
            } else if let value = words.first, !value.hasPrefix("--") {
                words.removeFirst()
                given[option.name] = value
            } else {
                throw .usage("\(entry.name): --\(option.name) needs a value: \(option.expected)", help: help)
            }
        }
        for option in entry.options where option.kind == .path {
            guard let path = given[option.name], !path.isEmpty, !path.hasPrefix("/") else { continue }
            given[option.name] = directory + "/" + path
        }
        do {
            _ = try Arguments(given, for: entry)
        } catch {
            throw .usage("\(entry.name): --\(error.option) takes \(error.expected), not '\(error.value)'", help: help)
        }
        return (entry, given)
    }

    /// An option that neither `command` nor `entry` has; a nil entry is one that was not named yet.
    private static func stranger(_ option: String, of entry: Entry?, _ command: String, _ options: [String]) -> Failure
    {
        let name = String(option.drop { $0 == "-" })
        let own = entry?.options.map(\.name) ?? []
        if let near = Spelling.nearest(to: name, in: own + options) {
            return .usage("unknown option '\(option)'; did you mean '--\(near)'?", help: "parctl \(command) --help")
        }
        guard let entry else {
            return .usage(
                "the workload comes before its options, as in 'parctl \(command) io \(option)'",
                help: "parctl \(command) --help")
        }
        let taken =
            own.isEmpty ? "takes no options of its own" : "takes " + own.map { "--\($0)" }.joined(separator: ", ")
        return .usage(
            "unknown option '\(option)': \(entry.name) \(taken)", help: "parctl \(command) \(entry.name) --help")
    }
}
