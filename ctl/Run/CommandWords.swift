import Catalogue

/// The words of `parctl run` that are not options of every run: the workload and its own options.
enum CommandWords {
    /// The options that every run takes, without their dashes; told to people who mistype one.
    static var runOptions: [String] { RunInvocation.words.map(\.name) + Service.words.map(\.name) + ["help"] }

    /// The options that may go without a value, and what they are then: the parser would take the next word for it.
    private static let bare = RunInvocation.words.compactMap { option in
        option.bare.map { (word: "--" + option.name, whole: "--\(option.name)=\($0)") }
    }

    /// `arguments`, without the program's name, as the parser can read them.
    static func prepared(_ arguments: [String]) throws(CommandError) -> [String] {
        guard let place = workloadPlace(in: arguments), place.verb == "run", takesCommand(arguments[place.workload])
        else { return expandingBare(separatingCommand(splittingLetters(arguments))) }
        let common = ExecLine.fromEnvironment
        do {
            _ = try ExecLine.spelled(common[...], takesNext: takesNext)
        } catch {
            guard case .usage(let text, let help) = error else { throw error }
            throw .usage("in $PARALLEL, \(text)", help: help)
        }
        let own = try ExecLine.spelled((common + arguments[(place.workload + 1)...])[...], takesNext: takesNext)
        return expandingBare(Array(arguments[...place.workload]) + own)
    }

    /// Gives the values that stand in one word with a letter of `parctl compare` and `bench` a word of their own: `-r6`, and of commands
    /// `-I{}` or `-N2`.
    static func splittingLetters(_ arguments: [String]) -> [String] {
        guard let place = workloadPlace(in: arguments), place.verb != "run" else { return arguments }
        let own: Set<Character> = place.verb == "compare" ? ["r"] : ["r", "w", "n"]
        let letters =
            takesCommand(arguments[place.workload]) ? own.union(["I", "N", "a", "d", "C", "E", "s"]) : own
        let end = firstOperand(of: arguments, from: place.workload + 1)
        return arguments[..<end].flatMap { word -> [String] in
            guard word.count > 2, word.hasPrefix("-"), !word.hasPrefix("--"), let letter = word.dropFirst().first,
                letters.contains(letter)
            else { return [word] }
            let value = word.dropFirst(2)
            return ["-\(letter)", String(value.first == "=" ? value.dropFirst() : value)]
        } + arguments[end...]
    }

    /// Gives the options that may go without a value their usual one, and ties numbers below 0 to their options: the
    /// parser would take them for options themselves.
    static func expandingBare(_ arguments: [String]) -> [String] {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        var expanded: [String] = []
        for word in arguments[..<end] {
            if let option = expanded.last, valuedOptions.contains(option), word.hasPrefix("-"), Int(word) != nil {
                expanded[expanded.count - 1] = "\(option)=\(word)"
            } else {
                expanded.append(bare.first { $0.word == word }?.whole ?? word)
            }
        }
        return expanded + arguments[end...]
    }

    /// The options of parctl itself that take the next word for their value.
    static let valuedOptions =
        (RunInvocation.words.filter(\.takesNext).map(\.name) + Service.words.filter(\.takesNext).map(\.name)
        + ["workers", "runs", "budget"] + BenchCommand.valued).map { "--" + $0 } + ["-r", "-w", "-n"]

    /// Whether a command line, without the program's name, is one of `parctl run exec`.
    static func runsCommands(_ arguments: [String]) -> Bool {
        guard let place = workloadPlace(in: arguments) else { return false }
        return place.verb == "run" && takesCommand(arguments[place.workload])
    }

    /// Puts a `--` before the command of an `exec`, so that all that follows is the command's, a `--` of its own included.
    static func separatingCommand(_ arguments: [String]) -> [String] {
        guard let name = workloadPlace(in: arguments)?.workload else { return arguments }
        if Catalogue.definition(named: arguments[name])?.input?.isBytes == true {
            // Behind this mark there are inputs only, and no option of this program.
            guard let mark = arguments[name...].firstIndex(of: ":::"), !arguments[name..<mark].contains("--") else {
                return arguments
            }
            return arguments[..<mark] + ["--"] + arguments[mark...]
        }
        guard takesCommand(arguments[name]) else {
            return arguments
        }
        let index = firstOperand(of: arguments, from: name + 1)
        guard index < arguments.count, arguments[index] != "--", arguments[index] != ":::" else { return arguments }
        return arguments[..<index] + ["--"] + arguments[index...]
    }

    /// Whether the words of an `exec`, from its name on, have come to the command.
    static func hasCommand(_ words: [String]) -> Bool {
        guard let name = words.firstIndex(where: takesCommand) else { return false }
        return firstOperand(of: words, from: name + 1) < words.count
    }

    /// Whether the tasks of the workload called `name` are given commands.
    private static func takesCommand(_ name: String) -> Bool {
        Catalogue.definition(named: name)?.input == .command
    }

    /// The commands that take a workload and its options.
    static let verbs = ["run", "compare", "bench", "advise"]

    /// Which command takes a workload's words, and where the workload's name stands; nil where there is none.
    private static func workloadPlace(in arguments: [String]) -> (verb: String, workload: Int)? {
        let verb = firstOperand(of: arguments, from: 0)
        guard verb < arguments.count, verbs.contains(arguments[verb]) else { return nil }
        var name = firstOperand(of: arguments, from: verb + 1)
        if name < arguments.count, arguments[name] == "--" { name += 1 }
        return name < arguments.count ? (arguments[verb], name) : nil
    }

    /// The place of the first word that is neither an option nor an option's value, the words' end if there is none. A
    /// `--` is one.
    static func firstOperand(of words: [String], from start: Int) -> Int {
        var index = start
        while index < words.count, words[index].hasPrefix("-"), words[index] != "-", words[index] != "--" {
            index += takesNext(words[index]) ? 2 : 1
        }
        return min(index, words.count)
    }

    /// Whether `option` takes the next word for its value: one of parctl's, or of any workload, as the workload's name may
    /// stand behind it by mistake.
    private static func takesNext(_ option: String) -> Bool {
        valuedOptions.contains(option)
            || Catalogue.all.contains { definition in definition.option(typed: option).map { $0.kind != .flag } ?? false
            }
    }

    /// Reads `words`: the workload's name, then its options as `--name value`, `--name=value` or, for flags, `--name`;
    /// then, for workloads whose tasks are given something, what that is. Where an option is given twice, the last one
    /// counts. Values are checked against the catalogue, and returned as typed, except that paths are made absolute: from
    /// `directory` on. `command` is parctl's command that takes them, and `options` are its own. A workload or an option that
    /// this program's own table doesn't have is looked for in `offer`.
    static func read(
        _ words: [String], in directory: String = "/", command: String = "run", options: [String] = runOptions,
        offer: WorkloadOffer = .own
    ) throws(CommandError) -> RunWords {
        var words = words[...]
        while words.first == "--" { words.removeFirst() }
        guard let name = words.popFirst() else {
            throw .usage(
                "which workload? There are \(Catalogue.all.map(\.name).joined(separator: ", "))",
                help: "parctl \(command) --help")
        }
        guard !name.hasPrefix("-") else { throw stranger(name, of: nil, command, options) }
        var read = RunWords(definition: try offer.definition(named: name), help: "parctl \(command) \(name) --help")
        while let word = words.popFirst() {
            guard word.hasPrefix("-"), word != "-", word != "--" else {
                try read.take(word, &words)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let option = try read.option(typed: parts[0], offer) else {
                // Behind a letter as curl's may stand what a header holds.
                let isAddress = read.definition.input?.isAddress == true
                let shown = isAddress && !parts[0].hasPrefix("--") ? parts[0].prefix(2) : parts[0]
                throw stranger(String(shown), of: read.definition, command, options)
            }
            try read.take(option, parts.dropFirst().first.map(String.init), &words, in: directory)
        }
        try read.check()
        return read
    }

    /// An option that neither `command` nor `definition` has; a nil definition is one that was not named yet.
    private static func stranger(_ option: String, of definition: Definition?, _ command: String, _ options: [String])
        -> CommandError
    {
        let name = String(option.drop { $0 == "-" })
        var own = definition.map { ($0.options + $0.clientOptions).map(\.name) } ?? []
        let isExec = command == "run" && definition?.input == .command
        if isExec { own += ForeignOption.all.flatMap(\.names).filter { $0.count > 2 } }
        let isCommon = isExec && ExecLine.fromEnvironment.contains { $0.prefix { $0 != "=" } == option }
        let unknown = "\(isCommon ? "in $PARALLEL, " : "")unknown option '\(option)'"
        if let known = StrangeOption.text(name, command: command, isExec: definition?.input == .command) {
            return .usage("\(unknown): \(known)", help: "parctl \(command) --help")
        }
        if let near = Suggestion.nearest(to: name, in: own + options) {
            return .usage("\(unknown); did you mean '--\(near)'?", help: "parctl \(command) --help")
        }
        guard let definition else {
            return .usage(
                "the workload comes before its options, as in 'parctl \(command) io \(option)'",
                help: "parctl \(command) --help")
        }
        if isExec {
            return .usage(
                "\(unknown): parctl has no such option, and knows none of GNU parallel or xargs by that name",
                help: "parctl run exec --help")
        }
        let special = own.filter { $0 != "quiet" }
        let taken =
            special.isEmpty
            ? "takes no options of its own" : "takes " + special.map { "--\($0)" }.joined(separator: ", ")
        return .usage(
            "\(unknown): \(definition.name) \(taken)",
            help: "parctl \(command) \(definition.name) --help")
    }
}
