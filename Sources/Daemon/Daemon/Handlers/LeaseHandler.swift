import Catalogue
import Control
import Ledger
import Linux
import Pools
import Scheduling
import Varlink
import VarlinkServer

/// `Lease`: gives a client workers of its own, and the memory by which it puts tasks through them. From then on ``LeaseWatch``
/// sees it through.
struct LeaseHandler: Sendable {
    let daemon: DaemonContext

    func answer(_ call: IncomingCall) throws {
        let accepted = Monotonic.now()
        guard call.wantsMore else { throw ServiceError.expectedMore }
        let request = try call.parameters(as: LeaseCall.Request.self)
        // Making and mapping a memory file takes its time, and a library may be looked into.
        daemon.planners.run { [self] in
            do {
                try take(request, call, accepted)
            } catch {
                daemon.refused(error)
                call.fail(error)
            }
        }
    }

    private func take(_ request: LeaseCall.Request, _ call: IncomingCall, _ accepted: UInt64) throws {
        let configuration = daemon.configuration
        var plan = try RunPlan(
            Run.Request(
                workload: request.workload, arguments: request.arguments, mode: request.mode,
                processes: request.processes, threads: request.threads, tasks: 1, timeout: request.timeout,
                context: request.context),
            limits: configuration.limits,
            processors: min(Processors.available, configuration.policy.maximumWorkers(of: call.peer.uid)),
            directory: daemon.directory, now: accepted, isLease: true)
        plan.spec.lease.kind.runtime = try daemon.runtime(of: plan) ?? plan.spec.lease.kind.runtime
        plan.spec.lease.user = call.peer.uid
        plan.spec.lease.caller = call.peer.pid
        plan.spec.lease.isHeld = true
        try complete(&plan, request, configuration.limits)
        let watch = LeaseWatch(call, daemon: daemon, plan: plan, accepted: accepted)
        _ = try daemon.supervisor.submit(plan.spec) {
            watch.take($0)
        } answer: {
            watch.hear($0)
        }
    }

    /// The least room for inputs or results that a lease has which doesn't ask for less.
    private static let leastBytes = 1 << 20

    /// Makes a lease's job of a run's: its tasks come from a stream.
    private func complete(_ plan: inout RunPlan, _ request: LeaseCall.Request, _ limits: JobLimits) throws(ControlError)
    {
        let attempts = request.attempts ?? LeaseCall.attempts
        guard (1...Int(UInt8.max)).contains(attempts) else {
            throw .badArgument("attempts", value: "\(attempts)", expected: "a number from 1 to \(UInt8.max)")
        }
        let seats = plan.spec.lease.workers
        guard seats <= StreamShape.maximumSeats else {
            throw .limitExceeded(limit: "workers of a lease", value: seats, allowed: StreamShape.maximumSeats)
        }
        let slots = request.tasks ?? LeaseCall.tasks
        func shape(_ usual: Int) -> StreamShape? {
            StreamShape(
                slots: slots, inputBytes: request.inputBytes ?? usual, resultBytes: request.resultBytes ?? usual)
        }
        // What nobody asked for leaves room for others.
        var usual = LeaseCall.bytes
        while usual > Self.leastBytes, shape(usual).map({ $0.byteCount(seats: seats) > limits.unaskedBytes }) == true {
            usual /= 2
        }
        guard let shape = shape(usual) else {
            throw .badArgument(
                "tasks",
                value: "\(slots), with \(request.inputBytes ?? LeaseCall.bytes) bytes of inputs and "
                    + "\(request.resultBytes ?? LeaseCall.bytes) of results",
                expected: "a power of two from \(StreamShape.slotRange.lowerBound) to "
                    + "\(StreamShape.slotRange.upperBound), and up to \(StreamShape.maximumBytes) bytes each")
        }
        let byteCount = shape.byteCount(seats: seats)
        guard byteCount <= limits.ledgerBytes else {
            throw .limitExceeded(limit: "ledger bytes", value: byteCount, allowed: limits.ledgerBytes)
        }
        plan.spec.tasks = 0
        plan.spec.plan.detailBytes = 0
        plan.spec.plan.detailColumns = 0
        plan.spec.attempts = attempts
        plan.spec.progressNanoseconds = nil
        do {
            plan.spec.stream = try StreamMemory(
                shape, seats: seats, hasResults: plan.spec.plan.heapBytes > 0)
        } catch {
            throw .workersFailed(reason: "no memory for the lease: \(error)")
        }
    }
}
