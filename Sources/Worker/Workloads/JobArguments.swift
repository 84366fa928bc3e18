public import Catalogue
public import Ledger
import Linux

/// A workload's arguments, by the names of its options, and what its tasks share.
public struct JobArguments {
    let place: Job
    private let reader: ArgumentReader

    public init(of job: Job) {
        place = job
        reader = job.arguments
    }

    /// The daemon's number for the job.
    public var job: UInt64 { place.plan.pointee.job }

    /// Whether somebody follows the tasks as they end.
    public var logs: Bool { place.plan.pointee.logs != 0 }

    /// The value of an option that is a number: bytes, nanoseconds, ones, 0 or 1, or a choice's place. 0 where it isn't there.
    public func number(_ name: String) -> Int64 { reader.number(name) ?? 0 }

    /// The same; nil where it isn't there.
    public func numberIfPresent(_ name: String) -> Int64? { reader.number(name) }

    /// Whether a flag was given.
    public func flag(_ name: String) -> Bool { number(name) != 0 }

    /// The value of an option that is a text or a path; empty where it isn't there.
    public func text(_ name: String) -> String { reader.text(name) ?? "" }

    /// The bytes that each task is given.
    public var inputBytes: InputBytes { place.inputBytes }
    /// Puts this worker's results where the job keeps them.
    public var results: ResultWriter { ResultWriter(place) }
    /// Fails a task that has begun here, in place of its worker, whose process must end right after that.
    public func giveUp(_ task: Int, _ failure: TaskFailure, at time: UInt64) {
        place.giveUp(task, failure, at: time)
    }
    /// Not 0 once nobody waits for the job any more.
    var cancellation: Futex.Word { place.cancelled }

    /// The words that all tasks of the job share.
    public var shared: Words { place.sharedInput }
}

extension ArgumentBlock {
    /// All of `arguments`. Throws where they come to more bytes than a job has room for.
    public init(_ arguments: Arguments) throws(Full) {
        self.init()
        for (name, value) in arguments.values {
            switch value {
            case .number(let number): try add(name, Int64(number))
            case .text(let text): try add(name, text)
            }
        }
    }
}
