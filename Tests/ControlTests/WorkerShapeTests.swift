import Control
import Testing

@Suite("The shape of a run's workers")
struct WorkerShapeTests {
    /// What is asked for, and what comes of it on a host of eight processors: mode, processes, threads.
    typealias Case = (mode: Mode?, processes: Int?, threads: Int?, shape: (Mode, Int, Int))

    @Test(
        "follows from the numbers alike for client and daemon",
        arguments: [
            (nil, nil, nil, (.threads, 1, 8)), (nil, nil, 4, (.threads, 1, 4)), (nil, 1, 4, (.threads, 1, 4)),
            (nil, 2, nil, (.processes, 2, 1)), (nil, 2, 1, (.processes, 2, 1)), (nil, 1, 1, (.processes, 1, 1)),
            (nil, 2, 4, (.mixed, 2, 4)), (.serial, nil, nil, (.serial, 1, 1)), (.serial, 1, 1, (.serial, 1, 1)),
            (.threads, 1, nil, (.threads, 1, 8)), (.processes, nil, 1, (.processes, 8, 1)),
            (.mixed, 2, 1, (.processes, 2, 1)), (.mixed, 1, 4, (.mixed, 1, 4)),
        ] as [Case])
    func shape(asked: Case) throws {
        let shape = try WorkerShape(
            mode: asked.mode, processes: asked.processes, threads: asked.threads, processors: 8)
        #expect((shape.mode, shape.processes, shape.threads) == asked.shape)
        // What a client says beside the numbers changes nothing.
        guard asked.mode == nil, let mode = WorkerShape.mode(processes: asked.processes, threads: asked.threads) else {
            return
        }
        let said = try WorkerShape(mode: mode, processes: asked.processes, threads: asked.threads, processors: 8)
        #expect(said == shape)
    }

    @Test(
        "is refused where the numbers don't go with the mode, or are no numbers of workers",
        arguments: [
            (.serial, nil, 2, "threads"), (.serial, 2, nil, "processes"), (.threads, 2, nil, "processes"),
            (.processes, nil, 2, "threads"), (.mixed, 2, nil, "mode"), (.mixed, nil, 2, "mode"),
            (nil, 0, nil, "processes"),
            (nil, nil, -1, "threads"),
        ] as [(Mode?, Int?, Int?, String)])
    func refused(mode: Mode?, processes: Int?, threads: Int?, wrong: String) {
        let error = #expect(throws: ControlError.self) {
            try WorkerShape(mode: mode, processes: processes, threads: threads, processors: 8)
        }
        guard case .badArgument(wrong, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(
        "is refused where there are more workers than anything is counted in, with the limit",
        arguments: [
            (1 << 20, 2, "workers", 2 << 20), (.max, nil, "processes", .max), (.max, .max, "threads", .max),
        ] as [(Int?, Int?, String, Int)])
    func tooMany(processes: Int?, threads: Int?, limit: String, value: Int) {
        let expected = ControlError.limitExceeded(limit: limit, value: value, allowed: WorkerShape.maximumWorkers)
        #expect(throws: expected) {
            try WorkerShape(mode: nil, processes: processes, threads: threads, processors: 8)
        }
    }
}
