import Testing

@testable import Ledger

@Suite("Settling what a crew left behind")
struct SettlementTests {
    private func records(_ statuses: [TaskRecord.Status], deaths: UInt8 = 0) -> [TaskRecord] {
        statuses.enumerated().map { index, status in
            var record = TaskRecord()
            record.generation = 5
            record.status = status
            record.deaths = deaths
            if status != .pending { record.start = UInt64(100 + index) }
            if status.isTerminal { record.stop = UInt64(200 + index) }
            return record
        }
    }

    private func settle(
        _ records: inout [TaskRecord], _ policy: Settlement.Policy
    ) -> Settlement {
        records.withUnsafeMutableBufferPointer { Settlement($0, generation: 5, policy: policy, now: 999) }
    }

    @Test("hands out again what may be run again, and counts the death only against what was running")
    func rerun() {
        var all = records([.ok, .running, .pending, .failed])
        let settlement = settle(&all, .rerun(attempts: 3))
        #expect(settlement.again == [1, 2])
        #expect(settlement.firstStart == 101)
        #expect(all.map(\.status) == [.ok, .pending, .pending, .failed])
        #expect(all.map(\.deaths) == [0, 1, 0, 0])
    }

    @Test("gives up a task that has taken three workers with it")
    func poison() {
        var all = records([.running, .pending], deaths: 2)
        let settlement = settle(&all, .rerun(attempts: 3))
        #expect(settlement.lost == 1)
        #expect(all[0].status == .lost)
        #expect(all[0].deaths == 3)
        #expect(all[0].stop == 999)
        // The other one had not begun: it isn't to blame.
        #expect(settlement.again == [1])
    }

    @Test("loses what had begun and may not be run again, and hands out the rest")
    func lose() {
        var all = records([.running, .pending, .ok])
        let settlement = settle(&all, .lose)
        #expect(all.map(\.status) == [.lost, .pending, .ok])
        #expect(settlement.again == [1])
    }

    @Test("takes a record of an older job in the same memory for a task that has not begun")
    func stale() {
        var all = records([.ok, .ok])
        all[1].generation = 4
        let settlement = settle(&all, .rerun(attempts: 3))
        #expect(settlement.again == [1])
        #expect(all[1].start == 0 && all[1].status == .pending)
    }

    @Test("keeps nothing of a record that was half written when its worker died")
    func halfWritten() {
        var all = records([.pending, .pending])
        all[0].start = 7
        let settlement = settle(&all, .cancel)
        #expect(settlement.cancelled == 2)
        #expect(all[0].status == .cancelled && all[0].start == 0 && all[0].stop == 0)
    }

    @Test("cancels all that has not ended")
    func cancel() {
        var all = records([.running, .pending, .ok, .failed])
        let settlement = settle(&all, .cancel)
        #expect(settlement.cancelled == 2)
        #expect(settlement.again.isEmpty)
        #expect(all.allSatisfy { $0.status.isTerminal })
        #expect(all[1].start == 0 && all[1].stop == 0)
    }

    @Test("ends what a dead worker was at with its death, and tells how long it had been at it")
    func deaths() {
        var all = records([.running, .running, .running, .ok])
        for (task, pid) in [(0, 7), (1, 8), (2, 9)] { all[task].pid = UInt32(pid) }
        let deaths: [UInt32: UInt64] = [7: 150, 8: 5]
        let settlement = all.withUnsafeMutableBufferPointer {
            Settlement($0, generation: 5, policy: .cancel, now: 999, deaths: deaths)
        }
        // One that can't be true, as it is before the task's start, takes nothing.
        #expect(all.map(\.stop) == [150, 101, 999, 203])
        #expect(settlement.lostNanoseconds == 50)
        all = records([.running, .pending])
        all[0].pid = 7
        let again = all.withUnsafeMutableBufferPointer {
            Settlement($0, generation: 5, policy: .rerun(attempts: 3), now: 999, deaths: deaths)
        }
        #expect(again.reruns == 1)
        #expect(again.again == [0, 1])
        #expect(again.lostNanoseconds == 50)
    }

    @Test("leaves every task either settled or to be done again, never both", arguments: 1...50)
    func partition(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        let states: [TaskRecord.Status] = [.pending, .running, .ok, .failed, .lost]
        var all = records((0..<200).map { _ in states.randomElement(using: &random) ?? .ok })
        for index in all.indices { all[index].deaths = .random(in: 0...2, using: &random) }
        let settlement = settle(&all, [.rerun(attempts: 3), .lose, .cancel][seed % 3])
        for (task, record) in all.enumerated() {
            #expect(record.status.isTerminal != settlement.again.contains(UInt32(task)))
        }
    }
}

/// A small random number generator, so that a failing seed can be run again.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
