import Bytes
import Control
import Glibc
import Linux

/// A line of `parctl python`: options of its own, and then what `python3` would be given.
///
/// No parser sees it: that would take longer than most scripts.
struct PythonLine {
    var service = Service()
    var preload: [String] = []
    /// The interpreter as it was given.
    var python: String?
    var why = false
    /// The modules that are to be kept loaded; nil where a script is to be run.
    var warm: [String]?
    /// What the interpreter is given.
    var words: [String] = []
    var kind = Script.Kind.input
    var script = ""
    /// How many words at the end are the script's own.
    var arguments = 0
    var unbuffered = false
    /// Why the interpreter itself has to do it; nil where nothing in the line says so.
    var coldReason: String?

    /// Reads `words`, which have no program's name. Nil where they are another command's, ask for help, or are wrong: the parser
    /// says then what there is to say.
    init?(_ words: [String]) {
        var rest = words[...]
        while let word = rest.first, word.hasPrefix("--") {
            guard let taken = Self.take(Service.words, &rest, &service), taken else { return nil }
        }
        guard rest.popFirst() == PythonCommand.name, read(rest) else { return nil }
        if warm != nil, !self.words.isEmpty || !preload.isEmpty { return nil }
    }

    private mutating func read(_ given: ArraySlice<String>) -> Bool {
        var rest = given
        while let word = rest.first {
            if word == "-" || word.utf8.first != UInt8(ascii: "-") {
                // `-` is what standard input has.
                (kind, script) = word == "-" ? (.input, "") : (.file, word)
                words += rest
                arguments = rest.count - 1
                return true
            }
            if !word.hasPrefix("--") {
                rest.removeFirst()
                words.append(word)
                switch letters(word, &rest) {
                case .goOn: continue
                case .isScript:
                    words += rest
                    arguments = rest.count
                    return true
                case .isForeign(let option):
                    coldReason = "\(option) is the interpreter's own option"
                    words += rest
                    return true
                }
            }
            if Self.foreign.contains(where: { word == $0 || word.hasPrefix($0 + "=") }) {
                coldReason = "\(word) is the interpreter's own option"
                words += rest
                return true
            }
            guard let taken = Self.take(Self.own, &rest, &self) else { return false }
            if taken { continue }
            guard let taken = Self.take(Service.words, &rest, &service), taken else { return false }
        }
        return true
    }

    private enum Letters {
        case goOn
        /// The script is known; the rest is its own.
        case isScript
        case isForeign(String)
    }

    /// Reads letters behind one dash, such as `-uc`.
    private mutating func letters(_ word: String, _ rest: inout ArraySlice<String>) -> Letters {
        let letters = Array(word.utf8.dropFirst())
        for (place, letter) in letters.enumerated() {
            switch letter {
            case UInt8(ascii: "u"): unbuffered = true
            case UInt8(ascii: "c"), UInt8(ascii: "m"):
                kind = letter == UInt8(ascii: "c") ? .command : .module
                if place + 1 < letters.count {
                    script = String(decoding: letters[(place + 1)...], as: UTF8.self)
                } else if let next = rest.popFirst() {
                    script = next
                    words.append(next)
                } else {
                    return .isForeign(word)
                }
                return .isScript
            default: return .isForeign("-" + String(UnicodeScalar(letter)))
            }
        }
        return .goOn
    }

    /// Long options of the interpreter's. `--` is one.
    private static let foreign = [
        "--", "--version", "--check-hash-based-pycs", "--help-all", "--help-env", "--help-xoptions",
    ]

    /// How its own options are spelled, but for those of every command.
    static let own: [OptionWord<PythonLine>] = [
        .value("preload") { $0.preload += $1.split(separator: ",").map(String.init) },
        .value("python") { $0.python = $1 },
        .flag("why") { $0.why = true },
        .value("warm") { $0.warm = ($0.warm ?? []) + $1.split(separator: ",").map(String.init) },
    ]

    /// Takes the option that comes next, and its value. False where it is none of `options`, nil where it is a wrong one.
    private static func take<Values>(
        _ options: [OptionWord<Values>], _ rest: inout ArraySlice<String>, _ values: inout Values
    ) -> Bool? {
        guard let word = rest.first else { return false }
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let option = options.first(where: { $0.name == parts[0] }) else { return false }
        rest.removeFirst()
        let value: String
        if option.isFlag {
            guard parts.count == 1 else { return nil }
            value = ""
        } else if parts.count == 2 {
            value = String(parts[1])
        } else {
            guard let next = rest.popFirst() else { return nil }
            value = next
        }
        guard (try? option.put(&values, value)) != nil, option.isFlag || !value.isEmpty else { return nil }
        return true
    }

    /// Runs it. Returns what this process is to end with; ends otherwise by the signal that ended the script, or goes on as the
    /// interpreter.
    func run() throws -> Int32 {
        if let warm {
            try keep(warm)
            return 0
        }
        let cold = try ColdPython(self)
        if let reason = coldReason ?? cold.reason(for: self) { try cold.begin(because: reason) }
        return try ScriptClient(self, cold).run()
    }

    /// Has the daemon keep an interpreter.
    private func keep(_ modules: [String]) throws {
        let interpreter = try ColdPython(self).interpreter
        let request = KeepInterpreter.Request(
            python: interpreter, preload: modules, root: root(of: modules), context: try .ofThisProcess())
        // Loading may take a minute.
        var connection = try service.connect(patience: .seconds(90))
        let reply = try connection.call(KeepInterpreter.method, request, as: KeepInterpreter.Reply.self)
        let style = service.style
        try StandardOutput.write(
            "\(style.clean(reply.pool)) is warm, and stays so: 'parctl pools resize \(style.clean(reply.pool)) 0' ends that\n"
        )
    }

    /// Where modules are looked for beside the interpreter's own places, as one of them is there; nil where none is.
    func root(of modules: [String]) -> String? {
        let places = (Environment.value("PYTHONPATH") ?? "/").split(separator: ":", omittingEmptySubsequences: false)
        // Such a path means something else everywhere.
        if places.contains(where: { $0.utf8.first != UInt8(ascii: "/") }) { return Environment.directory }
        if modules.isEmpty { return nil }
        let place = kind == .file ? Self.folder(of: script) : Environment.directory
        let isThere = modules.contains { module in
            let top = module.prefix { $0 != "." }
            return access("\(place)/\(top).py".cBytes, F_OK) == 0 || access("\(place)/\(top)".cBytes, F_OK) == 0
        }
        return isThere ? place : nil
    }

    /// The folder of a script, or the script itself where it is one.
    private static func folder(of script: String) -> String {
        guard let real = realpath(script.cBytes, nil) else { return Environment.directory }
        defer { free(real) }
        let path = String(cBytes: real)
        var status = stat()
        if stat(real, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return path }
        return path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "/"
    }
}
