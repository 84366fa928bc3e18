/// One thing that is measured, and all who do it: the pools first.
final class Row {
    /// What its figures are.
    enum Unit: String, Codable {
        case nanoseconds
        case bytes
        /// A share of 1.
        case share
    }

    let title: String
    let unit: Unit
    let targets: [Target]
    private(set) var contestants: [Contestant]

    init(_ title: String, unit: Unit = .nanoseconds, targets: [Target], _ contestants: [Contestant]) {
        self.title = title
        self.unit = unit
        self.targets = targets
        self.contestants = contestants
    }

    /// Has every contestant measured once, every other round in the opposite order.
    func measure(round: Int) throws {
        let order = Array(contestants.indices)
        for index in round.isMultiple(of: 2) ? order : order.reversed() {
            let samples = try contestants[index].measure()
            if !samples.isEmpty { contestants[index].rounds.append(Figure(samples)) }
        }
    }

    /// The pools' median over the peer's, round by round; empty where the peer is not there.
    func ratios(to name: String) -> [Double] {
        guard let peer = contestants.first(where: { $0.name == name }) else { return [] }
        return zip(contestants[0].rounds, peer.rounds).map { $0.median / $1.median }
    }
}

/// One who does what a row measures.
struct Contestant {
    let name: String
    /// Measures some samples; none where it is not there.
    let measure: () throws -> [Double]
    var rounds: [Figure] = []

    init(_ name: String, _ measure: @escaping () throws -> [Double]) {
        self.name = name
        self.measure = measure
    }

    /// The same under another name.
    func named(_ name: String) -> Contestant { Contestant(name, measure) }

    /// The samples of all rounds.
    var all: Figure { Figure(rounds.flatMap(\.sorted)) }
    /// The median round's.
    var median: Double { Figure(rounds.map(\.median)).median }
}
