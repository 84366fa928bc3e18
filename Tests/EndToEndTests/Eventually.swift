import Foundation

/// Looks until something is so. Returns false if it is not within the time, which is far more than it can need.
func eventually(within limit: Duration = .seconds(20), _ isSo: () throws -> Bool) rethrows -> Bool {
    var left = limit
    while true {
        let begin = ContinuousClock.now
        if try isSo() { return true }
        if left <= .zero { return false }
        usleep(2_000)
        left -= min(ContinuousClock.now - begin, longestLook)
    }
}

/// What a look counts for at most. Where the machine holds everybody up for longer, the rest is not counted.
private let longestLook = Duration.milliseconds(100)

/// Does something up to so many times, until it comes out as wanted: what a machine that holds up a process for once may spoil.
func inOneOf(_ tries: Int, _ isSo: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<tries where try isSo() { return true }
    return false
}

extension DispatchGroup {
    /// Waits for a thread to leave the group; false if it hasn't within the time.
    func isLeft(within seconds: Double) -> Bool { wait(timeout: .now() + seconds) == .success }
}
