import Glibc
public import Ledger
public import Linux

/// Where a worker notes which command it runs, so that whatever is left of it can be ended by others, too.
public struct CommandPlace: Sendable {
    // The arena outlives its workers.
    private nonisolated(unsafe) let word: UnsafeMutablePointer<UInt32>
    private let header: ArenaHeader
    private let guardian: Int32

    /// How long ending a command's processes may take where the guardian can't be told.
    private static let patienceNanoseconds: UInt64 = 200_000_000

    /// - Parameter guardian: the descriptor by which the guardian is told.
    public init(_ arena: Arena, slot: Slot, guardian: Int32) {
        word = slot.command
        header = arena.header
        self.guardian = guardian
    }

    /// Notes that a command is about to be started, and says what it is known by.
    public func begin() -> CommandMark {
        var number: UInt32
        repeat {
            number = header.commands.pointee.wrappingAdd(1, ordering: .relaxed).newValue
        } while number == GuardianProtocol.farewell
        word.pointee = number
        return CommandMark(family: header.family.pointee, command: number)
    }

    /// Notes that the command has ended.
    ///
    /// - Parameter isToLeaveNothing: has all that it started, and that goes on, be killed.
    public func end(isToLeaveNothing: Bool) {
        if isToLeaveNothing, word.pointee != 0 { endRest(word.pointee) }
        word.pointee = 0
    }

    private func endRest(_ number: UInt32) {
        var request = number
        // The pipe doesn't block, and has room for as many commands as workers can have.
        if write(guardian, &request, MemoryLayout<UInt32>.size) == MemoryLayout<UInt32>.size { return }
        let mark = CommandMark(family: header.family.pointee, command: number)
        MarkedProcesses.end(within: Self.patienceNanoseconds) { $0 == mark }
    }
}
