import Catalogue
import Varlink

/// What tasks of `parctl run download` and `parctl run api` are given: URLs, bodies and headers, checked before anything
/// is sent.
struct WebPlan {
    /// For each task of `download` a URL; for one of `api` a URL, a body, which is empty for none, and headers.
    let inputs: [[String]]

    /// Reads everything that there is to read; nil for a workload whose tasks are given no URLs.
    ///
    /// - Parameter tasks: how often a single input is used; once if nil.
    init?(_ words: RunWords, tasks: Int?) throws(Failure) {
        guard words.entry.input == .url else { return nil }
        let name = words.entry.name
        func fault(_ text: String) -> Failure { .usage("\(name): \(text)", help: "parctl run \(name) --help") }
        let given = words.operands.filter { $0 != "-" }
        let paths = [words.client["from"]].compactMap(\.self) + words.operands.filter { $0 == "-" }
        var lines: [String] = []
        for path in paths { lines += try Self.lines(of: path) }
        let isAPI = words.entry.id == .api
        guard let first = given.first ?? (isAPI ? nil : lines.first) else {
            throw fault(isAPI ? "which URL?" : "which URLs? Give some, or a file of them with --from")
        }
        var inputs = (given + lines).map { [$0] }
        if isAPI {
            let bodies = given.dropFirst() + lines
            for body in bodies {
                if let reason = JSON.fault(in: Array(body.utf8)) {
                    throw fault("'\(body.prefix(200))' is no JSON: \(reason)")
                }
            }
            let headers = words.client["header"]?.split(separator: "\n").map(String.init) ?? []
            if let header = headers.first(where: { !WebAddress.isHeader($0) }) {
                throw fault("--header takes 'Name: value', not '\(header)'")
            }
            let all = headers + Self.usualHeaders(besides: headers, hasBody: !bodies.isEmpty)
            inputs = (bodies.isEmpty ? [""] : bodies).map { [first, $0] + all }
        }
        for url in inputs.map({ $0[0] }) {
            if let reason = WebAddress.fault(in: url) { throw fault("'\(url.prefix(200))' \(reason)") }
        }
        if let tasks, inputs.count == 1 { inputs = Array(repeating: inputs[0], count: tasks) }
        self.inputs = inputs
    }

    /// What JSON is sent and asked for with, unless `given` says otherwise.
    private static func usualHeaders(besides given: [String], hasBody: Bool) -> [String] {
        func name(_ header: String) -> String { header.prefix { $0 != ":" }.lowercased() }
        let usual = (hasBody ? ["Content-Type: application/json"] : []) + ["Accept: application/json"]
        return usual.filter { header in !given.contains { name($0) == name(header) } }
    }

    /// The lines of a file, without empty ones, and whatever ends lines there.
    private static func lines(of path: String) throws(Failure) -> [String] {
        let lines = try ArgumentList.read(path, end: UInt8(ascii: "\n"))
        return lines.map { $0.utf8.last == UInt8(ascii: "\r") ? String($0.dropLast()) : $0 }.filter { !$0.isEmpty }
    }
}
