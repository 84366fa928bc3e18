import Control
import Foundation
import Testing

extension EndToEnd {
    /// The client of Debian 13's systemd, whose parser is stricter than others.
    @Suite(
        "systemd's varlinkctl as the client",
        .enabled(
            if: Trixie.tree != nil && getuid() == 0,
            "PARD_TRIXIE names no tree of Debian 13, which only root can enter: Tests/run makes one"),
        .enabled("mounts can't be kept from others here, as where / is none itself") { try Trixie.hasOwnMounts })
    struct VarlinkctlTests {
        /// Runs it in the tree, where it sees the daemon's socket and /proc, by which it connects.
        private static let script = """
            tree=$1 folder=$2
            shift 2
            mount --bind "$folder" "$tree/mnt"
            mount --rbind /proc "$tree/proc"
            exec /usr/sbin/chroot "$tree" varlinkctl "$@"
            """

        private func varlinkctl(
            _ daemon: Daemon, _ command: [String], _ words: [String] = [], status: Int32 = 0
        ) throws -> Child {
            let child = try Child(
                "/usr/bin/unshare",
                [
                    "--mount", "--propagation", "private", "--", "sh", "-ec", Self.script, "sh",
                    try #require(Trixie.tree),
                ]
                    + [daemon.fixture.folder] + command + ["/mnt/pard.sock"] + words,
                environment: daemon.fixture.environment())
            #expect(child.end() == .exit(status), "\(command): \(child.errors.text)")
            try #require(child.output.isOver(within: 10) && child.errors.isOver(within: 10))
            return child
        }

        /// Calls a method of the interface; the replies as they came.
        private func call(
            _ daemon: Daemon, _ method: String, _ parameters: String = "{}", more: Bool = false
        ) throws -> [Data] {
            let command = ["--json=short"] + (more ? ["--more"] : []) + ["call"]
            return try varlinkctl(daemon, command, [method, parameters]).output.text
                .split(whereSeparator: { "\n\u{1e}".contains($0) }).map { Data($0.utf8) }
        }

        @Test("is told who serves, and what there is")
        func introspection() throws {
            try Daemon.run { daemon in
                let info = try varlinkctl(daemon, ["info"]).output.text
                for part in ["pard", Version.current, Interface.name, "org.varlink.service"] {
                    #expect(info.contains(part), "\(info)")
                }
                let interfaces = try varlinkctl(daemon, ["list-interfaces"]).output.text
                #expect(Set(interfaces.split(separator: "\n")) == ["org.varlink.service", "org.pard.Control"])
                let methods = try varlinkctl(daemon, ["list-methods"]).output.text.split(separator: "\n").map(
                    String.init)
                #expect(methods.contains(Run.method) && methods.contains(Ping.method))
                for words in [[], [Interface.name], ["org.varlink.service"]] {
                    let description = try varlinkctl(daemon, ["introspect"], words)
                    #expect(description.errors.text == "")
                    #expect(description.output.text.contains("interface \(words.first ?? Interface.name)"))
                }
                let described = try varlinkctl(daemon, ["introspect"], [Interface.name]).output.text
                #expect(described.contains("inputs: ?[]Input"))
            }
        }

        @Test("has runs made, with one reply and with many, and is told why one can't be")
        func calls() throws {
            try Daemon.run { daemon in
                let decoder = JSONDecoder()
                #expect(try call(daemon, Ping.method) == [Data("{}".utf8)])
                let single = try call(daemon, Run.method, #"{"workload":"noop","tasks":3}"#)
                #expect(single.count == 1)
                let reply = try decoder.decode(Run.Reply.self, from: try #require(single.first))
                #expect(reply.receipt?.tasks == Tasks(ok: 3))
                let parameters = """
                    {"workload":"exec","inputs":[{"words":["echo","one"]},{"words":["echo","two"]}],"outputs":"tasks",\
                    "records":true}
                    """
                let replies = try call(daemon, Run.method, parameters, more: true)
                    .map { try decoder.decode(Run.Reply.self, from: $0) }
                #expect(replies.first?.accepted?.tasks == 2)
                #expect(replies.compactMap(\.outputs).joined().map(\.stdout) == ["one\n", "two\n"].map(Self.base64))
                #expect(replies.compactMap(\.records).joined().map(\.task) == [0, 1])
                #expect(replies.last?.receipt?.tasks == Tasks(ok: 2))
                let refused = try varlinkctl(daemon, ["call"], [Run.method, #"{"workload":"none"}"#], status: 1)
                #expect(refused.errors.text.contains("org.pard.Control.UnknownWorkload"))
                #expect(refused.output.text.contains("noop"))
            }
        }

        private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
    }
}

/// A tree of Debian 13's files, not booted.
enum Trixie {
    static let tree = ProcessInfo.processInfo.environment["PARD_TRIXIE"]

    /// Whether a process may have mounts that nobody else sees. In a plain chroot that can't be, as its root is no mount.
    static var hasOwnMounts: Bool {
        get throws {
            let words = ["--mount", "--propagation", "private", "--", "true"]
            return try Child("/usr/bin/unshare", words, environment: ["PATH": "/usr/bin:/bin"]).end() == .exit(0)
        }
    }
}
