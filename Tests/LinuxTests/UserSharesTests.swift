import Linux
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
        #expect(shares.take(1, for: 1002))
    }

    @Test("root may have what is left, and nobody more than there is")
    func rootHasTheRest() {
        var shares = UserShares(limit: 100, isShared: true)
        while shares.take(1, for: greedy) {}
        #expect(shares.take(25, for: 0))
        #expect(!shares.take(1, for: 0))
        #expect(!shares.take(1, for: modest))
    }

    @Test("what is given back is there for everybody again")
    func givesBack() {
        var shares = UserShares(limit: 8, isShared: true)
        #expect(shares.take(6, for: greedy))
        #expect(!shares.take(1, for: greedy))
        shares.giveBack(6, for: greedy)
        #expect(shares.used == 0)
        #expect(shares.take(6, for: modest))
    }

    @Test("a daemon of one user lets him have all, and a limit of one lets anybody have it")
    func oneUser() {
        var own = UserShares(limit: 10, isShared: false)
        #expect(own.take(10, for: greedy))
        var single = UserShares(limit: 1, isShared: true)
        #expect(single.take(1, for: greedy))
        #expect(!single.take(1, for: modest))
    }
}
