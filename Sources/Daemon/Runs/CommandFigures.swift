import Control
import Ledger
import Timing

/// What the commands of a job took beside their times, summed up.
struct CommandFigures: TaskFigures {
    private var spawn = Samples()
    private var command = Samples()
    private var user = Samples()
    private var system = Samples()
    private var peakMemory = Samples()

    mutating func add(_ place: UnsafeRawPointer) -> UInt64? {
        let detail = CommandDetail(at: place)
        // A command that was never started has taken nothing.
        guard detail.command > 0 else { return nil }
        spawn.record(detail.spawn)
        command.record(detail.command)
        user.record(detail.user)
        system.record(detail.system)
        if detail.peakMemory > 0 { peakMemory.record(detail.peakMemory) }
        return detail.user + detail.system
    }

    var figures: [Figure] {
        [
            Figure("spawn", "ns", spawn), Figure("command", "ns", command), Figure("user CPU", "ns", user),
            Figure("system CPU", "ns", system), Figure("peak memory", "bytes", peakMemory),
        ].filter { $0.count > 0 }
    }
}
