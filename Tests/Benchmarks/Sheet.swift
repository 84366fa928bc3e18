import Report

/// All rows with their verdicts.
struct Sheet {
    let rows: [Row]
    let machine: Machine
    let rounds: Int

    /// A table for people.
    func text() -> String {
        var table = Table([
            .left("row"), .right("par p50"), .right("p99"), .left("beside it"), .right("p50"), .right("p99"),
            .right("ratio"), .left("90 %"), .right("target"), .left("verdict"),
        ])
        for row in rows { table.rows += lines(row) }
        let look = TextStyle(color: false, unicode: true, width: 200)
        let verdicts = rows.flatMap { row in row.targets.map { $0.judge(row)?.verdict } }
        let counts = [Judgement.Verdict.met, .missed, .unclear].map { verdict in
            "\(verdicts.count { $0 == verdict }) \(verdict.rawValue)"
        }
        let title = "\(machine.text), \(Units.counted(rounds, "round"))"
        return ([title, ""] + table.lines(look) + ["", counts.joined(separator: ", ")] + missing).joined(
            separator: "\n")
    }

    /// Those who were not here, each with what brings it.
    private var missing: [String] {
        var names: [String] = []
        for peer in rows.flatMap({ $0.contestants.dropFirst() }) where peer.rounds.isEmpty {
            if !names.contains(peer.name) { names.append(peer.name) }
        }
        if names.isEmpty { return [] }
        let texts = names.map { name in Peers.remedy(name).map { "\(name) (\($0))" } ?? name }
        return ["not here: " + texts.joined(separator: ", ")]
    }

    /// The same as a table for a README: a line for each row, with all who were there beside it.
    func markdown() -> String {
        let lines = rows.compactMap { row -> String? in
            let own = row.contestants[0]
            guard !own.rounds.isEmpty else { return nil }
            let peers = row.contestants.dropFirst().filter { !$0.rounds.isEmpty }.map {
                "\($0.name) \(row.unit.text($0.median))"
            }
            // The number says where it stands in the sheet, and nothing to readers.
            let title = row.title.drop { $0.isNumber }.drop { $0 == " " }
            return "| \(title) | \(row.unit.text(own.median)) | \(row.unit.text(own.all.p99)) | "
                + "\(peers.joined(separator: ", ")) |"
        }
        return
            (["| what | par | p99 | beside it |", "| --- | ---: | ---: | --- |"] + lines + [""]
            + missing.map { "N\($0.dropFirst())." })
            .joined(separator: "\n")
    }

    /// A line for each target that has no peer, and one for each peer.
    private func lines(_ row: Row) -> [[Table.Cell]] {
        guard !row.contestants[0].rounds.isEmpty else { return [] }
        let own = row.contestants[0]
        var rest: [[String]] = row.targets.filter { $0.peer == nil }.map { ["", "", ""] + judged($0, row) }
        for peer in row.contestants.dropFirst() {
            if peer.rounds.isEmpty {
                rest.append([peer.name, "not here", "", "", "", "", ""])
                continue
            }
            let figure = [peer.name, row.unit.text(peer.median), row.unit.text(peer.all.p99)]
            let targets = row.targets.filter { $0.peer == peer.name }
            if targets.isEmpty {
                let ratio = Figure(row.ratios(to: peer.name))
                rest.append(
                    figure + [Self.ratio(ratio.median), Self.range(ratio.interval(of: 0.5), Self.ratio), "", ""])
            }
            for target in targets { rest.append(figure + judged(target, row)) }
        }
        if rest.isEmpty { rest = [[String](repeating: "", count: 7)] }
        return rest.enumerated().map { index, cells in
            let head = index == 0 ? [row.title, row.unit.text(own.median), row.unit.text(own.all.p99)] : ["", "", ""]
            return (head + cells).map { Table.Cell($0) }
        }
    }

    /// Ratio, interval, target and verdict.
    private func judged(_ target: Target, _ row: Row) -> [String] {
        guard let judgement = target.judge(row) else { return ["", "", "", ""] }
        let show = target.peer == nil ? row.unit.text : Self.ratio
        let sign =
            switch target {
            case .atMost, .under: "≤ "
            case .tailUnder: "p99 ≤ "
            case .faster, .over: "≥ "
            }
        // Other ratios are the pools' time over the peer's.
        var suffix = ""
        if case .faster = target { suffix = " faster" }
        let value = target.peer == nil ? "" : show(judgement.value) + suffix
        let bound = sign + show(target.bound) + suffix
        return [value, Self.range(judgement.interval, show), bound, judgement.verdict.rawValue]
    }

    private static func ratio(_ value: Double) -> String {
        Units.fixed(value, decimals: value < 0.995 ? 3 : value < 10 ? 2 : 0) + "×"
    }

    private static func range(_ range: ClosedRange<Double>, _ show: (Double) -> String) -> String {
        "\(show(range.lowerBound)) – \(show(range.upperBound))"
    }
}

extension Row.Unit {
    /// A figure as people read it.
    func text(_ value: Double) -> String {
        switch self {
        case .nanoseconds: value < 100 ? Units.fixed(value, decimals: 1) + " ns" : Units.duration(Int(value))
        case .bytes: Units.bytes(Int(value))
        case .share: Units.fixed(value * 100, decimals: 1) + " %"
        }
    }
}
