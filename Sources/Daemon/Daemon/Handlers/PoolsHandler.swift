import Control
import Linux
import Pools
import Scheduling
import VarlinkServer

/// `ListPools`, `ResizePool` and `RecyclePool`.
struct PoolsHandler: Sendable {
    let daemon: DaemonContext

    func list(_ call: IncomingCall) {
        daemon.answer(call) { snapshot in
            ListPools.Reply(
                pools: snapshot.kinds.map { Self.pool($0, in: snapshot) }
                    + snapshot.interpreters.map { ScriptPool.pool($0, in: snapshot) })
        }
    }

    func resize(_ call: IncomingCall) throws {
        try daemon.access.rule(call.peer)
        let request = try call.parameters(as: ResizePool.Request.self)
        guard request.size >= 0 else {
            throw ControlError.badArgument("size", value: "\(request.size)", expected: "a number of 0 or more")
        }
        let limit = daemon.configuration.policy.workerLimit
        if request.name.hasPrefix(ScriptPool.prefix) { return ScriptPool(daemon: daemon).resize(call, request) }
        change(call) { snapshot, supervisor in
            let kind = try Self.kind(named: request.name, in: snapshot, among: snapshot.machine.resizable)
            let others = snapshot.machine.pools.values.reduce(0) {
                $0 + ($1.kind == kind ? 0 : $1.floor * $1.kind.workersPerUnit)
            }
            // All floors together stay below the limit, so that none of them can keep the others from being warm.
            let (size, isHuge) = request.size.multipliedReportingOverflow(by: kind.workersPerUnit)
            guard !isHuge, size <= limit - others else {
                throw ControlError.limitExceeded(
                    limit: "workers of all pools",
                    value: isHuge ? .max : size.addingReportingOverflow(others).partialValue, allowed: limit)
            }
            supervisor.resize(kind, to: request.size)
            return kind
        }
    }

    func recycle(_ call: IncomingCall) throws {
        try daemon.access.rule(call.peer)
        let request = try call.parameters(as: RecyclePool.Request.self)
        if request.name.hasPrefix(ScriptPool.prefix) {
            throw ControlError.badArgument(
                "name", value: request.name,
                expected:
                    "a pool of workers: an interpreter for scripts is replaced when its sources change, or after runtime-age"
            )
        }
        change(call) { snapshot, supervisor in
            let kind = try Self.kind(named: request.name, in: snapshot)
            supervisor.recycle(kind)
            return kind
        }
    }

    /// Answers with a pool as it is once `body` has told the supervisor what to change of it.
    private func change(
        _ call: IncomingCall, _ body: @escaping @Sendable (Snapshot, Supervisor) throws -> PoolKind
    ) {
        daemon.supervisor.look { [daemon] snapshot in
            do {
                guard let snapshot else { throw ControlError.draining }
                let kind = try body(snapshot, daemon.supervisor)
                daemon.answer(call) { snapshot in PoolReply(pool: Self.pool(kind, in: snapshot)) }
            } catch {
                call.fail(error)
            }
        }
    }

    /// - Parameter others: pools that may be named though they aren't there.
    private static func kind(
        named name: String, in snapshot: Snapshot, among others: [PoolKind] = []
    ) throws(ControlError) -> PoolKind {
        let kinds = Set(snapshot.kinds + others).sorted()
        guard let kind = kinds.first(where: { snapshot.machine.name(of: $0) == name }) else {
            throw .noSuchPool(
                name, known: kinds.map(snapshot.machine.name) + snapshot.interpreters.map(\.name))
        }
        return kind
    }

    private static func pool(_ kind: PoolKind, in snapshot: Snapshot) -> Pool {
        let machine = snapshot.machine
        let row = machine.pools[kind]
        let members = machine.members(of: kind)
        let ready = members.filter { $0.state == .ready }
        let paid = ready.compactMap { unit in unit.readyAt.map { $0.since(unit.askedAt) } }.max() ?? 0
        let floor = row?.floor ?? 0
        return Pool(
            name: machine.name(of: kind), runtime: machine.runtimes[kind.runtime]?.title ?? "",
            unit: kind.isThreads ? "threads" : "processes",
            threadsPerProcess: kind.isThreads ? members.count : kind.workersPerUnit,
            state: machine.isDraining ? "draining" : ready.count < max(floor, members.count) ? "starting" : "ready",
            floor: floor, size: members.count, ready: ready.count, busy: members.count { $0.job != nil },
            waiting: row?.queue.count ?? 0, pids: snapshot.pids[kind] ?? [], startupPaid: paid,
            readyFor: ready.compactMap(\.readyAt).max().map { Monotonic.now().since($0) } ?? 0,
            replaced: row?.replaced ?? 0)
    }
}

extension Snapshot {
    /// The pools that there are, in their order.
    var kinds: [PoolKind] { machine.pools.keys.sorted() }
}
