import Glibc
import Testing
import Varlink

@testable import parctl

@Suite struct SocketChoiceTests {
    private let both = ["/user/pard/pard.sock", "/run/pard/pard.sock"]

    private func choice(
        option: String? = nil, _ variables: [String: String] = [:], existing: Set<String> = []
    ) -> SocketChoice {
        SocketChoice(option: option, variable: { variables[$0] }, exists: existing.contains)
    }

    @Test func `the option comes before the variable, and the variable before all else`() {
        #expect(choice(option: "/a", ["PARD_SOCKET": "/b"]) == .named("/a"))
        #expect(choice(["PARD_SOCKET": "/b", "XDG_RUNTIME_DIR": "/user"], existing: Set(both)) == .named("/b"))
    }

    @Test func `the user's socket comes before the system's`() {
        let variables = ["XDG_RUNTIME_DIR": "/user"]
        #expect(choice(variables, existing: Set(both)) == .found(both[0], places: both))
        #expect(choice(variables, existing: [both[1]]) == .found(both[1], places: both))
        #expect(choice(variables) == .found(nil, places: both))
        #expect(choice([:]) == .found(nil, places: [both[1]]))
    }

    @Test func `a private daemon stands in only where nobody was named and nobody is there`() {
        let missing = CommandError.client(.unreachable(path: "/x", errno: ENOENT))
        let refused = CommandError.client(.unreachable(path: "/x", errno: ECONNREFUSED))
        let forbidden = CommandError.client(.unreachable(path: "/x", errno: EACCES))
        let found = SocketChoice.found("/x", places: ["/x"])
        #expect(found.allowsSpawning(after: missing))
        #expect(found.allowsSpawning(after: refused))
        #expect(found.allowsSpawning(after: .noDaemon(places: ["/x"])))
        #expect(!found.allowsSpawning(after: forbidden))
        #expect(!found.allowsSpawning(after: .client(.disconnected)))
        #expect(!SocketChoice.named("/x").allowsSpawning(after: refused))
    }

    @Test func `the daemon is looked for beside its client, then below its prefix, then in the path`() {
        #expect(
            DaemonFinder.candidates(own: "/usr/bin/parctl", path: "/bin:/sbin")
                == ["/usr/bin/pard", "/usr/bin/../libexec/pard/pard", "/bin/pard", "/sbin/pard"])
        #expect(DaemonFinder.candidates(own: nil, path: nil).isEmpty)
    }
}
