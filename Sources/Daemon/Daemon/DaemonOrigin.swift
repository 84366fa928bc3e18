import Control
import Glibc
import Linux
import Pools
import Scheduling
import Synchronization

/// How a daemon came to be, and when it ends by itself.
public struct DaemonOrigin: Sendable {
    /// For people.
    let words: String
    /// How long it stays without being used; nil for ever.
    let idleNanoseconds: UInt64?

    init(_ configuration: Configuration) {
        idleNanoseconds = configuration.idleExitNanoseconds == 0 ? nil : configuration.idleExitNanoseconds
        words =
            if configuration.ownerLink != nil {
                "started by parctl for one command"
            } else if configuration.readyLink != nil {
                "started by parctl start"
            } else if getenv("INVOCATION_ID") != nil || getenv("NOTIFY_SOCKET") != nil {
                "started by the service manager"
            } else {
                "started by hand"
            }
    }
}

/// When somebody last had a use for the daemon, rather than looked at it.
final class Usage: Sendable {
    private let last = Atomic(Monotonic.now())

    private static let looks: Set<String> = [
        Ping.method, GetStatus.method, GetMetrics.method, ListPools.method, ListJobs.method, ListWorkloads.method,
    ]

    func note(_ method: String) {
        if !Self.looks.contains(method) { touch() }
    }

    func touch() { last.store(Monotonic.now(), ordering: .relaxed) }

    /// Nanoseconds since then.
    var idleNanoseconds: UInt64 { UInt64(max(0, Monotonic.now().since(last.load(ordering: .relaxed)))) }
}

/// Waits until nobody has used the daemon for as long as it is to stay.
struct IdleWatch: Sendable {
    let limit: UInt64
    let usage: Usage
    let supervisor: Supervisor

    private static let pauseNanoseconds: UInt64 = 100_000_000

    func run() async throws {
        while true {
            let idle = usage.idleNanoseconds
            if idle < limit {
                // At a job it is looked at again and again.
                try await Task.sleep(nanoseconds: max(limit - idle, Self.pauseNanoseconds))
            } else if await isAtWork {
                usage.touch()
            } else {
                return
            }
        }
    }

    private var isAtWork: Bool {
        get async {
            await withCheckedContinuation { continuation in
                supervisor.look { snapshot in
                    let isAtWork = snapshot.map { !$0.machine.jobs.isEmpty || $0.hasScripts } ?? false
                    continuation.resume(returning: isAtWork)
                }
            }
        }
    }
}
