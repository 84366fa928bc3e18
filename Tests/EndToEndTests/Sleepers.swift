import Foundation
import Testing

/// Commands of every kind, each of which ends in processes that sleep for long, and how to find what is left of them.
///
/// They are known by an argument that no other process has: some throw away their environment, their parent, their group
/// and their session.
struct Sleepers {
    /// How a command comes to its sleeping processes.
    enum Kind: Int, CaseIterable {
        case foreground, background, leftBehind, twiceForked, session, hangupProof, deafToTERM, deafSession, cleared,
            daemon

        /// - Parameter sleep: what sleeps, as a shell takes it.
        fileprivate func script(_ sleep: String) -> String {
            switch self {
            case .foreground: "exec \(sleep)"
            case .background: "\(sleep) & wait"
            case .leftBehind: "\(sleep) & exec \(sleep)"
            case .twiceForked: "(\(sleep) &); exec \(sleep)"
            case .session: "(setsid \(sleep) &); exec \(sleep)"
            case .hangupProof: "nohup \(sleep) >/dev/null 2>&1 & wait"
            case .deafToTERM: "trap '' TERM; \(sleep) & \(sleep)"
            case .deafSession: "trap '' TERM; (setsid \(sleep) &); \(sleep)"
            case .cleared: "(env -i setsid nohup \(sleep) >/dev/null 2>&1 &); exec \(sleep)"
            case .daemon: "(cd /; setsid sh -c '\(sleep) & exit' <&- >/dev/null 2>&1 &); exec \(sleep)"
            }
        }

        /// How many processes of it sleep.
        fileprivate var count: Int {
            switch self {
            case .foreground, .background, .hangupProof: 1
            default: 2
            }
        }
    }

    private let token = String(UInt32.random(in: 100_000_000..<1_000_000_000))
    let kinds: [Kind]

    init(_ kinds: [Kind] = Kind.allCases) {
        self.kinds = kinds
    }

    private func sleep(_ kind: Kind) -> String { "sleep 1000.\(token)\(kind.rawValue)" }

    /// What has one command of each kind run at once, by `parctl run exec`.
    var words: [String] { ["sh", "-c", "{}", ":::"] + kinds.map { $0.script(sleep($0)) } }

    /// The processes that sleep, by kind.
    var alive: [(kind: Kind, pid: Int)] {
        let lines = Processes.all.map { (pid: $0, line: Processes.line(of: $0)) }
        return kinds.flatMap { kind in
            lines.filter { $0.line == sleep(kind) + " " && Processes.isAlive($0.pid) }.map { (kind, $0.pid) }
        }
    }

    /// Waits until all are there.
    func awaitAll() throws {
        let count = kinds.map(\.count).reduce(0, +)
        try #require(eventually { alive.count == count }, "not all commands have come up: \(alive)")
    }

    /// Expects that none of them is left a second from now.
    func expectNone(_ comment: Comment? = nil) {
        let areGone = eventually(within: .seconds(1)) { alive.isEmpty }
        #expect(areGone, comment ?? "left: \(Set(alive.map { "\($0.kind)" }).sorted())")
        for (_, pid) in alive { kill(pid_t(pid), SIGKILL) }
    }
}
