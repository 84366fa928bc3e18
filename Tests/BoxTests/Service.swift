import Control
import Foundation
import Testing

/// All tests in the box, one after the other: they share one service.
@Suite("pard as a service", .serialized, .enabled(if: Box.hindrance == nil, "\(Box.hindrance ?? "")"))
struct ServiceTests {}

/// The system's service in the box.
struct Service {
    let box: Box

    /// As it was installed: asleep, with its socket listening and nothing changed in its configuration.
    ///
    /// - Parameters:
    ///   - system: whose service manager it has.
    ///   - dropIn: lines of `[Service]` beside the unit's own.
    ///   - settings: the configuration's file; nil for the package's own.
    static func fresh(
        on system: Box.System = .own, dropIn: String = "", settings: String? = nil
    ) throws -> Service {
        let service = Service(box: try Box.shared(system))
        try service.box.check("systemctl stop pard.service; cp /root/pard.yaml /etc/pard/pard.yaml")
        // Tests start it more often than any operator would.
        try service.box.write(
            "[Unit]\nStartLimitIntervalSec=0\n[Service]\n\(dropIn)", to: "/etc/systemd/system/pard.service.d/test.conf")
        if let settings { try service.box.write(settings, to: "/etc/pard/pard.yaml") }
        try service.box.check("systemctl daemon-reload && systemctl start pard.socket")
        return service
    }

    /// Runs parctl as a member of the group.
    func parctl(_ line: String, as user: String = "alice") throws -> Command.Outcome {
        try box.run("parctl \(line)", as: user)
    }

    /// Runs a workload as a member of the group, and expects that all tasks end well.
    @discardableResult
    func receipt(_ line: String) throws -> Receipt {
        let outcome = try parctl("run \(line) --no-spawn --json")
        try #require(outcome.status == 0, "run \(line): \(outcome.errors)")
        return try JSONDecoder().decode(Receipt.self, from: Data(outcome.output.utf8))
    }

    var status: GetStatus.Reply {
        get throws {
            try JSONDecoder().decode(
                GetStatus.Reply.self, from: Data(try box.check("parctl status --json", as: "alice").utf8))
        }
    }

    /// A property as `systemctl show` has it.
    func property(_ name: String) throws -> String {
        try box.check("systemctl show pard.service --value --property=\(name)")
    }

    /// Whether `systemctl reload` waits until the daemon has read its settings.
    var waitsForReload: Bool { get throws { try property("Type") == "notify-reload" } }

    /// Processes that have this one for their parent.
    func children(of pid: String) throws -> String {
        try box.run("grep -ls '^PPid:[[:space:]]*\(pid)$' /proc/[0-9]*/status").output
    }

    var mainPID: String { get throws { try property("MainPID") } }

    /// Its entries in the journal that have this field's value, newest last: each one's fields that are text.
    func entries(_ match: String = "") throws -> [[String: String]] {
        let text = try box.check(
            "journalctl --sync && journalctl --quiet --output=json _SYSTEMD_UNIT=pard.service \(match)")
        return try text.split(separator: "\n").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return try #require(object).compactMapValues { $0 as? String }
        }
    }

    /// The entries of a run, once there are some: runs are logged after they have been answered.
    func entries(ofRun receipt: Receipt) throws -> [[String: String]] {
        var found: [[String: String]] = []
        _ = try eventually {
            found = try entries("PARD_JOB=\(receipt.job)")
            return !found.isEmpty
        }
        return found
    }

    func entries(_ id: MessageID) throws -> [[String: String]] { try entries("MESSAGE_ID=\(id.rawValue)") }
}
