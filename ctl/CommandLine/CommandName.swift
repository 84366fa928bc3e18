import Catalogue

/// The words by which people call commands: parctl's own, and those that they know from other programs.
enum CommandName {
    /// What `parctl` can do.
    static let all = Parctl.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]

    /// Words of other programs, and of hurried people, and what does here what they ask for.
    private static let others: [(words: [String], meant: String)] = [
        (["benchmark", "hyperfine", "time", "measure", "perf", "wrk"], "parctl bench"),
        (["cmp", "diff"], "parctl compare"),
        (["recommend", "choose", "advice", "which"], "parctl advise"),
        (["parallel", "xargs", "map", "foreach", "sh", "shell", "command", "cmd"], "parctl run exec"),
        (["submit", "add", "go", "launch"], "parctl run"),
        (["ps", "list", "ls", "queue", "running"], "parctl jobs"),
        (["workers", "resize", "recycle", "scale"], "parctl pools"),
        (["kill", "abort", "rm"], "parctl cancel"),
        (["info", "stats", "health"], "parctl status"),
        (["log", "journal", "tail"], "parctl logs"),
        (["watch", "htop", "monitor"], "parctl top"),
        (["metric", "prometheus", "openmetrics"], "parctl metrics"),
        (["runs", "past", "summary"], "parctl history"),
        (["options", "tasks"], "parctl workloads"),
        (["completion", "complete"], "parctl completions"),
        (["shutdown", "quit"], "parctl stop"),
        (["python3", "py"], "parctl python"),
    ]

    /// Throws where the first word of a command line, without the program's name, that is no option is no command.
    static func check(_ words: [String]) throws(CommandError) {
        let place = CommandWords.firstOperand(of: words, from: 0)
        guard place < words.count, words[place] != "--", words[place] != "-", !all.contains(words[place]) else {
            return
        }
        throw .usage(unknown(words[place]))
    }

    /// What to say of a word that is no command.
    static func unknown(_ word: String) -> String {
        let title = "there is no command '\(CommandError.clean(String(word.prefix(100))))'"
        if Catalogue.definition(named: word) != nil {
            return "\(title): it is a workload, which 'parctl run \(word)' runs and 'parctl compare \(word)' compares"
        }
        let begun = all.filter { word.count > 1 && $0.hasPrefix(word) }
        let meant =
            others.first { $0.words.contains(word) }?.meant
            ?? (begun.count == 1 ? begun.first : Suggestion.nearest(to: word, in: all)).map { "parctl \($0)" }
        if let meant { return "\(title); did you mean '\(meant)'?" }
        if let workload = Suggestion.nearest(to: word, in: Catalogue.all.map(\.name)) {
            return "\(title); did you mean 'parctl run \(workload)'?"
        }
        return "\(title): there are \(all.joined(separator: ", "))"
    }
}

/// What stands here for an option of another program, or of another command.
enum StrangeOption {
    /// The sentence to say of the option `name`, which is typed without its dashes; nil where there is none.
    ///
    /// - Parameter isExec: whether commands are run or compared.
    static func text(_ name: String, command: String, isExec: Bool) -> String? {
        switch command {
        case "compare": ofCompare(name, isExec: isExec)
        case "bench", "advise": ofBench(name, command)
        default: ofRun(name)
        }
    }

    private static func ofRun(_ name: String) -> String? {
        if isJobs(name) || ["workers", "n-jobs", "n_jobs", "cores", "cpus"].contains(name) {
            return "use --threads or --processes to say how many run at a time"
        }
        switch name {
        case "n", "runs", "count", "repeat", "rounds", "iterations":
            return "use --tasks for the number of tasks"
        case "w", "warmup", "warm": return "workers are warm unless --cold is given"
        case "p": return "use --processes N"
        case "t": return "use --threads N"
        case "v", "verbose", "debug": return "the receipt tells what there is; --records has a line for each task"
        case "s", "silent": return "use -q"
        case "o": return "use --output, with workloads that have it"
        default: return nil
        }
    }

    private static func ofBench(_ name: String, _ command: String) -> String? {
        if isJobs(name) || ["workers", "n-jobs", "cores", "cpus"].contains(name) {
            return command == "bench"
                ? "use --threads N,… or --processes N,…" : "it tries several numbers by itself: use --most"
        }
        guard command == "bench" else { return nil }
        switch name {
        case "m", "M", "min-runs", "max-runs", "rounds", "count", "repeat": return "use --runs for the number of rounds"
        case "p": return "use --prepare, or --processes"
        case "s": return "use --setup"
        case "c": return "use --cleanup"
        case "L", "parameter-list": return "use --scan option=a,b,c"
        case "P", "parameter-scan", "D", "parameter-step-size": return "use --scan-range option=from..to:step"
        case "N", "shell", "S":
            return "commands run without a shell where they have no need of one: see 'parctl run exec --help'"
        case "u", "time-unit", "style", "export-orgmode":
            return "times have their units; --export-json, -csv, -markdown and "
                + "-asciidoc are for other programs"
        case "command-name": return "use -n"
        case "cold": return "cold runs are measured beside warm ones, unless --no-cold is given"
        case "output": return "use --show-output"
        default: return nil
        }
    }

    private static func ofCompare(_ name: String, isExec: Bool) -> String? {
        if ["threads", "processes", "serial", "cold"].contains(name) {
            return "a comparison runs all of them, with as many workers as --workers says"
        }
        if isJobs(name) { return "a comparison runs with as many workers as --workers says, such as --workers 2,4" }
        switch name {
        case "w", "warmup": return "every arm is run once before the first round anyway, to warm its workers up"
        case "rounds", "n", "count", "repeat", "m", "M", "min-runs", "max-runs":
            return "use --runs for the number of rounds"
        case "export-json": return "use '--json > FILE'"
        case "export-csv": return "use '--csv > FILE'"
        case "export-markdown": return "use '--markdown > FILE'"
        case "export-asciidoc", "export-orgmode", "style", "time-unit", "sort":
            return "the table has one form; --json, --csv and --markdown are for other programs"
        case "p", "prepare", "setup", "conclude", "c", "cleanup":
            return "put it into the command, as in: parctl compare exec 'make clean; make {}' ::: a b"
        case "L", "parameter-list", "parameter-scan", "D", "parameter-step-size":
            return "write {} in the command, and the values behind ':::'"
        case "i", "ignore-failure": return "runs with a task that failed are left out, and the table says how many"
        case "S" where isExec: return "use --shell, for /bin/sh"
        case "show-output": return "a comparison prints no output: look at it with 'parctl run exec' first"
        case "N" where !isExec: return "use --tasks for the number of tasks"
        default: return nil
        }
    }

    /// GNU parallel's and xargs'.
    private static func isJobs(_ name: String) -> Bool {
        ["jobs", "max-procs"].contains(name) || name.wholeMatch(of: /[jP][-+]?\d*%?/) != nil
    }
}
