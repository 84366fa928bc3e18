import Catalogue
import Control
import Report

/// The words of a command line that belong to a workload: which one, its options, and what its tasks are given.
struct RunWords: Equatable {
    private(set) var definition: Definition
    /// The command that tells more of it.
    let help: String
    /// The options for the daemon, as typed, except that paths are absolute.
    private(set) var arguments: [String: String] = [:]
    /// The same as they were typed.
    private(set) var typed: [String: String] = [:]
    /// The options that this program sees to, likewise, each as often as it was given; a flag is `true`.
    private(set) var client = ClientOptions()
    /// What follows the options: commands, arguments, addresses.
    private(set) var operands: [String] = []

    init(definition: Definition, help: String) {
        self.definition = definition
        self.help = help
    }

    /// A fault in these words.
    func fault(_ text: String) -> CommandError { .usage("\(definition.name): \(text)", help: help) }

    /// The option that is typed as `word`. Where this program's own table doesn't have it, the daemon's definition counts.
    mutating func option(typed word: Substring, _ offer: WorkloadOffer) throws(CommandError) -> Option? {
        if let option = definition.option(typed: word) { return option }
        guard let newer = try offer.daemons(definition.name), let option = newer.option(typed: word) else { return nil }
        definition = newer
        return option
    }

    /// Takes a word that is no option, and for a command all that follow it.
    mutating func take(_ word: String, _ words: inout ArraySlice<String>) throws(CommandError) {
        switch definition.input {
        case .command:
            operands = (word == "--" ? [] : [word]) + words
            words = []
        case .bytes where word == "--" || word == ":::", .argument where word == "--" || word == ":::":
            operands += (words.first == ":::" ? [] : [":::"]) + words
            words = []
        case .bytes, .argument: operands.append(word)
        case .url, .request, .item: if word != "--" { operands.append(word) }
        case nil: if word != "--" { throw fault("unexpected '\(word)'") }
        }
    }

    /// Takes an option with its value: `given` behind a `=`, or the next word.
    mutating func take(
        _ option: Option, _ given: String?, _ words: inout ArraySlice<String>, in directory: String
    ) throws(CommandError) {
        var value = given
        if value == nil, option.kind == .flag { value = "true" }
        if value == nil, let next = words.first, !next.hasPrefix("--") {
            words.removeFirst()
            value = next
        }
        guard var value else { throw fault("--\(option.name) needs a value: \(option.expected)") }
        let original = value
        // By bytes: an accent behind the slash is one character with it.
        if option.kind == .path, !value.isEmpty, value != "-", value.utf8.first != UInt8(ascii: "/") {
            value = directory + "/" + value
        }
        if definition.options.contains(option) {
            arguments[option.name] = value
            typed[option.name] = original
        } else {
            guard Self.isValue(value, of: option) else {
                // What a header holds may be a secret.
                let given =
                    option.name == "header" && definition.input == .request ? "" : ", not '\(value.prefix(200))'"
                throw fault("--\(option.name) takes \(option.expected)\(given)")
            }
            client[option.name] = option.kind == .flag && value == "false" ? nil : (client[option.name] ?? []) + [value]
        }
    }

    /// Whether an option that this program sees to can have `value`.
    private static func isValue(_ value: String, of option: Option) -> Bool {
        switch option.kind {
        case .path, .text: option.range.contains(value.utf8.count) && !value.utf8.contains(0)
        default: option.number(value) != nil
        }
    }

    /// `receipt` with what was typed in the place of all options and their defaults: for texts and pictures.
    func repeated(in receipt: Receipt) -> Receipt {
        var options = typed
        // It stands among the options of every run, and is a task's where the workload has one.
        if let timeout = receipt.arguments["timeout"], timeout != definition.option(typed: "--timeout")?.value {
            options["timeout"] = timeout
        }
        return receipt.repeating(options: options, input: definition.input == .command ? commandLine : nil)
    }

    /// A command with its arguments as typed but for users and passwords in URLs, as far as they have room on a line.
    private var commandLine: String {
        var line = ""
        for (index, word) in operands.enumerated() {
            let next = (line.isEmpty ? "" : " ") + Self.shown(Secrets.hidden(in: word))
            guard line.count + next.count <= Self.lineColumns || index == 0 else { return line + " …" }
            line += next
        }
        return line
    }

    private static let lineColumns = 60

    /// A word as it would be typed. A shell leaves braces alone where there is nothing to choose from between them.
    private static func shown(_ word: String) -> String {
        let inner = word.unicodeScalars.filter { $0 != "{" && $0 != "}" }
        let isRange = zip(inner, inner.dropFirst()).contains { $0 == "." && $1 == "." }
        let isPlain = !word.isEmpty && !inner.contains(",") && !isRange
        let text = String(String.UnicodeScalarView(inner))
        return isPlain && (text.isEmpty || ShellWord.quoted(text) == text) ? word : ShellWord.quoted(word)
    }

    /// Checks the options for the daemon.
    func check() throws(CommandError) {
        do {
            _ = try Arguments(arguments, for: definition)
        } catch {
            throw fault("--\(error.option) takes \(error.expected), not '\(error.value)'")
        }
    }
}

/// The options that this program sees to, by name, each with its values as often as it was given.
///
/// There are a few of them, so that a list does; a Dictionary takes longer to set up than all the rest of a command line.
struct ClientOptions: Equatable, ExpressibleByDictionaryLiteral {
    private var options: [Option] = []

    private struct Option: Equatable {
        let name: String
        var values: [String]
    }

    init(dictionaryLiteral elements: (String, [String])...) {
        for (name, values) in elements { self[name] = values }
    }

    /// Their names, in the order in which they were given.
    var names: [String] { options.map(\.name) }

    /// The values of an option; nil where it was not given.
    subscript(name: String) -> [String]? {
        get { options.first { $0.name == name }?.values }
        set {
            let place = options.firstIndex { $0.name == name }
            switch (place, newValue) {
            case (let place?, let values?): options[place].values = values
            case (let place?, nil): options.remove(at: place)
            case (nil, let values?): options.append(Option(name: name, values: values))
            case (nil, nil): break
            }
        }
    }
}
