import Control
import Ledger
import Testing

@testable import Daemon
@testable import Pools

@Suite("The relay of outputs")
struct OutputRelayTests {
    private func ended(_ tasks: [Int]) throws -> [EndedTask] {
        let arena = try Arena(slotCount: 1, jobBytes: 1 << 16)
        let plan = JobPlan(job: 1, tasks: 8, workload: 0, crew: 1, cpuInterval: 0, rings: false)
        let view = JobView(arena.job(at: arena.jobsOffset), plan: plan)
        view.job.prepare(plan)
        return tasks.map { EndedTask($0, TaskRecord(), view.details) }
    }

    @Test("sends what has ended as it ends, each once")
    func asEnded() throws {
        var relay = OutputRelay(order: .ended)
        #expect(relay.take(try ended([2, 0])).map(\.task) == [2, 0])
        #expect(relay.take(try ended([0, 2, 1])).map(\.task) == [1])
    }

    @Test("keeps back what has others before it that have not ended, when the order is that of the tasks")
    func inOrder() throws {
        var relay = OutputRelay(order: .tasks)
        #expect(relay.take(try ended([1])).isEmpty)
        #expect(relay.take(try ended([0, 3])).map(\.task) == [0, 1])
        #expect(relay.take(try ended([0, 1, 2, 3])).map(\.task) == [2, 3])
    }
}
