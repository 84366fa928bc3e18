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
        /// Using the library that the worker's runtime has loaded.
        case load
        /// Sending a request and receiving the response. Why it failed is in the ``FetchDetail``.
        case fetch
        /// A response whose status, in the place of the system's error, says that there is not what was asked for.
        case status
        /// A response whose body is larger than allowed.
        case size
        /// Waiting for what a command writes and for its end.
        case follow

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
            case .load: "the library that the task needs can't be used"
            case .fetch: "the request failed"
            case .status: "the server answered with status"
            case .size: "the body is larger than --max-size"
            case .enter: "entering the command's directory"
            case .spawn: "starting the command"
            case .follow: "waiting for the command"
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

    /// The server's answer is an error, or none.
    public static func status(_ status: Int32) -> TaskFailure {
        TaskFailure(.status, Errno(rawValue: status))
    }

    public var description: String {
        switch step {
        case .exit, .signal, .status: return "\(step.text) \(errno.rawValue)"
        case .timeout, .output, .fetch, .size, .load: return step.text
        default: return errno.rawValue == 0 ? "\(step.text): the result is wrong" : "\(step.text): \(errno)"
        }
    }
}
