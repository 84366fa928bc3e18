import Control
import Testing

@testable import parctl

@Suite struct RunShapeTests {
    @Test(
        arguments: [
            (nil, nil, nil), (nil, 4, Mode.threads), (2, nil, .processes), (2, 1, .processes), (2, 4, .mixed),
            (1, 4, .threads),
            (1, 1, .processes),
        ] as [(Int?, Int?, Mode?)])
    func `the mode follows from the numbers`(processes: Int?, threads: Int?, mode: Mode?) throws {
        #expect(try RunShape(threads: threads, processes: processes).mode() == mode)
    }

    @Test func `a serial run takes no numbers of workers`() throws {
        #expect(try RunShape(serial: true).mode() == .serial)
        let threads = #expect(throws: CommandError.self) { try RunShape(threads: 1, serial: true).mode() }
        #expect(threads?.message?.contains("can't be used with --threads") == true)
        let processes = #expect(throws: CommandError.self) { try RunShape(processes: 1, serial: true).mode() }
        #expect(processes?.message?.contains("can't be used with --processes") == true)
    }

    @Test func `a request says only what was asked for`() throws {
        #expect(try RunShape().request("noop", [:]) == Run.Request(workload: "noop"))
        let shape = RunShape(threads: 2, cold: .exec, tasks: 8, timeout: 1_000_000, records: true)
        #expect(
            try shape.request("io", ["size": "1KiB"])
                == Run.Request(
                    workload: "io", arguments: ["size": "1KiB"], mode: .threads, threads: 2, tasks: 8, cold: .exec,
                    timeout: 1_000_000, records: true))
    }
}
