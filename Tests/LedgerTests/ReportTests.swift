import Ledger
import Testing

@Suite("What a zygote tells of its runtime")
struct ReportTests {
    /// Lines of words, as they are sent.
    private func bytes(_ lines: [[String]]) -> [UInt8] {
        lines.flatMap { line in line.flatMap { Array($0.utf8) + [0] } + [0] }
    }

    @Test("is read line by line, and what is of a newer program or can't be is passed over")
    func lines() {
        let report = RuntimeReport(
            bytes([
                ["begun", "12"], ["loaded", "x"], ["turns"], ["version", "Python 3.13.0"], ["read", "HOME", "app"],
                ["source", "/a b", "1:2:3:4"], ["later", "1", "2"], ["read", "HOME"], ["refusal", "one\ntwo"],
            ]))
        #expect(report.begunAt == 12 && report.loadedAt == 0 && report.takesTurns)
        #expect(report.version == "Python 3.13.0" && report.refusal == "one\ntwo")
        #expect(report.environment == [.init(name: "HOME", reader: "app")])
        #expect(report.sources == [.init(path: "/a b", identity: "1:2:3:4")])
        #expect(RuntimeReport([]) == RuntimeReport() && RuntimeReport([0, 0, 7]) == RuntimeReport())
    }

    @Test("goes in pieces that come together again, whatever its length", arguments: [1, 3, 16_372, 16_373, 100_000])
    func pieces(count: Int) {
        let report = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let pieces = ZygoteProtocol.pieces(of: report)
        #expect(pieces.allSatisfy { $0.count <= ZygoteProtocol.pieceLimit })
        var taken: [UInt8] = []
        for piece in pieces { #expect(ZygoteProtocol.take(piece: piece, into: &taken)) }
        #expect(taken == report)
    }

    @Test("is not taken where a piece says what can't be")
    func wrong() {
        var taken: [UInt8] = []
        for words in [
            [], [5], [5, 4, 4], [4, 4, 4, 0], [5, UInt32.max, 4, 0], [5, 4, 5, 0, 0], [5, 100, 8, 0],
            [5, 4, UInt32.max, 0],
        ] {
            #expect(!ZygoteProtocol.take(piece: words, into: &taken), "\(words)")
        }
        #expect(taken.isEmpty)
    }
}
