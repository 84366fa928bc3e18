import Catalogue

/// A command that is run again and again, as the short way from the command line finds it.
///
/// The argument parser takes several milliseconds to set itself up. Here a plain, well-formed line of a hot command becomes
/// the very values that the parser would make of it. Whatever is not surely such a line goes to the parser, which knows what
/// to say: help, completions, faults of every kind.
enum HotLine: Equatable {
    case query(Query)
    case cancel(job: String, Service)
    case run(RunInvocation)

    /// Reads `words`, without the program's name and as ``CommandWords/prepared(_:)`` leaves them; nil where only the parser
    /// can tell.
    init?(_ words: [String]) {
        var reader = Reader(words)
        guard let line = try? reader.line() else { return nil }
        self = line
    }

    func run() throws {
        switch self {
        case .query(let query): try query.run()
        case .cancel(let job, let service): try CancelCommand.cancel(job, service)
        case .run(let invocation): try invocation.run()
        }
    }
}

/// Where only the parser can tell.
private struct Unsure: Error {}

private struct Reader {
    private var words: ArraySlice<String>
    private var service = Service()

    init(_ words: [String]) {
        self.words = words[...]
    }

    mutating func line() throws -> HotLine {
        let count = words.count
        while let word = words.first, Self.isOption(word) {
            guard try takeService() else { throw Unsure() }
        }
        // Those of every command stand in front of its name or behind it, not on both sides.
        let takesService = words.count == count
        switch words.popFirst() {
        case "run": return .run(try run(takesService))
        case "ping": return .query(try query(.ping, takesService))
        case "status": return .query(try query(.status, takesService))
        case "pools": return .query(try query(.pools, takesService))
        case "jobs": return .query(try query(.jobs, takesService))
        case "cancel": return try cancel()
        default: throw Unsure()
        }
    }

    private mutating func query(_ subject: Query.Subject, _ takesService: Bool) throws -> Query {
        var query = Query(subject: subject)
        while !words.isEmpty {
            if try take(Query.words, into: &query) { continue }
            guard takesService, try takeService() else { throw Unsure() }
        }
        query.service = service
        return query
    }

    private mutating func cancel() throws -> HotLine {
        guard words.count == 1, let job = words.first, !Self.isOption(job) else { throw Unsure() }
        return .cancel(job: job, service)
    }

    private mutating func run(_ takesService: Bool) throws -> RunInvocation {
        var run = RunInvocation()
        var definition: Definition?
        while let word = words.first, word != "--" {
            if !Self.isOption(word) {
                // The first one names the workload.
                if definition == nil { definition = Catalogue.definition(named: word) }
                guard definition != nil else { throw Unsure() }
            } else if try take(RunInvocation.words, into: &run) {
                continue
            } else if takesService, try takeService() {
                continue
            } else {
                // One of the workload's own; behind a letter, the parser could look for more letters or a value.
                let name = word.prefix { $0 != "=" }
                guard definition?.option(typed: name) != nil, Self.isLong(word) || name == word else { throw Unsure() }
            }
            run.words.append(word)
            words.removeFirst()
        }
        guard definition != nil else { throw Unsure() }
        run.words += words
        run.service = service
        return run
    }

    /// Takes an option that every command has.
    private mutating func takeService() throws -> Bool {
        var values = service
        defer { service = values }
        return try take(Service.words, into: &values)
    }

    /// Takes the option that comes next, and its value. False where it is none of `options`.
    private mutating func take<Values>(_ options: [OptionWord<Values>], into values: inout Values) throws -> Bool {
        guard let word = words.first, Self.isLong(word) else { return false }
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let option = options.first(where: { $0.name == parts[0] }) else { return false }
        words.removeFirst()
        if option.isFlag {
            guard parts.count == 1 else { throw Unsure() }
            try option.put(&values, "")
        } else if parts.count == 2 {
            guard !parts[1].isEmpty else { throw Unsure() }
            try option.put(&values, String(parts[1]))
        } else {
            guard let value = words.popFirst(), !Self.isOption(value) else { throw Unsure() }
            try option.put(&values, value)
        }
        return true
    }

    /// Whether the parser takes `word` for an option.
    private static func isOption(_ word: String) -> Bool {
        word.utf8.first == UInt8(ascii: "-") && word.utf8.count > 1
    }

    private static func isLong(_ word: String) -> Bool { word.utf8.starts(with: "--".utf8) }
}
