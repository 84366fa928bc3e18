import Catalogue
import Control
import Ledger
import Linux
import Scheduling
import VarlinkServer

/// `Run`: takes a job in. From then on ``RunWatch`` sees it through.
struct RunHandler: Sendable {
    let daemon: DaemonContext

    func answer(_ call: IncomingCall) throws {
        let accepted = Monotonic.now()
        let simple = call.parametersText.flatMap { Run.Request(parameters: $0) }
        let request = try simple ?? call.parameters(as: Run.Request.self)
        if call.place == .background || Self.takesTime(request) {
            daemon.planners.run { [self] in
                do {
                    try take(request, call, accepted, here: false)
                } catch {
                    call.fail(error)
                }
            }
        } else {
            try take(request, call, accepted, here: call.place == .loop)
        }
    }

    /// Whether a directory has to be looked at, which may be slow to answer, or what each task is given.
    private static func takesTime(_ request: Run.Request) -> Bool {
        if request.inputs != nil || request.block != nil { return true }
        guard let given = request.arguments, let definition = Catalogue.definition(named: request.workload) else {
            return false
        }
        // A library is looked into, as are the files of a module.
        if RuntimeName.users.contains(definition.runtime) { return true }
        return definition.options.contains { $0.kind == .path && given[$0.name] != nil }
    }

    /// - Parameter here: whether this is the socket's loop and has nothing else to do, so that the run needn't be handed on.
    private func take(_ request: Run.Request, _ call: IncomingCall, _ accepted: UInt64, here: Bool) throws {
        let configuration = daemon.configuration
        var plan: RunPlan
        do {
            plan = try RunPlan(
                request, limits: configuration.limits,
                processors: min(Processors.available, configuration.policy.maximumWorkers(of: call.peer.uid)),
                directory: daemon.directory, now: accepted, descriptors: call.descriptors)
            plan.spec.lease.kind.runtime = try daemon.runtime(of: plan) ?? plan.spec.lease.kind.runtime
        } catch {
            daemon.refused(error)
            throw error
        }
        plan.spec.lease.user = call.peer.uid
        plan.spec.lease.caller = call.peer.pid
        plan.spec.lease.waits = request.wait == true
        let spec = plan.spec
        // They are in the ledger once the job is handed in, and may be large.
        plan.spec.inputs = nil
        let watch = RunWatch(
            call, daemon: daemon, plan: plan, accepted: accepted, wantsRecords: request.records == true,
            wantsResults: request.results == true, sendsEarly: request.early == true,
            outputs: call.wantsMore ? request.outputs : nil)
        do throws(InputBlock.Fault) {
            let log = try daemon.supervisor.submit(spec, here: here && spec.lease.cold == nil) {
                watch.take($0)
            } answer: { [self] in
                hear($0, of: watch, call.peer)
            }
            if let log { watch.read(log) }
        } catch {
            let refusal = ControlError(error)
            daemon.refused(refusal)
            throw refusal
        }
    }

    /// Hears whether the job was accepted, before it is begun.
    private func hear(_ answer: Result<JobID, Refusal>, of watch: RunWatch, _ peer: Peer) {
        switch answer {
        case .success(let id): watch.begin(id)
        case .failure(let refusal):
            let error = Self.error(refusal, daemon.configuration)
            daemon.refused(error)
            if case .busy(let limit, let allowed, _, _) = error {
                daemon.throttle.tell(daemon.logger, limit: limit, allowed: allowed, uid: peer.uid, now: Monotonic.now())
            }
            watch.refuse(error)
        }
    }

    static func error(_ refusal: Refusal, _ configuration: Configuration) -> ControlError {
        switch refusal {
        case .busy(let limit, let allowed, let user, let retryAfter):
            .busy(
                limit: limit, allowed: allowed, user: user.map { Int($0) },
                retryAfter: retryAfter.map { Int(clamping: $0) })
        case .tooMuch(let limit, let value, let allowed): .limitExceeded(limit: limit, value: value, allowed: allowed)
        case .noMemory: .busy(limit: "ledger bytes", allowed: configuration.limits.ledgerBytes)
        case .draining: .draining
        }
    }
}

extension JobRow.State {
    /// As the interface description calls it.
    var name: String {
        switch self {
        case .queued, .starting, .running, .collecting, .stopping: rawValue
        case .settling, .regrouping: "running"
        }
    }
}

/// `ListJobs` and `CancelJob`.
struct JobsHandler: Sendable {
    let daemon: DaemonContext

    func list(_ call: IncomingCall) {
        let peer = call.peer
        daemon.answer(call) { [daemon] snapshot in
            let now = Monotonic.now()
            return ListJobs.Reply(
                jobs: daemon.runs.entries.map { entry in
                    Job(
                        job: entry.name, workload: entry.workload, mode: entry.mode, workers: entry.workers,
                        state: snapshot.machine.jobs[entry.id]?.state.name ?? "collecting", tasks: entry.tasks,
                        done: snapshot.done[entry.id] ?? 0, uid: Int(entry.uid), age: now.since(entry.accepted),
                        arguments: daemon.access.owns(peer, jobOf: entry.uid) ? entry.arguments : nil)
                })
        }
    }

    func cancel(_ call: IncomingCall) throws {
        let request = try call.parameters(as: CancelJob.Request.self)
        guard let entry = daemon.runs.entry(named: request.job) else { throw ControlError.noSuchJob(request.job) }
        guard daemon.access.owns(call.peer, jobOf: entry.uid) else {
            throw ControlError.notPermitted(action: "cancel the job of another user", needs: "that user's id or root")
        }
        daemon.supervisor.cancel(entry.id, .request)
        call.reply(Empty())
    }
}
