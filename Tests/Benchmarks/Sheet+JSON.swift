import Foundation

extension Sheet {
    /// `pard.benchmarks/1`: times in nanoseconds, each figure with a value for each round.
    private struct Document: Encodable {
        struct Line: Encodable {
            let row: String
            let unit: Row.Unit
            let contestants: [Entry]
            let targets: [Outcome]
        }

        struct Entry: Encodable {
            let name: String
            let p50: Double
            let p99: Double
            let p50s: [Double]
        }

        struct Outcome: Encodable {
            let kind: String
            let peer: String?
            let bound: Double
            let value: Double?
            let from: Double?
            let to: Double?
            let verdict: Judgement.Verdict?
        }

        var schema = "pard.benchmarks/1"
        let machine: Machine
        let rounds: Int
        let rows: [Line]
    }

    func json() throws -> String {
        let lines = rows.map { row in
            Document.Line(
                row: row.title, unit: row.unit,
                contestants: row.contestants.filter { !$0.rounds.isEmpty }.map {
                    .init(name: $0.name, p50: $0.median, p99: $0.all.p99, p50s: $0.rounds.map(\.median))
                },
                targets: row.targets.map { target in
                    let judgement = target.judge(row)
                    return .init(
                        kind: target.kind, peer: target.peer, bound: target.bound, value: judgement?.value,
                        from: judgement?.interval.lowerBound, to: judgement?.interval.upperBound,
                        verdict: judgement?.verdict)
                })
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let document = Document(machine: machine, rounds: rounds, rows: lines)
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }
}
