/// Jobs that wait. Users are served in turn, the jobs of each first come first served, so that nobody waits for more than
/// one job of each other user before his own first one.
public struct JobQueue: Sendable {
    /// The users who have jobs here, in the order of their turns.
    private var turns = OrderedSet<UInt32>()
    private var jobs: [UInt32: OrderedSet<JobID>] = [:]
    public private(set) var count = 0

    public var isEmpty: Bool { count == 0 }

    /// The first job of each user, in the order of their turns.
    var heads: some Sequence<JobID> { turns.lazy.compactMap { jobs[$0]?.first } }

    mutating func append(_ job: JobID, of user: UInt32) {
        turns.append(user)
        jobs[user, default: OrderedSet()].append(job)
        count += 1
    }

    /// Takes a job out that waits no longer, wherever it stands.
    ///
    /// - Parameter isServed: it was its user's turn, and the next one of his comes after those of the others.
    /// - Returns: whether it was there.
    @discardableResult
    mutating func remove(_ job: JobID, of user: UInt32, isServed: Bool = false) -> Bool {
        guard jobs[user]?.remove(job) == true else { return false }
        count -= 1
        let isLast = jobs[user]?.isEmpty == true
        if isLast { jobs[user] = nil }
        if isLast || isServed { turns.remove(user) }
        if isServed, !isLast { turns.append(user) }
        return true
    }
}
