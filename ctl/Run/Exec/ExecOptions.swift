import Bytes
import Catalogue
import Glibc
import Linux

/// What the options of `parctl run exec` say, read and checked, but for those that the daemon is asked with.
struct ExecOptions {
    var jobs: JobCount?
    /// What ends each argument that is read.
    var end: [UInt8] = [0x0A]
    var eof: [UInt8]?
    var columns: ColumnSplitter?
    var hasHeader = false
    var trim = Trim.none
    var dropsEmpty = false
    var linksAll = false
    var isShuffled = false
    /// How many arguments a command is given; nil for one.
    var argumentsEach: Int?
    /// Whether that was said in lines.
    var linesEach = false
    var gathering = Gathering.none
    /// Whether a word with a place is there once for each argument.
    var repeatsWords = false
    var spreads = false
    var maximumBytes = longestCommand
    var reader = PlaceReader()
    var keepsOrder = false
    var tag: [UInt8]?
    var output = OutputWay.whole
    var printsCommand = false
    var tellsCommand = false
    var results: [UInt8]?
    var isForShell = false
    var isExact = false
    var isDry = false
    var isQuiet = false
    var halts: Halts?
    /// Nanoseconds.
    var delay = 0
    var load: Double?
    var freeBytes: Int?
    var directory: String?
    var nice: String?
    /// How often a command that fails is run in all.
    var tries = 1
    /// Of the median time of commands that ended well; nil without a limit of that kind.
    var timeoutPercent: Double?
    var asks = false
    /// Whether commands read from the terminal.
    var readsTerminal = false
    /// Whether they write to it, too, and one runs at a time where nothing else is said.
    var hasTerminal = false
    var pipe: PipeOptions?
    var files: [String] = []

    /// Bytes that a command with as many arguments as possible may have: what the kernel takes for one word, as a shell's line is.
    static let longestCommand = 131_071

    /// Which ends of an argument lose their spaces.
    enum Trim: String {
        case none = "n"
        case left = "l"
        case right = "r"
        case both = "lr"
    }

    /// Whether a command is given as many arguments as fit.
    enum Gathering {
        case none
        /// A word with a place is there once for each.
        case words
        /// They stand in the place one behind the other.
        case place
    }

    /// How what commands write is printed.
    enum OutputWay {
        /// Command by command.
        case whole
        /// Line by line.
        case lines
        /// As it comes.
        case raw
    }

    init() {}

    init(_ words: RunWords) throws(CommandError) {
        let options = words.client
        func has(_ name: String) -> Bool { options[name] != nil }
        func bytes(_ name: String) -> [UInt8]? { options[name]?.last?.bytes }
        if let text = options["jobs"]?.last {
            guard let count = JobCount(text) ?? JobCount(ofFile: text) else {
                throw words.fault("--jobs takes \(JobCount.expected), not '\(text)'")
            }
            jobs = count
        }
        if has("null") { end = [0] }
        if let text = bytes("delimiter") {
            end = Self.unescaped(text)
            if end.isEmpty { end = [0] }
        }
        if let text = bytes("eof"), !text.isEmpty { eof = text }
        if let text = options["colsep"]?.last {
            guard let splitter = ColumnSplitter(text) else {
                throw words.fault(
                    "--colsep takes a POSIX extended regular expression, which may have \\s, \\w, \\d, \\h and \\t, "
                        + "not '\(text)'")
            }
            columns = splitter
            trim = .both
        }
        if let text = options["trim"]?.last {
            guard let way = Trim(rawValue: text == "rl" ? "lr" : text) else {
                throw words.fault("--trim takes n, l, r or lr, not '\(text)'")
            }
            trim = way
        }
        if let text = options["header"]?.last {
            guard text == ":" || (has("pipe") && Int(text).map { $0 >= 0 } ?? false) else {
                let more = has("pipe") ? "':' or a number of lines" : "':' alone here"
                throw words.fault("--header takes \(more), not '\(text)'")
            }
            hasHeader = true
        }
        dropsEmpty = has("no-run-if-empty")
        linksAll = has("link")
        isShuffled = has("shuf")
        linesEach = has("max-lines")
        argumentsEach = (options["max-args"]?.last ?? options["max-lines"]?.last).flatMap(Quantity.count)
        gathering = has("many") ? .words : has("many-in-place") ? .place : .none
        repeatsWords = gathering == .words || (has("repeat-words") && (gathering == .none || has("max-args")))
        spreads = has("spread")
        maximumBytes = options["max-chars"]?.last.flatMap(Quantity.count) ?? Self.longestCommand
        if let text = bytes("replace") { reader.whole = text }
        reader.hasMore = has("plus")
        keepsOrder = has("keep-order")
        tag = bytes("tagstring").map(Self.unescaped) ?? (has("tag") ? Array("{}".utf8) : nil)
        if tag?.isEmpty == true { tag = nil }
        output = has("ungroup") ? .raw : has("line-buffer") ? .lines : .whole
        printsCommand = has("print-command")
        tellsCommand = has("verbose")
        results = bytes("results")
        if let name = results,
            [".csv", ".tsv", ".json"].contains(where: { name.suffix($0.utf8.count) == Array($0.utf8)[...] })
        {
            throw words.fault("--results keeps files, no table: name a directory, and --joblog for a table")
        }
        isForShell = has("shell")
        isExact = has("quote")
        isDry = has("dry-run")
        isQuiet = has("quiet")
        if let text = options["halt-when"]?.last {
            guard let read = Halts.read(text) else {
                throw words.fault("--halt takes \(Halts.expected), not '\(text)'")
            }
            halts = read
        }
        delay = options["delay"]?.last.flatMap(Quantity.nanoseconds) ?? 0
        if let text = options["load"]?.last {
            let number = Double(text.hasSuffix("%") ? text.dropLast() : text[...])
            guard let number, number > 0 else {
                throw words.fault("--load takes a number or a percentage, not '\(text)'")
            }
            load = text.hasSuffix("%") ? number / 100 * Double(Processors.available) : number
        }
        freeBytes = options["memfree"]?.last.flatMap(Quantity.bytes)
        directory = options["workdir"]?.last.flatMap { $0.isEmpty ? nil : $0 }
        if directory == "..." {
            throw words.fault("--workdir ... is not supported: name a directory, such as one that 'mktemp -d' has made")
        }
        if let text = options["nice"]?.last {
            guard let number = Int(text), (-20...19).contains(number) else {
                throw words.fault("--nice takes a whole number from -20 to 19, not '\(text)'")
            }
            nice = String(number)
        }
        if let text = options["timeout-percent"]?.last {
            guard let number = Double(text), number > 0, number <= 1_000_000 else {
                throw words.fault(
                    "--timeout takes a time such as 10 or 500ms, or a percentage such as 200%, at most 1000000%, "
                        + "not '\(text)%'")
            }
            timeoutPercent = number
        }
        tries = words.arguments["retries"].flatMap(Quantity.count) ?? 1
        asks = has("interactive")
        hasTerminal = has("tty")
        readsTerminal = hasTerminal || has("open-tty")
        if hasTerminal, output == .whole, results == nil, !has("group") { output = .raw }
        files = options["arg-file"] ?? []
        if has("pipe") { pipe = try PipeOptions(words) }
        guard pipe == nil || !readsTerminal else {
            throw words.fault("with --pipe, commands read a part of the input, and not from the terminal")
        }
    }

    /// Whether a command is given the name of a file with its part of the input.
    var namesParts: Bool { pipe.map { $0.way == .file || $0.way == .fifo } ?? false }

    /// Whether each command's beginning has to be seen to here.
    var needsPacing: Bool {
        delay > 0 || load != nil || freeBytes != nil || halts != nil || output != .whole || pipe != nil
            || timeoutPercent != nil || asks || readsTerminal
    }

    /// A text in which `\n`, `\t`, `\033`, `\x1b` and the like are the bytes that they mean.
    static func unescaped(_ text: [UInt8]) -> [UInt8] {
        let known: [UInt8: UInt8] = [
            UInt8(ascii: "n"): 10, UInt8(ascii: "t"): 9, UInt8(ascii: "r"): 13,
            UInt8(ascii: "a"): 7, UInt8(ascii: "f"): 12, UInt8(ascii: "v"): 11, UInt8(ascii: "\\"): 92,
        ]
        func number(_ digits: ArraySlice<UInt8>, radix: Int) -> UInt8? {
            Int(String(decoding: digits, as: UTF8.self), radix: radix).flatMap(UInt8.init(exactly:))
        }
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), let next = rest.first, let meant = known[next] {
                bytes.append(meant)
                rest.removeFirst()
            } else if byte == UInt8(ascii: "\\"),
                case let digits = rest.prefix(3).prefix(while: { (0x30...0x37).contains($0) }),
                let meant = number(digits, radix: 8)
            {
                bytes.append(meant)
                rest = rest[digits.endIndex...]
            } else if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"),
                let meant = number(rest.dropFirst().prefix(2), radix: 16)
            {
                bytes.append(meant)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }
}

/// How standard input is cut into parts (`--pipe`).
struct PipeOptions: Equatable {
    var blockBytes = 1 << 20
    /// Records for each command; nil for as many as a block has.
    var records: Int?
    /// Lines of a record (`-L`); nil for one.
    var lines: Int?
    var end: [UInt8] = [0x0A]
    var start: [UInt8] = []
    var dropsSeparators = false
    /// Whether lines with nothing in them are left out.
    var dropsEmpty = false
    /// Lines before the first record that every command is given.
    var headingLines = 0
    var way = Way.input

    /// How a part comes to a command.
    enum Way {
        /// As its standard input.
        case input
        /// As the standard input of one of the commands that run: there are no more than run at a time.
        case turns
        /// In a file whose name is the argument.
        case file
        /// In a named pipe.
        case fifo
    }

    init() {}

    init(_ words: RunWords) throws(CommandError) {
        let options = words.client
        let ways: [(String, Way)] = [("round-robin", .turns), ("cat", .file), ("fifo", .fifo)]
        let given = ways.filter { options[$0.0] != nil }
        guard given.count < 2 else {
            throw words.fault("--\(given[0].0) and --\(given[1].0) can't be used together")
        }
        way = given.first?.1 ?? .input
        if way == .turns, options["joblog"] != nil, options["resume"] != nil || options["resume-failed"] != nil {
            throw words.fault("--round-robin can't be resumed: which part went to which command is not in the joblog")
        }
        if way == .turns, words.arguments["retries"].flatMap(Quantity.count) ?? 1 != 1 {
            throw words.fault("--retries can't be used with --round-robin: a command's input is gone when it fails")
        }
        blockBytes = options["block"]?.last.flatMap(Quantity.bytes) ?? blockBytes
        records = options["max-args"]?.last.flatMap(Quantity.count)
        dropsEmpty = options["no-run-if-empty"] != nil
        lines = options["max-lines"]?.last.flatMap(Quantity.count)
        if let text = options["recstart"]?.last {
            start = ExecOptions.unescaped(text.bytes)
            end = []
        }
        if let text = options["recend"]?.last { end = ExecOptions.unescaped(text.bytes) }
        dropsSeparators = options["remove-rec-sep"] != nil
        if let text = options["header"]?.last { headingLines = Int(text) ?? 1 }
    }
}
