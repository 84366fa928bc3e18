import Control
import Ledger
import Testing

@testable import Daemon
@testable import Pools

@Suite("The relay of outputs")
struct OutputRelayTests {
    private func ended(_ tasks: [Int]) throws -> [EndedTask] {
        tasks.map { EndedTask(task: $0, record: TaskRecord(), detail: [], reason: "", result: nil) }
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
