import Foundation

/// Looks until something is so. Returns false if it is not within the time, which is far more than it can need.
func eventually(within limit: Duration = .seconds(20), _ isSo: () throws -> Bool) rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while true {
        if try isSo() { return true }
        if ContinuousClock.now >= deadline { return false }
        usleep(2_000)
    }
}

extension DispatchGroup {
    /// Waits for a thread to leave the group; false if it hasn't within the time.
    func isLeft(within seconds: Double) -> Bool { wait(timeout: .now() + seconds) == .success }
}
