import Control
import Report

/// What `parctl compare` is to run.
struct ComparePlan {
    let workload: String
    let arguments: [String: String]
    let inputs: RunInputs
    let arms: [Arm]
    let rounds: Int
    /// Of every run.
    let tasks: Int
    /// Nanoseconds of one run.
    let timeout: Int?
    let isCold: Bool
    /// Whether the tasks' records are wanted.
    let records: Bool

    /// The records of every round are kept up to so many, 100 bytes each; beyond, those of the last round only.
    static let recordsKept = 500_000

    var keepsAllRecords: Bool {
        let runs = arms.count * rounds * (isCold ? 2 : 1)
        return tasks.multipliedReportingOverflow(by: runs).partialValue <= Self.recordsKept && tasks <= Self.recordsKept
    }

    /// The arms of round `number` in their order: each round begins with the next one.
    func order(of number: Int) -> [Int] {
        arms.indices.map { ($0 + number) % arms.count }
    }

    /// The request that runs one arm.
    func request(_ arm: Arm, cold: Bool, records: Bool) -> Run.Request {
        var request = Run.Request(
            workload: workload, arguments: arguments.isEmpty ? nil : arguments, mode: arm.mode,
            processes: arm.mode == .processes ? arm.workers : nil, threads: arm.mode == .threads ? arm.workers : nil,
            tasks: tasks, cold: cold ? .fresh : nil, timeout: timeout, records: records ? true : nil)
        inputs.put(into: &request)
        // Nobody looks at them.
        request.results = nil
        return request
    }
}
