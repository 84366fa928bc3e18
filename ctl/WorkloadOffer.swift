import Catalogue
import Control

/// The workloads that can be run: those of this program's own table, and those that only the daemon knows, which may be a
/// newer one. The daemon is asked when its word is needed, and once.
final class WorkloadOffer {
    private let ask: () -> [WorkloadDescription]?
    private(set) lazy var told: [WorkloadDescription]? = ask()

    /// How long a daemon may take to tell, which is nothing that a run waits for.
    static let patience = Duration.seconds(2)

    /// - Parameter ask: what the daemon tells; nil where none answers.
    init(_ ask: @escaping () -> [WorkloadDescription]?) {
        self.ask = ask
    }

    /// Asks the daemon that `service` finds; starts none.
    convenience init(_ service: Service, patience: Duration = WorkloadOffer.patience) {
        self.init {
            // Whatever is wrong with the daemon, this program's own table does.
            try? service.call(ListWorkloads.method, patience: patience, as: ListWorkloads.Reply.self).workloads
        }
    }

    /// This program's own table alone.
    static var own: WorkloadOffer { WorkloadOffer { nil } }

    /// The workload called `name`, of which this program's own table speaks first.
    func definition(named name: String) throws(CommandError) -> Definition {
        if let own = Catalogue.definition(named: name) { return own }
        if let daemons = try daemons(name) { return daemons }
        throw unknown(name)
    }

    /// The workload called `name`, of which the daemon speaks first.
    func definition(preferringDaemon name: String) throws(CommandError) -> Definition {
        if let daemons = try daemons(name) { return daemons }
        if let own = Catalogue.definition(named: name), told == nil { return own }
        throw unknown(name)
    }

    /// What the daemon tells of the workload called `name`; nil where it tells nothing.
    func daemons(_ name: String) throws(CommandError) -> Definition? {
        guard let description = told?.first(where: { $0.name == name }) else { return nil }
        do {
            return try Definition(description)
        } catch {
            throw .usage(
                "the daemon's workload '\(name)' gives its tasks a kind of input that this parctl doesn't know "
                    + "('\(error.name)'): use the parctl that came with the daemon", help: "parctl workloads")
        }
    }

    private func unknown(_ name: String) -> CommandError {
        let names = told?.map(\.name) ?? Catalogue.all.map(\.name)
        let hint = Suggestion.nearest(to: name, in: names).map { "did you mean '\($0)'?" }
        return .usage(
            "there is no workload '\(name)': \(hint ?? "there are " + names.joined(separator: ", "))",
            help: "parctl workloads")
    }
}

/// What somebody who typed a wrong word may have meant.
enum Suggestion {
    /// The one of `words` that is at most two letters away from `word`, and less than half of it; nil if there is none.
    static func nearest(to word: String, in words: [String]) -> String? {
        let near = words.map { (word: $0, distance: distance(word, $0)) }.min { $0.distance < $1.distance }
        guard let near, near.distance <= 2, near.distance * 2 < near.word.count else { return nil }
        return near.word
    }

    /// How many letters must be put in, left out or exchanged to make one word the other (Levenshtein).
    static func distance(_ one: String, _ other: String) -> Int {
        let other = Array(other)
        var row = Array(0...other.count)
        for (i, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, otherLetter) in other.enumerated() {
                let exchanged = diagonal + (letter == otherLetter ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(exchanged, diagonal + 1, row[j] + 1)
            }
        }
        return row[other.count]
    }
}
