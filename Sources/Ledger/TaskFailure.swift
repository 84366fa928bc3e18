/// Why a task failed, in 32 bits: a kind from its workload's own table, and a code.
public struct TaskFailure: Error, Sendable, Equatable, Hashable {
    /// The kind's number in the table; 0 for a task that ended early because nobody waits for it any more.
    public let number: UInt16
    /// What the kind says that it is: as a rule the system's error.
    public let code: Int32

    /// A task that ends early because nobody waits for it any more.
    public static let cancelled = TaskFailure(number: 0, code: 0)

    /// A task whose record can't be right. It is in no workload's table: the daemon finds it.
    public static let damaged = TaskFailure(number: .max, code: 0)

    /// - Parameter code: from 0 to 65535; of any other the lower 16 bits are kept.
    public init(number: UInt16, code: Int32) {
        self.number = number
        self.code = code & 0xffff
    }

    /// The failure that a record holds as `bits`.
    public init(bits: UInt32) {
        self.init(number: UInt16(truncatingIfNeeded: bits >> 16), code: Int32(bits & 0xffff))
    }

    /// As a record holds it.
    public var bits: UInt32 { UInt32(number) << 16 | UInt32(code) }
}
