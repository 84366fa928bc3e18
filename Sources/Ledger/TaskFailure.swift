public import Catalogue
public import SystemPackage

/// Why a task failed, in 32 bits: what it was doing and the error of the system.
public struct TaskFailure: Error, Sendable, Equatable, Hashable, CustomStringConvertible {
    public let step: Step
    public let errno: Errno

    /// What a task was doing.
    public enum Step: UInt16, Sendable, CaseIterable {
        case none = 0
        case create, write, sync, measure, read, compare, remove, compute, allocate
        case enter, spawn, exit, signal, timeout, output, keep
        /// Loading a library; in the place of the system's error stands the number of the ``Catalogue/Library``.
        case load
        /// Sending a request and receiving the response. Why it failed is in the ``FetchDetail``.
        case fetch
        /// A response whose status, in the place of the system's error, says that there is not what was asked for.
        case status
        /// A response whose body is larger than allowed.
        case size
        /// Waiting for what a command writes and for its end.
        case follow
        /// A function of a library; in the place of the system's error stands what it returned.
        case function
        /// The function that gets a worker ready for another; likewise.
        case setUp
        /// A function that isn't in its library.
        case symbol
        /// A result that is larger than one may be.
        case resultSize
        /// A result for which the run has no room left.
        case resultRoom
        /// A result that is not where its record says.
        case damage

        var text: String {
            switch self {
            case .none: ""
            case .create: "creating the file"
            case .write: "writing the file"
            case .sync: "waiting for the file to be on the disk"
            case .measure: "checking the file's length"
            case .read: "reading the file back"
            case .compare: "comparing what was read"
            case .remove: "removing the file"
            case .compute: "computing"
            case .allocate: "taking memory"
            case .load: "loading a library"
            case .fetch: "the request failed"
            case .status: "the server answered with status"
            case .size: "the body is larger than --max-size"
            case .enter: "entering the command's directory"
            case .spawn: "starting the command"
            case .follow: "waiting for the command"
            case .function: "the function returned"
            case .setUp: "getting the worker ready for the function: its _setup returned"
            case .symbol: "the library can't be loaded, or has no such function"
            case .resultSize: "the result is larger than --result-limit"
            case .resultRoom: "the run's results are more than --results-limit all together"
            case .damage: "the run's memory was damaged: its record is not right"
            case .exit: "the command ended with exit code"
            case .signal: "the command was ended by signal"
            case .timeout: "the command took longer than its timeout and was ended"
            case .keep: "keeping what the command wrote"
            case .output: "the command wrote more than its output limit and was ended"
            }
        }
    }

    /// `errno` 0 stands for a wrong result. Of ``Step/exit``, ``Step/signal`` and ``Step/status`` it is the
    /// code, the signal or the status.
    public init(_ step: Step, _ errno: Errno = Errno(rawValue: 0)) {
        self.step = step
        self.errno = errno
    }

    /// The failure that a record holds.
    public init(code: UInt32) {
        step = Step(rawValue: UInt16(truncatingIfNeeded: code >> 16)) ?? .none
        errno = Errno(rawValue: Int32(code & 0xffff))
    }

    public var code: UInt32 { UInt32(step.rawValue) << 16 | UInt32(errno.rawValue & 0xffff) }

    /// A library that a worker needs and does not have.
    public static func missing(_ library: Library) -> TaskFailure {
        TaskFailure(.load, Errno(rawValue: Int32(library.rawValue)))
    }

    /// The server's answer is an error, or none.
    public static func status(_ status: Int32) -> TaskFailure {
        TaskFailure(.status, Errno(rawValue: status))
    }

    /// What a function of a library returned, as far as 16 bits hold it.
    public static func returned(_ code: Int32, from step: Step = .function) -> TaskFailure {
        TaskFailure(step, Errno(rawValue: Int32(Int16(clamping: code))))
    }

    public var description: String {
        switch step {
        case .exit, .signal, .status: return "\(step.text) \(errno.rawValue)"
        case .function, .setUp: return "\(step.text) \(Int16(truncatingIfNeeded: errno.rawValue))"
        case .timeout, .output, .fetch, .size, .symbol, .resultSize, .resultRoom, .damage: return step.text
        case .load:
            guard let library = Library(rawValue: UInt32(errno.rawValue)), library != .none else { return step.text }
            return "\(library.file) can't be loaded: install Debian's package \(library.package), then recycle the pool"
        default: return errno.rawValue == 0 ? "\(step.text): the result is wrong" : "\(step.text): \(errno)"
        }
    }
}
