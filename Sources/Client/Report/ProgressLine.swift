/// The one line that shows how far a run is while it lasts.
public struct ProgressLine: Sendable {
    /// `queued`, `starting`, `running`, `collecting` or `stopping`.
    public var state: String
    public var done: Int
    public var total: Int
    /// When the run was first seen `running`, in nanoseconds of the same clock as `now`.
    private var runningSince: Int?
    /// The tasks that were done then.
    private var doneBefore = 0
    /// When the last task was done.
    private var lastDone = 0
    private let start: Int

    /// A line for a run of `total` tasks that was sent at `now`.
    public init(total: Int = 0, now: Int) {
        self.state = "queued"
        self.done = 0
        self.total = total
        self.start = now
    }

    /// Takes in a report of the daemon.
    public mutating func update(state: String, done: Int, total: Int, now: Int) {
        if state == "running", runningSince == nil {
            runningSince = now
            doneBefore = done
            lastDone = now
        }
        if done != self.done { lastDone = now }
        self.state = state
        self.done = done
        self.total = total
    }

    /// The line at `now`, shorter than the style's width: state, bar, share, count, elapsed time, and the time to go as
    /// far as the tasks done so far tell.
    public func text(now: Int, style: TextStyle) -> String {
        let elapsed = style.duration(Self.coarse(now - start))
        let share = total > 0 ? Double(done) / Double(total) : 0
        var parts = [style.clean(state)]
        if total > 0 {
            parts.append("\(Int(share * 100)) %")
            parts.append("\(Units.grouped(done))/\(Units.grouped(total))")
        }
        parts.append(elapsed)
        if let left = remaining(now: now) { parts.append("ETA \(style.duration(Self.coarse(left)))") }
        // What says least goes first where a terminal is narrow: the time so far, then the count.
        for place in [total > 0 ? 3 : 1, 2] where parts.joined(separator: "  ").count >= style.width {
            if place > 0, place < parts.count - 1 { parts.remove(at: place) }
        }
        let words = parts.joined(separator: "  ")
        // The last column stays free: writing there makes some terminals wrap.
        let room = min(style.width - 1 - words.count - 4, 40)
        guard total > 0, room >= 8 else { return String(words.prefix(max(style.width - 1, 0))) }
        let bar = style.bar(share, columns: room)
        let padded = bar + String(repeating: " ", count: max(room - bar.count, 0))
        return ([parts[0], "[" + style.paint(padded, .green) + "]"] + parts.dropFirst()).joined(separator: "  ")
    }

    /// Nanoseconds until all tasks are done at the pace so far; nil until there is a pace.
    ///
    /// The pace is that of the tasks that are done, and no more: the time since the last of them belongs to the next. Once that
    /// one takes longer than the others did, the pace is at best what it would be if it ended now.
    func remaining(now: Int) -> Int? {
        guard state == "running", let runningSince, done > doneBefore, total >= done, lastDone > runningSince else {
            return nil
        }
        guard done < total else { return 0 }
        let pace = Double(lastDone - runningSince) / Double(done - doneBefore)
        let left = Double(total - done)
        let waited = Double(now - lastDone)
        if waited <= pace { return Int(pace * left - waited) }
        return Int(Double(now - runningSince) / Double(done - doneBefore + 1) * (left - 1))
    }

    /// Whole tenths of a second, and whole seconds from ten on: a line that is drawn anew must not flicker.
    private static func coarse(_ nanoseconds: Int) -> Int {
        let step = nanoseconds < 10_000_000_000 ? 100_000_000 : 1_000_000_000
        return max(nanoseconds, 0) / step * step
    }
}
