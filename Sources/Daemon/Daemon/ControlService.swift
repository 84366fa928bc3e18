import Catalogue
import Control
import Varlink
import VarlinkServer

/// `org.pard.Control`: each method's way to its handler.
struct ControlService: Service {
    let interface: InterfaceDescription
    let daemon: DaemonContext
    private let workloads: [UInt8]

    init(daemon: DaemonContext) throws {
        interface = try InterfaceDescription(Interface.description)
        workloads = try WorkloadsHandler.text
        self.daemon = daemon
    }

    func descriptorLimit(of method: String) -> Int {
        switch method {
        case Run.method: RunPlan.descriptorLimit
        case Script.method: Script.descriptors
        default: 0
        }
    }

    func answer(_ call: IncomingCall) {
        do {
            try daemon.access.admit(call.peer)
            daemon.usage.note(call.method)
            switch call.method {
            case Ping.method: call.reply(text: Self.empty)
            case GetStatus.method: StatusHandler(daemon: daemon).answer(call)
            case GetMetrics.method: MetricsHandler(daemon: daemon).answer(call)
            case Run.method: try RunHandler(daemon: daemon).answer(call)
            case LeaseCall.method: try LeaseHandler(daemon: daemon).answer(call)
            case Script.method: try ScriptHandler(daemon: daemon).answer(call)
            case KeepInterpreter.method: try ScriptHandler(daemon: daemon).keep(call)
            case ListPools.method: PoolsHandler(daemon: daemon).list(call)
            case ResizePool.method: try PoolsHandler(daemon: daemon).resize(call)
            case RecyclePool.method: try PoolsHandler(daemon: daemon).recycle(call)
            case ListJobs.method: JobsHandler(daemon: daemon).list(call)
            case CancelJob.method: try JobsHandler(daemon: daemon).cancel(call)
            case ListWorkloads.method: call.reply(text: workloads)
            default: throw ServiceError.methodNotImplemented(call.method)
            }
        } catch {
            call.fail(error)
        }
    }

    private static let empty = Array("{}".utf8)
}

/// `ListWorkloads`: the catalogue.
enum WorkloadsHandler {
    /// The reply, the same for everybody.
    static var text: [UInt8] {
        get throws {
            try Reply(ListWorkloads.Reply(workloads: Catalogue.all.map { WorkloadDescription($0) })).parameters
        }
    }
}
