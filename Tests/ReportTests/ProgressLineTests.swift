import Foundation
import Report
import Testing

@Suite struct ProgressLineTests {
    let style = TextStyle(color: false, unicode: true, width: 80)
    let second = 1_000_000_000

    @Test func `a run that waits shows how long, and no bar before its tasks are counted`() {
        let line = ProgressLine(now: 0)
        #expect(line.text(now: 700_000_000, style: style) == "queued  700 ms")
    }

    @Test func `a run shows bar, share, count, time and time to go`() {
        var line = ProgressLine(now: 0)
        line.update(state: "running", done: 0, total: 1_000_000, now: second)
        line.update(state: "running", done: 420_000, total: 1_000_000, now: 3 * second)
        #expect(
            line.text(now: 3 * second, style: style)
                == "running  [█████████▋             ]  42 %  420,000/1,000,000  3.00 s  ETA 2.70 s")
    }

    @Test func `the time to go is told from the tasks done since the run began`() {
        var line = ProgressLine(now: 0)
        line.update(state: "running", done: 10, total: 100, now: 50 * second)
        #expect(!line.text(now: 50 * second, style: style).contains("ETA"))
        line.update(state: "running", done: 40, total: 100, now: 60 * second)
        #expect(line.text(now: 60 * second, style: style).hasSuffix("1 min  ETA 20.0 s"))
    }

    @Test func `the time to go is right from the second task on, and between tasks as well`() {
        var line = ProgressLine(now: 0)
        line.update(state: "running", done: 0, total: 10, now: 0)
        line.update(state: "running", done: 2, total: 10, now: 2 * second)
        func left(_ now: Double) -> String {
            line.text(now: Int(now * Double(second)), style: style).components(separatedBy: "ETA ").last ?? ""
        }
        #expect(left(2) == "8.00 s")
        // Reports that say nothing new change nothing.
        line.update(state: "running", done: 2, total: 10, now: 2_900_000_000)
        #expect(left(2.9) == "7.10 s")
        #expect(left(3) == "7.00 s")
        // The third takes twice as long as the others: it is 4/3 s for each.
        #expect(left(4) == "9.30 s")
    }

    @Test func `a narrow terminal loses the time so far before the time to go`() {
        var line = ProgressLine(now: 0)
        line.update(state: "running", done: 0, total: 20, now: 0)
        line.update(state: "running", done: 11, total: 20, now: 3_400_000_000)
        let narrow = TextStyle(color: false, unicode: true, width: 40)
        #expect(line.text(now: 3_400_000_000, style: narrow) == "running  55 %  11/20  ETA 2.70 s")
    }

    @Test func `a run that is being stopped has no time to go`() {
        var line = ProgressLine(now: 0)
        line.update(state: "running", done: 0, total: 10, now: 0)
        line.update(state: "stopping", done: 5, total: 10, now: second)
        #expect(!line.text(now: second, style: style).contains("ETA"))
    }

    @Test(arguments: [1, 10, 30, 50, 80, 200])
    func `the line is never as wide as the terminal`(width: Int) {
        var line = ProgressLine(now: 0)
        line.update(state: "running", done: 1, total: 1_000_000, now: 1)
        line.update(state: "running", done: 999_999, total: 1_000_000, now: second)
        let text = line.text(now: 2 * second, style: TextStyle(color: false, unicode: true, width: width))
        #expect(text.count < width)
    }

    @Test func `a line in ASCII has nothing else`() {
        var line = ProgressLine(now: 0)
        line.update(state: "running", done: 1, total: 2, now: 0)
        let text = line.text(now: second, style: TextStyle(color: false, unicode: false, width: 60))
        #expect(text.contains("[##"))
        #expect(text.utf8.allSatisfy { $0 < 0x80 })
    }
}
