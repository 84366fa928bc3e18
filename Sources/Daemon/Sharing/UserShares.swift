/// How much each user has of something that has a limit, so that nobody who takes all he can get shuts the others out.
///
/// A user may have at most three quarters of what the others leave him, and always one. So one user alone has three
/// quarters, and however many come after him, each finds something. Root may have all that is left.
public struct UserShares: Sendable {
    /// Root's user ID.
    public static let root: UInt32 = 0
    /// The share that a user may have of what others leave.
    private static let share = (of: 4, parts: 3)

    public var limit: Int
    /// Whether users are told apart. A daemon that serves one user lets him have everything.
    public let isShared: Bool
    /// What all users have.
    public private(set) var used = 0
    private var usedByUser: [UInt32: Int] = [:]

    public init(limit: Int, isShared: Bool) {
        self.limit = limit
        self.isShared = isShared
    }

    /// What `user` has.
    public func used(by user: UInt32) -> Int { usedByUser[user] ?? 0 }

    /// The most that `user` may have now, with what he has already.
    public func allowance(of user: UInt32) -> Int {
        let own = used(by: user)
        let left = max(limit - (used - own), 0)
        guard isShared, user != Self.root else { return left }
        return min(left, max(left * Self.share.parts / Self.share.of, 1))
    }

    /// Notes that `user` has `amount` more; false, with nothing noted, where that would be more than his share.
    public mutating func take(_ amount: Int, for user: UInt32) -> Bool {
        let own = used(by: user)
        guard amount <= allowance(of: user) - own else { return false }
        add(amount, for: user)
        return true
    }

    /// Notes that `user` has `amount` more, share or not.
    public mutating func add(_ amount: Int, for user: UInt32) {
        used += amount
        usedByUser[user, default: 0] += amount
    }

    /// Notes that `user` has `amount` less.
    public mutating func giveBack(_ amount: Int, for user: UInt32) {
        used -= amount
        let rest = used(by: user) - amount
        usedByUser[user] = rest > 0 ? rest : nil
    }
}
