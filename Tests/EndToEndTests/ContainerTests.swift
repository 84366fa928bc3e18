import Foundation
import Testing

extension EndToEnd {
    @Suite(
        "As the first process of a container, pard", .enabled(if: geteuid() == 0, "only root makes a container here"))
    struct ContainerTests {
        @Test("reaps what others leave, and ends when it is told to")
        func reaps() throws {
            try Fixture.run { fixture throws in
                let socket = fixture.folder + "/pard.sock"
                // What `unshare` starts is the container's first process; /proc shows the container alone. That is done by
                // hand, as `--mount-proc` can't where the root directory is no mount point, as in a chroot.
                let daemon = "'\(try Program.pard.path)' --socket '\(socket)' --floor-threads 2 --floor-processes 0"
                let script = """
                    exec unshare --pid --fork --mount --propagation unchanged --kill-child sh -c \
                        "mount --make-rprivate /proc && mount -t proc proc /proc && exec \(daemon)"
                    """
                let container = try Child("/bin/sh", ["-c", script], environment: fixture.environment())
                let parctl = { (words: [String]) in
                    try Parctl(words: ["--socket", socket] + words, in: fixture).outcome()
                }
                try #require(try eventually { try parctl(["ping"]).status == 0 })
                let orphans = "for i in 1 2 3; do (setsid sleep 0.1 &) ; done"
                #expect(try parctl(["run", "exec", "-q", "sh", "-c", orphans, ":::", "a", "b"]).status == 0)
                let look = "ps -e -o stat= -o comm= | grep -c '^Z.*sleep\\|^S.*sleep'; true"
                #expect(
                    try eventually { try parctl(["run", "exec", "-q", "sh", "-c", look, ":::", "a"]).output == "0\n" })
                let pard = try #require(fixture.processes.first { Processes.parent(of: $0) == Int(container.pid) })
                kill(pid_t(pard), SIGTERM)
                #expect(container.end(within: 20) == .exit(0))
            }
        }
    }
}
