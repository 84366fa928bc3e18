import Catalogue

/// An option as GNU parallel or xargs spells it, and what it is here.
struct ForeignOption {
    /// All spellings, of one letter or more.
    let names: [String]
    let value: Value
    let meaning: Meaning

    /// Whether it has a value.
    enum Value {
        case none, needed
        /// One that stands in the same word, or none.
        case joined
    }

    enum Meaning {
        /// An option of this program, or several flags.
        case own([String])
        /// What it asks for happens anyway: why.
        case taken(String)
        /// What to do instead.
        case refused(String)
    }

    private init(_ names: String, _ value: Value = .none, _ meaning: Meaning) {
        self.names = names.split(separator: " ").map(String.init)
        self.value = value
        self.meaning = meaning
    }

    private static func own(_ names: String, _ value: Value, _ option: String, _ flags: String...) -> ForeignOption {
        ForeignOption(names, value, .own([option] + flags))
    }

    private static func own(_ names: String, _ flags: String...) -> ForeignOption {
        ForeignOption(names, .none, .own(flags))
    }

    private static func taken(_ names: String, _ value: Value, _ text: String) -> ForeignOption {
        ForeignOption(names, value, .taken(text))
    }

    private static func taken(_ names: String, _ text: String) -> ForeignOption {
        ForeignOption(names, .none, .taken(text))
    }

    private static func refused(_ names: String, _ value: Value, _ text: String) -> ForeignOption {
        ForeignOption(names, value, .refused(text))
    }

    private static func refused(_ names: String, _ text: String) -> ForeignOption {
        ForeignOption(names, .none, .refused(text))
    }

    static let all: [ForeignOption] = [
        own("jobs j max-procs maxprocs P", .needed, "jobs"), own("arg-file argfile a", .needed, "arg-file"),
        own("null 0", "null"),
        own("delimiter d", .needed, "delimiter"), own("E", .needed, "eof"), own("eof e", .joined, "eof"),
        own("colsep col-sep C", .needed, "colsep"), own("header H", .needed, "header"),
        own("trim", .needed, "trim"),
        own("no-run-if-empty norunifempty r", "no-run-if-empty"), own("link xapply", "link"), own("shuf", "shuf"),
        own("max-replace-args maxreplaceargs N", .needed, "max-args", "repeat-words"),
        own("max-args maxargs n", .needed, "max-args"),
        own("L", .needed, "max-lines", "repeat-words"), own("max-lines maxlines l", .joined, "max-lines"),
        own("X", "many", "spread"), own("m", "many-in-place", "spread"),
        own("xargs", "many-in-place"), own("max-chars maxchars s", .needed, "max-chars"),
        own("I", .needed, "replace"), own("replace", .joined, "replace"), own("i", .joined, "replace"),
        own("plus", "plus"),
        own("arg-sep argsep", .needed, "arg-sep"),
        own("arg-file-sep argfilesep", .needed, "arg-file-sep"), own("keep-order keeporder k", "keep-order"),
        own("tag", "tag"), own("tagstring tag-string", .needed, "tagstring"),
        own("line-buffer linebuffer lb", "line-buffer"), own("ungroup u", "ungroup"),
        own("v", "print-command"), own("verbose t", "verbose"), own("results res", .needed, "results"),
        own("q", "quiet", "quote"), own("quote", "quote"), own("dry-run dryrun dr", "dry-run"),
        own("joblog jl", .needed, "joblog"), own("resume", "resume"), own("resume-failed", "resume-failed"),
        own("retry-failed", "retry-failed"),
        own("halt halt-on-error", .needed, "halt"), own("delay", .needed, "delay"), own("load", .needed, "load"),
        own("memfree", .needed, "memfree"), own("workdir work-dir wd", .needed, "workdir"),
        own("nice", .needed, "nice"), own("timeout", .needed, "timeout"), own("retries", .needed, "retries"),
        own("pipe spreadstdin", "pipe"), own("block blocksize block-size", .needed, "block"),
        own("recend", .needed, "recend"), own("recstart", .needed, "recstart"),
        own("remove-rec-sep removerecsep rrs", "remove-rec-sep"),
        own("round-robin roundrobin round", "pipe", "round-robin"), own("cat", "pipe", "cat"),
        own("fifo", "pipe", "fifo"), own("interactive p", "interactive"), own("tty", "tty"),
        own("open-tty o", "open-tty"), own("group g", "group"),

        taken("bar", "a run shows how far it is, on a terminal"), taken("eta", "as --bar"),
        taken("progress", "as --bar"),
        taken("will-cite willcite nn nonotice no-notice", "there is no notice"),
        taken("silent", "commands are not shown unless -v asks for it"),
        taken("x exit", "a command that is too long is always refused"),
        taken("compress", "outputs wait in files of the daemon, whose room is given back as they are printed"),
        taken("compress-program compressprogram decompress-program decompressprogram", .needed, "as --compress"),
        taken("noswap", "see --memfree"),
        taken("no-ctrl-c no-ctrlc noctrlc", "Ctrl-C ends the run"), taken("ctrl-c ctrlc", "as --no-ctrl-c"),
        taken("gnu", "GNU's forms are the only ones"),
        taken("color colour", "see --color"), taken("plain", "there is no profile that could be read"),
        taken("env", .needed, "commands have all variables and exported functions of the caller"),
        taken("tmpdir tempdir", .needed, "outputs wait in the daemon's directory: pard's TMPDIR says where"),
        taken("term-seq termseq", .needed, "SIGTERM, then SIGKILL after half of the daemon's cancel-grace"),
        taken("total-jobs totaljobs total", .needed, "how many there are is counted"),
        taken("use-cpus-instead-of-cores", "processors are what the scheduler counts"),

        refused("sshlogin S", .needed, "run pard on each host, and 'ssh HOST parctl run exec' there"),
        refused("sshloginfile slf", .needed, "as --sshlogin"), refused("onall", "as --sshlogin"),
        refused("nonall", "as --sshlogin"),
        refused(
            "transferfile tf return basefile bf trc", .needed, "copy files with scp or rsync before and after the run"),
        refused("transfer cleanup", "as --transferfile"), refused("controlmaster M", "as --sshlogin"),
        refused("semaphore", "use flock(1) around the command"), refused("fg bg", "as --semaphore"),
        refused("id semaphorename semaphore-name semaphoretimeout semaphore-timeout st", .needed, "as --semaphore"),
        refused("tmux tmuxpane fg", "use --line-buffer --tag to see the commands side by side"),
        refused("rpl", .needed, "have a shell change the argument, as in 'x={}; echo ${x%.*}'"),
        refused("parens", .needed, "as --rpl"),
        refused(
            "U extensionreplace er basenamereplace bnr dirnamereplace dnr basenameextensionreplace bner", .needed,
            "write {.} {/} {//} {/.}"),
        refused("seqreplace slotreplace", .needed, "write {#} or {%}"),
        refused("pipepart pipe-part", "use --pipe < FILE"),
        refused("tee", "run 'tee >(one) >(other)' in a shell"), refused("regexp regex", "use a plain --recend"),
        refused("groupby group-by", .needed, "sort, and split the input with awk first"),
        refused("shard bin", .needed, "as --group-by"),
        refused("files output-as-files outputasfiles", "use --results DIR"),
        refused("filter", .needed, "pick the arguments before, with grep or awk"),
        refused("block-timeout blocktimeout bt", .needed, "use --round-robin, or blocks that fill sooner"),
        refused("ctag", "use --tag"),
        refused("ctagstring ctag-string", .needed, "use --tagstring"),
        refused("latestline latest-line ll", "use --line-buffer"), refused("csv", "use --colsep ,"),
        refused("sql sqlmaster sqlworker sqlandworker", .needed, "load a --joblog or --results into the database"),
        refused("limit", .needed, "use --load or --memfree"), refused("memsuspend", .needed, "use --memfree"),
        refused("profile J", .needed, "put the options into a shell's alias"),
        refused("process-slot-var processslotvar", .needed, "use {%}"),
        refused("shebang hashbang", "write a script of two lines"), refused("shebang-wrap", "as --shebang"),
        refused("cleanup", "as --transferfile"), refused("embed", "install parctl where the script runs"),
        refused("record-env recordenv", "commands have all variables anyway"),
        refused("filter-hosts filterhosts", "as --sshlogin"), refused("shellquote shell-quote", "use printf %q"),
        refused("min-version minversion", .needed, "see 'parctl version'"),
        refused("skip-first-line skipfirstline", "use 'tail -n +2'"),
        refused("hostgroups hostgroup hostgrp hgrp", "as --sshlogin"),
        refused("number-of-cores number-of-cpus number-of-threads number-of-sockets", "use nproc"),
        refused("max-line-length-allowed show-limits showlimits", "use 'getconf ARG_MAX'"),
        refused("citation bibtex", "there is nothing to cite"), refused("D", .needed, "see 'journalctl -u pard'"),
    ]

    /// Whether it is parctl's own option of that name.
    func isSpelled(_ name: String) -> Bool {
        if case .own(let names) = meaning {
            names[0] == name || self.names.contains(name)
        } else {
            self.names.contains(name)
        }
    }

    /// The option that is spelled so, without dashes.
    static func named(_ name: some StringProtocol) -> ForeignOption? { all.first { $0.names.contains { $0 == name } } }

    /// The table of all of them for people.
    static var table: String {
        all.map { option in
            let spelled = option.names.map { $0.count == 1 ? "-\($0)" : "--\($0)" }.joined(separator: " ")
            let text =
                switch option.meaning {
                case .own(let names): names.map { "--\($0)" }.joined(separator: " ")
                case .taken(let text): "accepted: " + text
                case .refused(let text): "not supported: " + text
                }
            // A long list of spellings has a line of its own.
            let gap =
                spelled.count < 30
                ? String(repeating: " ", count: 30 - spelled.count) : "\n" + String(repeating: " ", count: 32)
            return "  \(spelled)\(gap)\(text)\n"
        }.joined()
    }
}

/// The options of `parctl run exec` as people type them, GNU parallel's and xargs' spellings included.
enum ExecLine {
    /// The options of every command line, as GNU parallel takes them from `$PARALLEL`: words as a shell parts them.
    static var fromEnvironment: [String] {
        var words: [String] = []
        var word: String.UnicodeScalarView?
        var quote: Unicode.Scalar?
        var isEscaped = false
        // By scalars: a mark behind a quote is no part of it.
        for scalar in (Environment.value("PARALLEL") ?? "").unicodeScalars {
            if isEscaped || (quote != nil && scalar != quote && (scalar != "\\" || quote == "'")) {
                word = (word ?? .init()) + [scalar]
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar == quote {
                quote = nil
            } else if scalar == "'" || scalar == "\"" {
                quote = scalar
                word = word ?? .init()
            } else if scalar.properties.isWhitespace {
                if let word { words.append(String(word)) }
                word = nil
            } else {
                word = (word ?? .init()) + [scalar]
            }
        }
        return words + (word.map { [String($0)] } ?? [])
    }

    /// `words`, which stand behind `exec`, with each option spelled as parctl spells it, and `--` before what follows them.
    ///
    /// - Parameter takesNext: whether an option that only parctl has takes the next word for its value.
    static func spelled(
        _ words: ArraySlice<String>, takesNext: (String) -> Bool
    ) throws(CommandError) -> [String] {
        var rest = words
        var spelled: [String] = []
        while let word = rest.first, word.hasPrefix("-"), word != "-", word != "--" {
            rest.removeFirst()
            if word.hasPrefix("--") {
                try long(word, &rest, takesNext, into: &spelled)
            } else {
                try letters(word, &rest, into: &spelled)
            }
        }
        if rest.first == "--" { rest.removeFirst() }
        return rest.isEmpty ? spelled : spelled + ["--"] + rest
    }

    private static func long(
        _ word: String, _ rest: inout ArraySlice<String>, _ takesNext: (String) -> Bool, into spelled: inout [String]
    ) throws(CommandError) {
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        var value = parts.dropFirst().first.map(String.init)
        guard let option = foreign(name) else {
            spelled.append(word)
            if value == nil, takesNext(word), let next = rest.popFirst() { spelled.append(next) }
            return
        }
        switch option.value {
        case .needed where value == nil: value = rest.popFirst()
        case .joined where value == nil: value = Self.next(option, &rest)
        case .none where value == "true": value = nil
        case .none where value == "false": return
        default: break
        }
        try add(option, "--\(name)", value, into: &spelled)
    }

    /// An option of that name, or the only one that begins so, unless parctl has one of that name itself.
    private static func foreign(_ name: String) -> ForeignOption? {
        // Its values are words of parctl's own.
        if name == "color", name.count > 1 { return nil }
        if name.count > 1, let option = ForeignOption.named(name) { return option }
        guard name.count > 2, !own.contains(name) else { return nil }
        let near = ForeignOption.all.filter { $0.names.contains { $0.count > 1 && $0.hasPrefix(name) } }
        guard near.count == 1, own.allSatisfy({ !$0.hasPrefix(name) || near[0].isSpelled($0) }) else { return nil }
        return near[0]
    }

    private static let own = Set(
        RunInvocation.words.map(\.name) + Service.words.map(\.name)
            + (Catalogue.definition(named: "exec").map { ($0.options + $0.clientOptions).map(\.name) } ?? []) + ["help"]
    )

    private static func letters(
        _ word: String, _ rest: inout ArraySlice<String>, into spelled: inout [String]
    ) throws(CommandError) {
        var letters = Substring(word.dropFirst())
        while let letter = letters.popFirst() {
            if letter == "h" {
                spelled.append("-h")
                continue
            }
            guard let option = ForeignOption.named(String(letter)) else {
                throw fault("unknown option '-\(letter)'\(letters.isEmpty && word.count == 2 ? "" : " in '\(word)'")")
            }
            var value: String?
            switch option.value {
            case .none: break
            case .joined:
                value = letters.isEmpty ? Self.next(option, &rest) : String(letters)
                letters = ""
            case .needed:
                value = letters.isEmpty ? rest.popFirst() : String(letters)
                letters = ""
            }
            try add(option, "-\(letter)", value, into: &spelled)
        }
    }

    /// The value of an option that need not have one, where that is a word of its own: a number of lines, or what stands for `{}`.
    private static func next(_ option: ForeignOption, _ rest: inout ArraySlice<String>) -> String? {
        guard let next = rest.first else { return nil }
        let isValue =
            option.names.contains("l") ? Int(next) != nil : option.names == ["replace"] && !next.hasPrefix("-")
        return isValue ? rest.popFirst() : nil
    }

    private static func add(
        _ option: ForeignOption, _ typed: String, _ value: String?, into spelled: inout [String]
    ) throws(CommandError) {
        if option.value == .needed, value == nil { throw fault("\(typed) needs a value") }
        switch option.meaning {
        case .taken: break
        case .refused(let text): throw fault("\(typed) is not supported: \(instead(text))")
        case .own(let names) where option.value == .none: spelled += names.map { "--\($0)" }
        case .own(let names):
            // One line where nothing else is said; of the others that is what they are without it.
            guard let value = value ?? (names[0] == "max-lines" ? "1" : nil) else { return }
            spelled += try valued(names[0], typed, value) + names.dropFirst().map { "--\($0)" }
        }
    }

    /// The option called `name`, with a value as GNU parallel has it.
    private static func valued(_ name: String, _ typed: String, _ value: String) throws(CommandError) -> [String] {
        switch name {
        case "halt":
            guard let halts = Halts.read(value) else { throw fault("\(typed) takes \(Halts.expected), not '\(value)'") }
            guard let halts else { return [] }
            guard let plain = halts.plain else { return ["--halt-when=\(value)"] }
            return ["--halt=\(plain.now ? "now" : "soon"),fail=\(plain.failures)"]
        case "joblog" where value.hasPrefix("+") && value != "+":
            return ["--joblog=\(value.dropFirst())", "--joblog-append"]
        case "block", "memfree": return ["--\(name)=\(size(value))"]
        case "timeout" where value.hasSuffix("%"): return ["--timeout-percent=\(value.dropLast())"]
        default: return ["--\(name)=\(value)"]
        }
    }

    /// A size as parctl spells it: a bare capital is a power of 1024, a small letter one of 1000.
    private static func size(_ text: String) -> String {
        let units: [Character: String] = [
            "K": "KiB", "M": "MiB", "G": "GiB", "k": "kB", "m": "MB", "g": "GB",
        ]
        guard let last = text.last, let unit = units[last] else { return text }
        return text.dropLast() + unit
    }

    /// The sentence itself where it is said of another option.
    private static func instead(_ text: String) -> String {
        guard text.hasPrefix("as --"), let other = ForeignOption.named(text.dropFirst(5)) else { return text }
        if case .refused(let text) = other.meaning { return text }
        return text
    }

    private static func fault(_ text: String) -> CommandError {
        .usage("exec: \(text)", help: "parctl run exec --help")
    }
}
