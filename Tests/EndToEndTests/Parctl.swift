import Control
import Foundation
import Testing

/// A parctl that has been started.
struct Parctl {
    let process: Child

    init(process: Child) {
        self.process = process
    }

    /// - Parameters:
    ///   - line: the command line as one would type it, without the program's name.
    ///   - variables: what its environment has beside the usual.
    init(_ line: String, in fixture: Fixture, variables: [String: String] = [:], isHeard: Bool = true) throws {
        process = try Child(
            Program.parctl.path, line.split(separator: " ").map(String.init),
            environment: fixture.environment(variables), isHeard: isHeard)
    }

    /// - Parameters:
    ///   - words: the command line's words, without the program's name.
    ///   - input: the file that it reads.
    init(words: [String], in fixture: Fixture, input: String = "/dev/null", variables: [String: String] = [:]) throws {
        // In the test's own folder.
        process = try Child(
            "/usr/bin/env", ["-C", fixture.folder, Program.parctl.path] + words,
            environment: fixture.environment(variables), input: input)
    }

    /// What it came to.
    struct Outcome {
        /// Its exit status; nil when a signal ended it.
        let status: Int32?
        let data: Data
        let errors: String

        var output: String { String(decoding: data, as: UTF8.self) }

        /// The JSON document that it printed.
        func decoded<Value: Decodable>(as: Value.Type = Value.self) throws -> Value {
            try JSONDecoder().decode(Value.self, from: data)
        }

        /// The JSON document that it printed, key by key.
        func object() throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        }

        var receipt: Receipt { get throws { try decoded() } }

        var records: [Record] {
            get throws {
                struct Document: Decodable { var records: [Record] }
                return try decoded(as: Document.self).records
            }
        }
    }

    /// Waits for its end.
    func outcome() throws -> Outcome {
        let end = try #require(process.end(), "parctl did not end")
        try #require(process.output.isOver(within: 10) && process.errors.isOver(within: 10), "parctl's pipes are held")
        let status: Int32? = if case .exit(let status) = end { status } else { nil }
        return Outcome(status: status, data: process.output.data, errors: process.errors.text)
    }
}

extension Daemon {
    /// Starts `parctl --socket SOCKET` with this line.
    func start(_ line: String) throws -> Parctl {
        try Parctl("--socket \(socket) \(line)", in: fixture)
    }

    /// Runs `parctl --socket SOCKET` with this line to its end.
    func parctl(_ line: String) throws -> Parctl.Outcome {
        try start(line).outcome()
    }

    /// Runs `parctl run exec` with these words, in the test's folder, to its end.
    ///
    /// - Parameter text: what it reads from standard input.
    func exec(_ words: [String], reading text: String? = nil, variables: [String: String] = [:]) throws
        -> Parctl.Outcome
    {
        let input = fixture.temporary + "/input"
        if let text { try Data(text.utf8).write(to: URL(fileURLWithPath: input)) }
        defer { try? FileManager.default.removeItem(atPath: input) }
        return try Parctl(
            words: ["--socket", socket, "run", "exec"] + words, in: fixture, input: text == nil ? "/dev/null" : input,
            variables: variables
        ).outcome()
    }

    /// Runs `parctl run` with this line and `--json`, expects that all went well, and returns the receipt.
    func receipt(_ line: String) throws -> Receipt {
        let outcome = try parctl("run \(line) --json")
        try #require(outcome.status == 0, "run \(line): \(outcome.errors)")
        return try outcome.receipt
    }
}
