import Control
import Varlink
import VarlinkServer

/// `org.pard.Control`: each method's way to its handler.
struct ControlService: Service {
    let interface: InterfaceDescription
    let daemon: DaemonContext

    func handle(_ call: IncomingCall, _ replies: Replies) async throws -> any Encodable {
        try daemon.access.admit(call.peer)
        return switch call.method {
        case Ping.method: Empty()
        case GetStatus.method: try await StatusHandler(daemon: daemon).answer()
        case Run.method: try await RunHandler(daemon: daemon).answer(call, replies)
        case ListPools.method: try await PoolsHandler(daemon: daemon).list()
        case ResizePool.method: try await PoolsHandler(daemon: daemon).resize(try call.parameters(), by: call.peer)
        case RecyclePool.method: try await PoolsHandler(daemon: daemon).recycle(try call.parameters(), by: call.peer)
        case ListJobs.method: try await JobsHandler(daemon: daemon).list(for: call.peer)
        case CancelJob.method: try JobsHandler(daemon: daemon).cancel(try call.parameters(), by: call.peer)
        case ListWorkloads.method: WorkloadsHandler.reply
        default: throw ServiceError.methodNotImplemented(call.method)
        }
    }
}
