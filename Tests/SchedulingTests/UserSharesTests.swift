import Sharing
import Testing

@Suite("Shares of users")
struct UserSharesTests {
    private let greedy: UInt32 = 1000
    private let modest: UInt32 = 1001

    @Test("one greedy user leaves room for the next, and for the one after him")
    func leavesRoom() {
        var shares = UserShares(limit: 100, isShared: true)
        while shares.take(1, for: greedy) {}
        #expect(shares.used(by: greedy) == 75)
        while shares.take(1, for: modest) {}
        #expect(shares.used(by: modest) == 18)
        let third = shares.take(1, for: 1002)
        #expect(third)
    }

    @Test("root may have what is left, and nobody more than there is")
    func rootHasTheRest() {
        var shares = UserShares(limit: 100, isShared: true)
        while shares.take(1, for: greedy) {}
        let (rest, more, others) = (shares.take(25, for: 0), shares.take(1, for: 0), shares.take(1, for: modest))
        #expect(rest && !more && !others)
    }

    @Test("what is given back is there for everybody again")
    func givesBack() {
        var shares = UserShares(limit: 8, isShared: true)
        let (first, more) = (shares.take(6, for: greedy), shares.take(1, for: greedy))
        #expect(first && !more)
        shares.giveBack(6, for: greedy)
        #expect(shares.used == 0)
        let next = shares.take(6, for: modest)
        #expect(next)
    }

    @Test("a daemon of one user lets him have all, and a limit of one lets anybody have it")
    func oneUser() {
        var own = UserShares(limit: 10, isShared: false)
        let all = own.take(10, for: greedy)
        var single = UserShares(limit: 1, isShared: true)
        let (first, second) = (single.take(1, for: greedy), single.take(1, for: modest))
        #expect(all && first && !second)
    }
}
