import Control
import Linux
import Pools
import Scheduling
import VarlinkServer

/// The interpreters of scripts, shown and kept as pools of one: `scripts`, `scripts:numpy`.
struct ScriptPool: Sendable {
    let daemon: DaemonContext

    /// What their names begin with.
    static let prefix = "scripts"

    /// Keeps an interpreter that is there, or lets go of it.
    func resize(_ call: IncomingCall, _ request: ResizePool.Request) {
        daemon.supervisor.look { [daemon] snapshot in
            do {
                guard let snapshot else { throw ControlError.draining }
                guard let row = snapshot.interpreters.first(where: { $0.name == request.name }) else {
                    throw ControlError.noSuchPool(
                        request.name,
                        known: snapshot.kinds.map(snapshot.machine.name) + snapshot.interpreters.map(\.name))
                }
                guard request.size <= 1 else {
                    throw ControlError.badArgument(
                        "size", value: "\(request.size)", expected: "1 to keep the interpreter warm, or 0")
                }
                daemon.supervisor.keep(row.id, request.size == 1)
                daemon.answer(call) { snapshot in
                    // One that nobody has used for long is gone by now.
                    PoolReply(pool: Self.pool(snapshot.machine.runtimes[row.id] ?? row, in: snapshot))
                }
            } catch {
                call.fail(error)
            }
        }
    }

    static func pool(_ row: RuntimeRow, in snapshot: Snapshot) -> Pool {
        let own = snapshot.scripts[row.id] ?? .init()
        let isUp = own.readyAt != nil
        let now = Monotonic.now()
        let state =
            snapshot.machine.isDraining ? "draining" : isUp || !row.isKept && own.waiting == 0 ? "ready" : "starting"
        return Pool(
            name: row.title, runtime: row.title, unit: "interpreters", threadsPerProcess: 1, state: state,
            floor: row.isKept ? 1 : 0, size: (snapshot.zygotePIDs[row.id] ?? 0) == 0 ? 0 : 1, ready: isUp ? 1 : 0,
            busy: own.pids.count, waiting: own.waiting, pids: own.pids.sorted(),
            startupPaid: own.startup.map { Int($0) } ?? 0, readyFor: own.readyAt.map { now.since($0) } ?? 0, replaced: 0
        )
    }
}

extension Snapshot {
    /// The interpreters that scripts have, in the order of their numbers.
    var interpreters: [RuntimeRow] {
        machine.runtimes.values.filter(\.isForScripts).sorted { $0.id < $1.id }
    }
}
