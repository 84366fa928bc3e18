import Testing

@testable import Ledger

@Suite("Extents")
struct ExtentsTests {
    @Test("never overlap, and come together again when all are given back")
    func disjoint() {
        let whole = 8_192..<(8_192 + 100 * Arena.pageBytes)
        var extents = Extents(whole)
        var held: [Range<Int>] = []
        for step in 0..<2_000 {
            if step % 3 != 2, let extent = extents.take(Int.random(in: 1...5 * Arena.pageBytes)) {
                #expect(held.allSatisfy { !$0.overlaps(extent) })
                #expect(extent.lowerBound >= whole.lowerBound && extent.upperBound <= whole.upperBound)
                held.append(extent)
            } else if let extent = held.randomElement() {
                held.removeAll { $0 == extent }
                extents.giveBack(extent)
            }
            #expect(extents.used == held.reduce(0) { $0 + $1.count })
        }
        for extent in held { extents.giveBack(extent) }
        #expect(extents.take(whole.count) == whole)
    }

    @Test("are taken where they are wanted, if nobody has a part of them")
    func chosen() {
        let page = Arena.pageBytes
        var extents = Extents(0..<8 * page)
        #expect(extents.take(page) == 0..<page)
        #expect(extents.take(0..<2 * page) == false)
        #expect(extents.take(7 * page..<9 * page) == false)
        #expect(extents.take(3 * page..<5 * page) == true)
        #expect(extents.take(6 * page..<8 * page) == true)
        #expect(extents.used == 5 * page)
        #expect(extents.take(3 * page) == nil)
        #expect(extents.take(2 * page) == page..<3 * page)
        #expect(extents.take(page) == 5 * page..<6 * page)
        extents.giveBack(3 * page..<5 * page)
        #expect(extents.take(2 * page) == 3 * page..<5 * page)
    }

    @Test("say so when no gap is large enough")
    func full() {
        var extents = Extents(0..<2 * Arena.pageBytes)
        #expect(extents.take(3 * Arena.pageBytes) == nil)
        #expect(extents.take(1) == 0..<Arena.pageBytes)
        #expect(extents.take(2 * Arena.pageBytes) == nil)
    }
}
