import Bytes
import Catalogue
import Linux
import Varlink

/// What tasks are given as words, as lines of files and as lines of standard input: items, addresses, or bodies for one
/// address.
struct ListedInputs: Equatable {
    let inputs: [[String]]

    /// Reads everything that there is to read, and checks it.
    init(_ words: RunWords) throws(CommandError) {
        var list = ArgumentList()
        for path in (words.client["from"] ?? []) + words.operands.filter({ $0 == "-" }) {
            try list.read(path, end: UInt8(ascii: "\n"), longest: CallSize.limit)
        }
        // Whatever ends lines there, and without empty ones.
        let lines = list.arguments.map(\.text).map { $0.utf8.last == UInt8(ascii: "\r") ? String($0.dropLast()) : $0 }
            .filter { !$0.isEmpty }
        let operands = words.operands.filter { $0 != "-" }
        switch words.definition.input {
        case .request: inputs = try Self.requests(operands, lines, words)
        case .url: inputs = (operands + lines).map { [$0] }
        case .item, .bytes, .argument, .command, nil:
            inputs = (operands + lines).map { [$0] }
            if inputs.isEmpty { throw words.fault("which items? Give some, or --from FILE") }
            return
        }
        if inputs.isEmpty { throw words.fault("which URLs? Give some, or --from FILE") }
        if let (url, fault) = WebAddress.fault(inAllOf: inputs.lazy.map { $0[0] }) {
            throw words.fault("'\(Secrets.hidden(inAddress: url).prefix(200))' \(fault)")
        }
    }

    /// An address, a body and headers for each task.
    private static func requests(
        _ operands: [String], _ lines: [String], _ words: RunWords
    ) throws(CommandError) -> [[String]] {
        guard let first = operands.first else { throw words.fault("which URL?") }
        guard let url = try first.first == "@" ? Self.lines(ofFile: first).first : first else {
            throw words.fault("'\(first)' is a file without a URL in it")
        }
        if first.first == "@", let fault = WebAddress.fault(in: url) {
            throw words.fault("the URL in the file '\(first.dropFirst())' \(fault)")
        }
        let bodies =
            try operands.dropFirst().map { word throws(CommandError) in
                word.first == "@" ? String(bytes: try Self.contents(ofFile: word)) : word
            } + lines
        for (place, body) in bodies.enumerated() { try check(json: body, place + 1, words) }
        var given: [String] = []
        for header in words.client["header"] ?? [] {
            if header.first == "@" { given += try Self.lines(ofFile: header) } else { given.append(header) }
        }
        // What it holds may be a secret.
        for (place, header) in given.enumerated() where !WebAddress.isHeader(header) {
            throw words.fault(
                "--header takes 'Name: value', or '@' and a file of such lines; header \(place + 1) is none")
        }
        let headers = given + defaultHeaders(besides: given, hasBody: !bodies.isEmpty)
        return (bodies.isEmpty ? [""] : bodies).map { [url, $0] + headers }
    }

    /// What JSON is sent and asked for with.
    private static func defaultHeaders(besides given: [String], hasBody: Bool) -> [String] {
        let names = Set(given.map { $0.prefix { $0 != ":" }.lowercased() })
        let usual = (hasBody ? ["Content-Type: application/json"] : []) + ["Accept: application/json"]
        return usual.filter { !names.contains($0.prefix { $0 != ":" }.lowercased()) }
    }

    private static func check(json body: String, _ number: Int, _ words: RunWords) throws(CommandError) {
        if let fault = JSON.fault(in: body.bytes) { throw words.fault("body \(number) is not JSON: \(fault)") }
    }

    /// The lines of the file that `word` names behind its `@`, without empty ones.
    private static func lines(ofFile word: String) throws(CommandError) -> [String] {
        try contents(ofFile: word).split(separator: UInt8(ascii: "\n"))
            .map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }.filter { !$0.isEmpty }
            .map { String(bytes: $0) }
    }

    /// What stands in the file that `word` names behind its `@`: what nobody is to read in a list of processes.
    private static func contents(ofFile word: String) throws(CommandError) -> [UInt8] {
        let path = String(word.dropFirst())
        do throws(SystemError) {
            return try readFile(path == "-" ? "/dev/stdin" : path, atMost: CallSize.limit)
        } catch {
            throw .input(path: path, reason: SystemFault.text(error.errno.rawValue))
        }
    }
}
