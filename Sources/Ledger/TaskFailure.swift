public import SystemPackage

/// Why a task failed, in 32 bits: what it was doing and the error of the system.
public struct TaskFailure: Error, Sendable, Equatable, Hashable, CustomStringConvertible {
    public let step: Step
    public let errno: Errno

    /// What a task was doing.
    public enum Step: UInt16, Sendable, CaseIterable {
        case none = 0
        case create, write, sync, measure, read, compare, remove, compute
        case enter, spawn, exit, signal, timeout, output, keep

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
            case .enter: "entering the command's directory"
            case .spawn: "starting the command"
            case .exit: "the command ended with exit code"
            case .signal: "the command was ended by signal"
            case .timeout: "the command took longer than its timeout and was ended"
            case .keep: "keeping what the command wrote"
            case .output: "the command wrote more than its output limit and was ended"
            }
        }
    }

    /// `errno` 0 stands for a wrong result. Of ``Step/exit`` and ``Step/signal`` it is the code or the signal.
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

    public var description: String {
        switch step {
        case .exit, .signal: "\(step.text) \(errno.rawValue)"
        case .timeout, .output: step.text
        default: errno.rawValue == 0 ? "\(step.text): the result is wrong" : "\(step.text): \(errno)"
        }
    }
}
