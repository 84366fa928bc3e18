import Glibc
import Linux
import Scheduling
import Synchronization

// How the supervisor's work is done in turns: by its own thread, or by who hands in a job while that sleeps.
extension Supervisor {
    func begin(_ notice: @escaping @Sendable (Notice) -> Void) throws(SystemError) {
        try turn.withLock { turn throws(SystemError) in
            let driver = try Driver(self, notice: notice)
            driver.tell(.begin)
            turn.driver = driver
        }
    }

    /// Takes turns whenever something has happened or it is time, until all has ended. Throws if that can't be waited for any more.
    func work() throws(SystemError) {
        var keys: [UInt64] = []
        var failures = 0
        while let due = turn.withLock({ Self.take(&$0, keys) }) {
            do {
                keys = try events.wait(milliseconds: due.map(Monotonic.milliseconds(until:)))
                failures = 0
            } catch {
                failures += 1
                if failures == Self.waitFailures { throw error }
                turn.withLock { $0.driver?.distrust(error, isFirst: failures == 1) }
                keys = []
                poll(nil, 0, Self.restMilliseconds)
            }
        }
    }

    /// So often in a row waiting for events may fail, with such a rest after each time.
    private static let waitFailures = 200
    private static let restMilliseconds: Int32 = 10

    /// Takes a turn on the supervisor's thread.
    ///
    /// - Returns: when the next one is due where nothing happens, nil for never; nil once all has ended.
    private static func take(_ turn: inout Turn, _ keys: [UInt64]) -> UInt64?? {
        guard let driver = turn.driver else { return nil }
        switch driver.turn(keys, mayStart: true) {
        case .over:
            driver.end()
            return nil
        case .until(let due):
            turn.sleepsUntil = due
            return .some(due)
        }
    }

    /// Takes a turn on the calling thread, while the supervisor's own sleeps and no job is under way.
    ///
    /// - Returns: whether it was taken.
    private func takeTurn() -> Bool {
        let isTaken = turn.withLockIfAvailable { turn in
            // What others have under way may take long, and is not the caller's.
            guard let driver = turn.driver, driver.runCount == 0 else { return false }
            switch driver.turn([], mayStart: false) {
            case .over: turn.sleepsUntil = nil
            case .until(let due):
                if (due ?? .max) >= (turn.sleepsUntil ?? .max) { return true }
                turn.sleepsUntil = due
            }
            // The thread is to sleep no longer than that.
            ring(own.bell.raw)
            return true
        }
        return isTaken == true
    }

    /// Whether the turn may end: there is no command, and none comes unheard from now on.
    func rest() -> Bool {
        state.withLock { state in
            state.isAwake = !state.commands.isEmpty
            return !state.isAwake
        }
    }

    /// Ends a turn though there may be commands: whoever is rung then takes them.
    func handOver() {
        state.withLock { $0.isAwake = false }
    }

    /// Whether there is a command to be taken.
    var hasCommands: Bool { isAsked.load(ordering: .relaxed) }

    func takeCommands() -> [Command] {
        state.withLock { state in
            state.isAwake = true
            isAsked.store(false, ordering: .relaxed)
            defer { state.commands = [] }
            return state.commands
        }
    }

    // MARK: Commands

    func send(_ command: Command, here: Bool = false) {
        let (isOver, isAwake) = state.withLock { state in
            if !state.isOver { state.commands.append(command) }
            isAsked.store(true, ordering: .relaxed)
            return (state.isOver, state.isAwake)
        }
        if isOver {
            Self.refuse(command)
        } else if !isAwake, !(here && takeTurn()) {
            ring(own.bell.raw)
        }
    }

    func end() {
        turn.withLock { $0.driver = nil }
        let left = state.withLock { state in
            state.isOver = true
            defer { state.commands = [] }
            return state.commands
        }
        for command in left { Self.refuse(command) }
    }

    /// Answers a command that comes after the end.
    private static func refuse(_ command: Command) {
        switch command {
        case .submit(_, _, _, _, _, let answer): answer(.failure(.draining))
        case .lease(_, _, _, _, let answer): answer(.failure(.draining))
        case .script(_, _, let observer): observer(.refused(ScriptOrder.draining))
        case .awaitRuntime(_, let answer): answer("", .gone)
        case .look(let answer): answer(nil)
        case .checkIn(let answer): answer(false)
        case .release, .collected, .settled, .cancel, .resize, .recycle, .addRuntime, .useRuntime, .endScript,
            .keepRuntime,
            .setPolicy, .shutDown:
            break
        }
    }
}
