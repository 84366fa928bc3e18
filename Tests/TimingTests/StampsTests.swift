import Testing
import Timing

@Suite("Stamps")
struct StampsTests {
    @Test("give phases that add up to the whole time exactly, whichever stamps a run got", arguments: 0..<128)
    func phasesAddUp(present: Int) {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            var time = UInt64.random(in: 1...1 << 60, using: &random)
            func next() -> UInt64 {
                time += UInt64.random(in: 0...1 << 40, using: &random)
                return time
            }
            let accepted = next()
            var stamps = Stamps(accepted: accepted)
            let all = (0..<7).map { _ in next() }
            if present & 1 != 0 { stamps.leased = all[0] }
            if present & 2 != 0 { stamps.ready = all[1] }
            if present & 4 != 0 { stamps.firstStart = all[2] }
            if present & 8 != 0 { stamps.lastStop = all[3] }
            stamps.settled = all[4]
            if present & 32 != 0 { stamps.collected = all[5] }
            if present & 64 != 0 { stamps.gone = all[6] }
            let end = stamps.gone ?? stamps.collected ?? all[4]
            #expect(stamps.phases.sum == Int(end - accepted))
        }
    }

    @Test("of a warm run leave no time to start-up")
    func warm() {
        var stamps = Stamps(accepted: 100)
        stamps.leased = 110
        stamps.ready = 110
        stamps.firstStart = 115
        stamps.lastStop = 215
        stamps.settled = 220
        stamps.collected = 230
        stamps.gone = 230
        let times = stamps.phases
        #expect(times == PhaseTimes(queue: 10, startup: 0, dispatch: 5, run: 100, collect: 15, teardown: 0))
    }

    @Test("of a run whose worker began before that was seen give none of that time to the queue")
    func unseen() {
        var stamps = Stamps(accepted: 100)
        stamps.leased = 150
        stamps.ready = 150
        stamps.begin(at: 130)
        stamps.lastStop = 140
        stamps.settled = 160
        let times = stamps.phases
        #expect((times.queue, times.dispatch, times.run) == (30, 0, 10) && times.sum == 60)
        stamps.begin(at: 90)
        #expect(stamps.leased == 100 && stamps.ready == 100)
    }

    @Test("of a run that was cancelled in the queue put all its time into the queue")
    func cancelledInQueue() {
        var stamps = Stamps(accepted: 100)
        stamps.settled = 400
        stamps.collected = 410
        stamps.gone = 410
        let times = stamps.phases
        #expect(times == PhaseTimes(queue: 300, startup: 0, dispatch: 0, run: 0, collect: 10, teardown: 0))
    }

    @Test("of a run whose workers never came up put its waiting into start-up")
    func cancelledInStartup() {
        var stamps = Stamps(accepted: 100)
        stamps.leased = 120
        stamps.settled = 420
        stamps.collected = 430
        let times = stamps.phases
        #expect(times == PhaseTimes(queue: 20, startup: 300, dispatch: 0, run: 0, collect: 10, teardown: 0))
    }
}
