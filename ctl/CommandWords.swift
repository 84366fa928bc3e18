import Catalogue

/// The words of `parctl run` that are not options of every run: the workload and its own options.
enum CommandWords {
    /// The options that every run takes, without their dashes; told to people who mistype one.
    static let runOptions = [
        "threads", "processes", "serial", "cold", "tasks", "timeout", "json", "records", "halt", "socket", "no-spawn",
        "color",
        "help",
    ]

    /// Writes a bare `--cold` as `--cold=fresh`: the parser's options that are both take the next word for a value.
    static func expandingCold(_ arguments: [String]) -> [String] {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return arguments[..<end].map { $0 == "--cold" ? "--cold=fresh" : $0 } + arguments[end...]
    }

    /// The options of parctl itself that take the next word for their value.
    static let valuedOptions: Set<String> = [
        "--threads", "--processes", "--tasks", "--timeout", "--halt", "--socket", "--color", "--svg", "--html",
        "--trace", "--workers", "--runs", "-r", "--csv", "--markdown",
    ]

    /// Puts a `--` before the command of an `exec`, so that all that follows is the command's, a `--` of its own included.
    static func separatingCommand(_ arguments: [String]) -> [String] {
        let verbs: Set<String> = ["run", "compare"]
        guard let verb = arguments.firstIndex(where: verbs.contains),
            let name = arguments[verb...].firstIndex(of: WorkloadID.exec.name),
            let entry = Catalogue.entry(named: WorkloadID.exec.name)
        else { return arguments }
        var index = name + 1
        while index < arguments.count, arguments[index].hasPrefix("-"), arguments[index] != "--" {
            let word = arguments[index]
            let takesValue = entry.option(typed: word).map { $0.kind != .flag } ?? valuedOptions.contains(word)
            index += takesValue ? 2 : 1
        }
        guard index < arguments.count, arguments[index] != "--", arguments[index] != ":::" else { return arguments }
        return arguments[..<index] + ["--"] + arguments[index...]
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

    /// Reads `words`: the workload's name, then its options as `--name value`, `--name=value` or, for flags, `--name`;
    /// then, for workloads whose tasks are given something, what that is. Where an option is given twice, the last one
    /// counts. Values are checked against the catalogue, and returned as typed, except that paths are made absolute: from
    /// `directory` on.
    static func read(_ words: [String], in directory: String = "/") throws(Failure) -> RunWords {
        var words = words[...]
        while words.first == "--" { words.removeFirst() }
        guard let name = words.popFirst() else {
            throw .usage(
                "which workload? There are \(Catalogue.entries.map(\.name).joined(separator: ", "))",
                help: "parctl run --help")
        }
        guard !name.hasPrefix("-") else { throw stranger(name, of: nil) }
        let entry = try entry(named: name)
        var read = RunWords(entry: entry)
        while let word = words.popFirst() {
            guard word.hasPrefix("-"), word != "-", word != "--" else {
                try take(word, &words, into: &read)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let option = entry.option(typed: parts[0]) else { throw stranger(String(parts[0]), of: entry) }
            let value = try value(of: option, parts.dropFirst().first.map(String.init), &words, entry, directory)
            if entry.options.contains(option) {
                read.arguments[option.name] = value
            } else {
                read.client[option.name] = value == "false" ? nil : (read.client[option.name] ?? []) + [value]
            }
        }
        do {
            _ = try Arguments(read.arguments, for: entry)
        } catch {
            throw .usage(
                "\(entry.name): --\(error.option) takes \(error.expected), not '\(error.value)'", help: help(entry))
        }
        return read
    }

    private static func help(_ entry: Entry) -> String { "parctl run \(entry.name) --help" }

    /// Takes a word that is no option, and for a command all that follow it.
    private static func take(_ word: String, _ words: inout ArraySlice<String>, into read: inout RunWords)
        throws(Failure)
    {
        switch read.entry.input {
        case .command:
            read.operands = (word == "--" ? [] : [word]) + words
            words = []
        case .url where word != "--": read.operands.append(word)
        case nil where word != "--":
            throw .usage("\(read.entry.name): unexpected '\(word)'", help: help(read.entry))
        case .url, nil: break
        }
    }

    /// The value of an option: `given` behind a `=`, or the next word.
    private static func value(
        of option: Option, _ given: String?, _ words: inout ArraySlice<String>, _ entry: Entry, _ directory: String
    ) throws(Failure) -> String {
        var value = given
        if value == nil, option.kind == .flag { return "true" }
        if value == nil, let next = words.first, !next.hasPrefix("--") {
            words.removeFirst()
            value = next
        }
        guard let value else {
            throw .usage("\(entry.name): --\(option.name) needs a value: \(option.expected)", help: help(entry))
        }
        let isRelative = option.kind == .path && !value.isEmpty && value != "-" && !value.hasPrefix("/")
        return isRelative ? directory + "/" + value : value
    }

    /// An option that neither every run nor `entry` has; a nil entry is one that was not named yet.
    private static func stranger(_ option: String, of entry: Entry?) -> Failure {
        let name = String(option.drop { $0 == "-" })
        let own = entry.map { ($0.options + $0.clientOptions).map(\.name) } ?? []
        if let near = Spelling.nearest(to: name, in: own + runOptions) {
            return .usage("unknown option '\(option)'; did you mean '--\(near)'?", help: "parctl run --help")
        }
        guard let entry else {
            return .usage(
                "the workload comes before its options, as in 'parctl run io \(option)'", help: "parctl run --help")
        }
        let taken =
            own.isEmpty ? "takes no options of its own" : "takes " + own.map { "--\($0)" }.joined(separator: ", ")
        return .usage("unknown option '\(option)': \(entry.name) \(taken)", help: "parctl run \(entry.name) --help")
    }
}
