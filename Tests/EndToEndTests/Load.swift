import Foundation

/// How much of the processors' time others take, from /proc/stat.
struct Load {
    struct Unreadable: Error {}

    /// Seconds of all processors together since the system came up.
    private let busy: Double
    private let all: Double

    /// The time used until now.
    init() throws {
        let stat = try String(contentsOfFile: "/proc/stat", encoding: .utf8)
        // cpu user nice system idle iowait irq softirq steal, in ticks.
        let ticks = stat.prefix { $0 != "\n" }.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
        guard ticks.count == 8 else { throw Unreadable() }
        let second = Double(sysconf(Int32(_SC_CLK_TCK)))
        all = ticks.reduce(0, +) / second
        busy = all - (ticks[3] + ticks[4]) / second
    }

    /// The part of all processors' time since `earlier`, from 0 to 1, that went to others than the one who used `own`
    /// nanoseconds of it.
    func others(since earlier: Load, own: Int) -> Double {
        (busy - earlier.busy - Double(own) / 1e9) / max(all - earlier.all, 0.01)
    }
}
