import Ledger
import Linux

// Parts of the arenas that jobs have, and how they go back.
extension Supervisor {
    /// Puts a job's memory back, to be used again as it is.
    func giveBack(_ memory: borrowing JobMemory) {
        state.withLock { state in
            state.shares.giveBack(memory.byteCount, for: memory.user)
            state.leaseBytes -= memory.otherBytes
        }
        giveBack(memory.extent, of: memory.domain)
    }

    func takeExtent(_ byteCount: Int, of domain: Domain) -> Range<Int>? {
        state.withLock { $0[domain.trust]?.take(byteCount) }
    }

    /// Puts a part of a domain's memory back, to be used again as it is.
    func giveBack(_ extent: Range<Int>, of domain: Domain) {
        state.withLock { $0[domain.trust]?.giveBack(extent) }
    }

    /// Whether ``trim()`` would free memory, were it called when no job is there.
    var isTrimmable: Bool { state.withLock { $0.own.isTrimmable || $0.foreign?.isTrimmable == true } }
    /// Whether it would now, as nobody reads what jobs have left.
    var canTrim: Bool {
        state.withLock {
            $0.own.isTrimmable && $0.own.used == 0 || $0.foreign.map { $0.isTrimmable && $0.used == 0 } == true
        }
    }

    /// Gives the memory of jobs that have ended back to the system, unless one is there or comes meanwhile. It may take long:
    /// not to be called in a turn.
    func trim() throws(SystemError) {
        for trust in Runtime.Trust.allCases {
            while let (arena, part) = state.withLock({ state in
                state[trust]?.beginTrim().flatMap { part in state[trust].map { ($0.domain.arena, part) } }
            }) {
                var isGone = false
                defer { state.withLock { [isGone] in $0[trust]?.endTrim(part, isGone: isGone) } }
                try arena.release(part)
                isGone = true
            }
        }
    }
}
