import Control

/// The pools, one a line.
public struct PoolTable: Sendable {
    let pools: [Pool]
    let look: Look

    public init(_ pools: [Pool], look: Look) {
        self.pools = pools
        self.look = look
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
                ? "processes \(look.times) \(Units.counted(pool.threadsPerProcess, "thread"))" : pool.unit
            let pids = pool.pids.prefix(4).map(String.init).joined(separator: ",")
            table.rows.append([
                .init(look.clean(pool.name), .bold), .init(look.clean(pool.runtime)),
                .init(look.clean(pool.state), Self.ink(pool.state)),
                .init(look.clean(shape)), "\(pool.floor)", "\(pool.size)", "\(pool.ready)", "\(pool.busy)",
                "\(pool.waiting)", "\(pool.replaced)", .init(look.duration(pool.startupPaid)),
                .init(look.duration(pool.readyFor)), .init(pool.pids.count > 4 ? pids + "," + look.ellipsis : pids),
            ])
        }
        return table.lines(look).joined(separator: "\n") + "\n"
    }

    /// The ink of a daemon's or pool's state.
    static func ink(_ state: String) -> Look.Ink {
        switch state {
        case "ready": .green
        case "starting", "draining": .yellow
        default: .plain
        }
    }
}
