import Catalogue
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
            throw words.fault("'\(url.prefix(200))' \(fault)")
        }
    }

    /// An address, a body and headers for each task.
    private static func requests(
        _ operands: [String], _ lines: [String], _ words: RunWords
    ) throws(CommandError) -> [[String]] {
        guard let url = operands.first else { throw words.fault("which URL?") }
        let bodies = operands.dropFirst() + lines
        for body in bodies { try check(json: body, words) }
        let given = words.client["header"] ?? []
        for header in given where !WebAddress.isHeader(header) {
            throw words.fault("--header takes 'Name: value', not '\(header)'")
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

    private static func check(json body: String, _ words: RunWords) throws(CommandError) {
        if let fault = JSON.fault(in: Array(body.utf8)) {
            throw words.fault("'\(body.prefix(200))' is not JSON: \(fault)")
        }
    }
}
