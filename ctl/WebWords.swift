import Catalogue
import Glibc
import Varlink

/// The words of `parctl run download` and `parctl run api` that say what each task is given: URLs and bodies, on the
/// command line or from a file.
struct WebWords: Equatable {
    /// What is left: the workload and its own options.
    private(set) var rest: [String] = []
    /// URLs and bodies as typed.
    private var operands: [String] = []
    /// A file of them, one a line; `-` is standard input.
    private var file: String?
    private var headers: [String] = []

    /// Takes apart `words`; nil where the workload that they begin with is given no addresses.
    init?(_ words: [String]) throws(Failure) {
        let words = words.filter { $0 != "--" }
        guard let entry = words.first.flatMap({ Catalogue.entry(named: $0) }), entry.input == .url else { return nil }
        try self.init(words, of: entry)
    }

    private init(_ words: [String], of entry: Entry) throws(Failure) {
        let help = "parctl run \(entry.name) --help"
        var words = words[...]
        if let name = words.popFirst() { rest.append(name) }
        while let word = words.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            switch parts.first {
            case let name? where name == "--from" || (name == "--header" && entry.id == .api):
                guard let value = parts.count == 2 ? parts[1] : words.popFirst() else {
                    throw .usage("\(entry.name): \(word) needs a value", help: help)
                }
                if name == "--from" { file = value } else { headers.append(value) }
            case let name? where name.hasPrefix("--") && name != "--":
                rest.append(word)
                let takesValue = entry.options.contains { "--\($0.name)" == name && $0.kind != .flag }
                if takesValue, parts.count == 1, let value = words.popFirst() { rest.append(value) }
            case "-": file = "-"
            default: operands.append(word)
            }
        }
        for header in headers where !WebAddress.isHeader(header) {
            throw .usage("\(entry.name): --header takes 'Name: value', not '\(header)'", help: help)
        }
    }

    /// What each task is given, read and checked. Of one input, as many copies as `tasks` says.
    func inputs(of entry: Entry, tasks: Int?) throws(Failure) -> [[String]] {
        let help = "parctl run \(entry.name) --help"
        let lines = try file.map { path throws(Failure) in try Self.lines(of: path) } ?? []
        var inputs: [[String]]
        if entry.id == .api {
            guard let url = operands.first else { throw .usage("api: which URL?", help: help) }
            let bodies = operands.dropFirst() + lines
            for body in bodies { try Self.check(json: body, help: help) }
            let headers = headers + Self.usualHeaders(besides: headers, hasBody: !bodies.isEmpty)
            inputs = (bodies.isEmpty ? [""] : bodies).map { [url, $0] + headers }
        } else {
            inputs = (operands + lines).map { [$0] }
            if inputs.isEmpty { throw .usage("download: which URLs? Give some, or --from FILE", help: help) }
        }
        for words in inputs {
            if let fault = WebAddress.fault(in: words[0]) {
                throw .usage("\(entry.name): '\(words[0].prefix(200))' \(fault)", help: help)
            }
        }
        if let tasks, inputs.count == 1 { inputs = Array(repeating: inputs[0], count: tasks) }
        return inputs
    }

    /// What JSON is sent and asked for with.
    private static func usualHeaders(besides given: [String], hasBody: Bool) -> [String] {
        let names = Set(given.map { $0.prefix { $0 != ":" }.lowercased() })
        let usual = (hasBody ? ["Content-Type: application/json"] : []) + ["Accept: application/json"]
        return usual.filter { !names.contains($0.prefix { $0 != ":" }.lowercased()) }
    }

    private static func check(json body: String, help: String) throws(Failure) {
        if let fault = JSON.fault(in: Array(body.utf8)) {
            throw .usage("api: '\(body.prefix(200))' is no JSON: \(fault)", help: help)
        }
    }

    /// The lines of a file, without empty ones.
    private static func lines(of path: String) throws(Failure) -> [String] {
        let file = path == "-" ? fdopen(dup(STDIN_FILENO), "r") : fopen(path, "re")
        guard let file else { throw .usage("\(path) can't be read: \(String(cString: strerror(errno)))") }
        defer { fclose(file) }
        var lines: [String] = []
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        while true {
            let count = getline(&line, &room, file)
            guard count >= 0, let line else { break }
            let bytes = UnsafeRawBufferPointer(start: line, count: count)
            let text = String(decoding: bytes.drop { $0 == 0x20 }.prefix { $0 != 0x0a && $0 != 0x0d }, as: UTF8.self)
            if !text.isEmpty { lines.append(text) }
        }
        guard ferror(file) == 0 else { throw .usage("\(path) can't be read: \(String(cString: strerror(errno)))") }
        return lines
    }
}
