public import SystemPackage

/// A system call that failed: which one, on what, and why.
public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    public let call: String
    public let errno: Errno
    /// The path or object it was about; empty where there is none.
    public let subject: String

    public init(_ call: String, _ errno: Errno, on subject: String = "") {
        self.call = call
        self.errno = errno
        self.subject = subject
    }

    public var description: String {
        subject.isEmpty ? "\(call): \(errno)" : "\(call) \(subject): \(errno)"
    }

    /// What the C library says of an errno, such as `No such file or directory`.
    public static func text(_ number: Int32) -> String { Errno(rawValue: number).description }
}

/// Makes a system call of the C library, again for as long as a signal interrupts it.
///
/// - Returns: what the call returned, which is not negative.
@discardableResult
public func system<Value: SignedInteger>(
    _ call: String, on subject: @autoclosure () -> String = "", _ body: () -> Value
) throws(SystemError) -> Value {
    while true {
        let value = body()
        if value >= 0 { return value }
        let error = Errno.current
        if error != .interrupted { throw SystemError(call, error, on: subject()) }
    }
}

/// Makes a call of `CLinux`, which returns its errno negated, again for as long as a signal interrupts it.
@discardableResult
func kernel(_ call: String, _ body: () -> Int32) throws(SystemError) -> Int32 {
    while true {
        let value = body()
        if value >= 0 { return value }
        let error = Errno(rawValue: -value)
        if error != .interrupted { throw SystemError(call, error) }
    }
}

extension Errno {
    /// The error of the last call of this thread.
    public static var current: Errno { Errno(rawValue: errnoOfThread()) }
}
