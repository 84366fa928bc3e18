import Control

/// What a workload measured in its tasks beside their times, one figure a line.
struct FigureTable: Sendable {
    let figures: [Figure]
    let look: Look

    var lines: [String] {
        guard !figures.isEmpty else { return [] }
        var table = Table(
            [
                .left("figure"), .right("tasks"), .right("sum"), .right("min"), .right("p50"), .right("p99"),
                .right("max"),
            ],
            indent: 2)
        for figure in figures {
            let values = [figure.sum, figure.min, figure.p50, figure.p99, figure.max]
            table.rows.append(
                [.init(look.clean(figure.name)), .init(Units.grouped(figure.count))]
                    + values.map { .init(text($0, figure.unit)) })
        }
        return table.lines(look)
    }

    private func text(_ value: Int, _ unit: String) -> String {
        switch unit {
        case "ns": look.duration(value)
        case "bytes": Units.bytes(value)
        default: Units.grouped(value)
        }
    }
}
