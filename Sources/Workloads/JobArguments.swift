public import Catalogue
public import Ledger
import Linux

/// A workload's arguments in a job's plan: the numbers and texts of its options, in the catalogue's order.
public struct JobArguments {
    private let place: Job

    public init(of job: Job) {
        place = job
    }

    /// The daemon's number for the job.
    public var job: UInt64 { place.plan.pointee.job }

    /// Whether somebody follows the tasks as they end.
    public var logs: Bool { place.plan.pointee.logs != 0 }

    /// The `index`th option that is a number.
    public func number(_ index: Int) -> Int64 {
        place.plan.pointee.numbers[index]
    }

    /// All texts, one after the other. No workload has more than one.
    public var text: String {
        String(decoding: place.text.prefix(Int(place.plan.pointee.textCount)), as: UTF8.self)
    }

    /// The bytes that each task is given.
    public var inputBytes: InputBytes { place.inputBytes }
    /// Puts this worker's results where the job keeps them.
    public var results: ResultWriter { ResultWriter(place) }
    /// Not 0 once nobody waits for the job any more.
    var cancellation: Futex.Word { place.cancelled }

    /// The words that all tasks of the job share.
    public var shared: Words { place.sharedInput }

    /// Puts the arguments of `entry` into a plan, and returns the bytes of its text.
    public static func encode(_ arguments: Arguments, of entry: Entry, into plan: inout JobPlan) -> [UInt8] {
        let numbers = entry.options.filter { $0.kind != .path }.map { Int64(arguments.numbers[$0.name] ?? 0) }
        for (index, number) in numbers.prefix(JobPlan.numberCount).enumerated() { plan.numbers[index] = number }
        let text = entry.options.first { $0.kind == .path }.flatMap { arguments.texts[$0.name] } ?? ""
        let bytes = Array(text.utf8)
        plan.textCount = UInt32(bytes.count)
        return bytes
    }
}
