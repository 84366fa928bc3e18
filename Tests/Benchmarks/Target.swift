/// What a row is to reach.
enum Target {
    /// Its median is at most this many times the peer's.
    case atMost(Double, times: String)
    /// Its median is at least this many times shorter than the peer's.
    case faster(Double, than: String)
    /// Its median is at most this.
    case under(Double)
    /// Its 99th percentile is at most this. Where the peer's isn't either, the machine is too busy to tell.
    case tailUnder(Double, unlessMissedBy: String)
    /// Its median is at least this.
    case over(Double)

    var peer: String? {
        switch self {
        case .atMost(_, let peer), .faster(_, let peer): peer
        case .under, .tailUnder, .over: nil
        }
    }

    var bound: Double {
        switch self {
        case .atMost(let bound, _), .faster(let bound, _), .under(let bound), .over(let bound):
            bound
        case .tailUnder(let bound, _): bound
        }
    }

    /// Its name in JSON.
    var kind: String {
        switch self {
        case .atMost: "at most, times the peer"
        case .faster: "at least, peer over par"
        case .under: "at most"
        case .tailUnder: "p99 at most"
        case .over: "at least"
        }
    }

    private var isUpper: Bool {
        switch self {
        case .atMost, .under, .tailUnder: true
        case .faster, .over: false
        }
    }

    /// Judges a row by its rounds; nil without figures.
    func judge(_ row: Row) -> Judgement? {
        let own = row.contestants[0]
        let figure: Figure
        var share = 0.5
        switch self {
        case .atMost(_, let peer):
            figure = Figure(row.ratios(to: peer))
        case .faster(_, let peer):
            figure = Figure(row.ratios(to: peer).map { 1 / $0 })
        case .under, .over:
            figure = Figure(own.rounds.map(\.median))
        case .tailUnder:
            figure = own.all
            share = 0.99
        }
        if figure.sorted.isEmpty { return nil }
        let interval = figure.interval(of: share)
        let isUnclear = own.rounds.count < Self.leastRounds || isMachineBusy(row)
        return Judgement(
            value: figure.quantile(share), interval: interval, verdict: isUnclear ? .unclear : verdict(interval))
    }

    private func isMachineBusy(_ row: Row) -> Bool {
        guard case .tailUnder(let bound, let name) = self, let peer = row.contestants.first(where: { $0.name == name })
        else { return false }
        return peer.all.p99 > bound
    }

    /// With fewer rounds, not even their whole range has the median within it nine times out of ten.
    private static let leastRounds = 5

    private func verdict(_ interval: ClosedRange<Double>) -> Judgement.Verdict {
        let isMet = isUpper ? interval.upperBound <= bound : interval.lowerBound >= bound
        let isMissed = isUpper ? interval.lowerBound > bound : interval.upperBound < bound
        return isMet ? .met : isMissed ? .missed : .unclear
    }
}

/// What a target was compared with, and how that came out.
struct Judgement {
    let value: Double
    let interval: ClosedRange<Double>
    let verdict: Verdict

    enum Verdict: String, Codable {
        case met
        case missed
        case unclear = "can't tell"
    }
}
