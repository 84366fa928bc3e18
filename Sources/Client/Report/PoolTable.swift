import Control

/// The pools, one a line.
public struct PoolTable: Sendable {
    let pools: [Pool]
    let style: TextStyle

    public init(_ pools: [Pool], style: TextStyle) {
        self.pools = pools
        self.style = style
    }

    /// The table, each line ended.
    public var text: String {
        guard !pools.isEmpty else { return "no pools\n" }
        var table = Table([
            .left("pool"), .left("runtime"), .left("state"), .left("workers"), .right("floor"), .right("size"),
            .right("ready"),
            .right("busy"), .right("waiting"), .right("replaced"), .right("start-up paid"), .right("ready for"),
            .left("pids"),
        ])
        for pool in pools {
            let shape =
                pool.threadsPerProcess > 1 && pool.unit == "processes"
                ? "processes \(style.times) \(Units.counted(pool.threadsPerProcess, "thread"))" : pool.unit
            let pids = pool.pids.prefix(4).map(String.init).joined(separator: ",")
            table.rows.append([
                .init(style.clean(pool.name), .bold), .init(style.clean(pool.runtime)),
                .init(style.clean(pool.state), Self.ink(pool.state)),
                .init(style.clean(shape)), "\(pool.floor)", "\(pool.size)", "\(pool.ready)", "\(pool.busy)",
                "\(pool.waiting)", "\(pool.replaced)", .init(style.duration(pool.startupPaid)),
                .init(style.duration(pool.readyFor)), .init(pool.pids.count > 4 ? pids + "," + style.ellipsis : pids),
            ])
        }
        return table.lines(style).joined(separator: "\n") + "\n"
    }

    /// The ink of a daemon's or pool's state.
    static func ink(_ state: String) -> TextStyle.Ink {
        switch state {
        case "ready": .green
        case "starting", "draining": .yellow
        default: .plain
        }
    }
}
