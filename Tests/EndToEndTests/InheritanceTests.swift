import Foundation
import Testing

extension EndToEnd {
    /// What a command has from whoever starts parctl, as it would have it without parctl between.
    @Suite("Of whoever starts parctl, commands and files have")
    struct InheritanceTests {
        /// Runs a script in the test's folder, in which `parctl` is the program, beside a daemon.
        private func shell(_ script: String, _ options: String = "") throws -> Parctl.Outcome {
            var outcome: Parctl.Outcome?
            try Daemon.run(options) { daemon in outcome = try Self.shell(script, beside: daemon) }
            return try #require(outcome)
        }

        private static func shell(_ script: String, beside daemon: Daemon) throws -> Parctl.Outcome {
            let program = try Program.parctl.path
            let process = try Child(
                "/bin/sh",
                ["-c", "cd '\(daemon.fixture.temporary)'\n" + script.replacing("parctl", with: "'\(program)'")],
                environment: daemon.fixture.environment(["PARD_SOCKET": daemon.socket]))
            return try Parctl(process: process).outcome()
        }

        @Test("the signals that are ignored", arguments: ["HUP", "INT", "QUIT", "TERM", "PIPE", "USR1"])
        func ignored(signal: String) throws {
            let outcome = try shell(
                "trap '' \(signal); exec parctl run exec -q sh -c 'kill -\(signal) $$; echo on' ::: a")
            #expect(outcome.status == 0)
            #expect(outcome.output == "on\n")
        }

        @Test("no signal ignored that they have not been told to ignore")
        func heard() throws {
            let outcome = try shell("exec parctl run exec -q grep SigIgn ::: /proc/self/status")
            #expect(outcome.output == "SigIgn:\t0000000000000000\n")
        }

        @Test("parctl's own deafness to what nohup and a script's & ignore", arguments: [SIGHUP, SIGINT])
        func deaf(signal: Int32) throws {
            try Daemon.run { daemon in
                let fixture = daemon.fixture
                let script = """
                    trap '' HUP INT
                    exec '\(try Program.parctl.path)' run exec -q sh -c 'echo there; read line < go; echo $line' ::: a
                    """
                let process = try Child(
                    "/bin/sh", ["-c", "cd '\(fixture.temporary)'; mkfifo go\n" + script],
                    environment: fixture.environment(["PARD_SOCKET": daemon.socket]))
                _ = try daemon.awaitJob { $0.workload == "exec" && $0.state == "running" }
                process.signal(signal)
                // A signal that is obeyed shows at once: the run is cancelled, and nobody opens the pipe for reading.
                let writer = try Child(
                    "/bin/sh", ["-c", "echo done > '\(fixture.temporary)/go'"], environment: fixture.environment())
                let outcome = try Parctl(process: process).outcome()
                #expect(outcome.status == 0)
                #expect(outcome.output == "there\ndone\n")
                #expect(writer.end() == .exit(0))
                try FileManager.default.removeItem(atPath: fixture.temporary + "/go")
            }
        }

        @Test("the limits, the nice value, the turn at the disk, and the order in which memory is freed")
        func limits() throws {
            let outcome = try shell(
                """
                ulimit -n 77; ulimit -Sc 0; ulimit -t 1000; ulimit -Sv 4000000; echo 300 > /proc/self/oom_score_adj
                exec ionice -c3 nice -n 7 parctl run exec -q --timeout 20s sh -c '
                    ulimit -n; ulimit -c; ulimit -t; ulimit -v; nice; ionice
                    # Without privileges, it is given to a program that has begun.
                    until grep -x 300 /proc/$$/oom_score_adj; do sleep 0.01; done' ::: a
                """)
            #expect(outcome.output == "77\n0\n1000\n4000000\n7\nidle\n300\n", "\(outcome.errors)")
        }

        @Test("the processors that it may run on, and how it is scheduled")
        func processors() throws {
            // Whatever processors the tests may use.
            let last = try shell("exec parctl run exec -q sh -c 'grep Cpus_allowed_list /proc/self/status' ::: a")
            let list = try #require(last.output.split(separator: "\t").last?.split(separator: "\n").first)
            let one = try #require(list.split { $0 == "," || $0 == "-" }.last)
            let show = "grep Cpus_allowed_list /proc/self/status; chrt -p $$ | head -n 1 | sed s/.*:.//"
            let outcome = try shell(
                """
                exec taskset -c \(one) chrt -b 0 parctl run exec -q sh -c '\(show)' ::: a
                """)
            #expect(outcome.output == "Cpus_allowed_list:\t\(one)\nSCHED_BATCH\n", "\(outcome.errors)")
        }

        @Test("no higher limit than the daemon itself has")
        func lowerLimits() throws {
            try Daemon.run { daemon in
                let pids = try daemon.pools.flatMap(\.pids).map { "prlimit --nofile=200:200 --pid \($0)\n" }
                let outcome = try Self.shell(
                    pids.joined() + "ulimit -n 1000; exec parctl run exec -q sh -c 'ulimit -Sn; ulimit -Hn' ::: a",
                    beside: daemon)
                #expect(outcome.output == "200\n200\n")
            }
        }

        @Test("the umask, whoever writes the file", arguments: [("077", "600"), ("002", "664"), ("027", "640")])
        func umask(mask: String, mode: String) throws {
            try WebServer.run { (daemon, server) throws in
                let outcome = try Self.shell(
                    """
                    umask 022; mkdir files; umask \(mask)
                    parctl run download --output "$PWD/files" \(server.url)/size/10 > files/receipt
                    parctl run exec -q --joblog files/log 'echo > files/{}' ::: made
                    parctl run noop --html files/page --svg files/svg --trace files/trace > files/other
                    parctl run exec -q --results files/results echo ::: a > /dev/null
                    find files -type f | wc -l; find files -type f ! -perm \(mode); rm -r files
                    """, beside: daemon)
                #expect(outcome.output == "11\n")
                #expect(outcome.errors == "")
            }
        }

        @Test("no other place to run in than the one that is gone")
        func noDirectory() throws {
            let outcome = try shell(
                """
                mkdir gone; cd gone; rmdir ../gone
                parctl run exec -q pwd ::: a; echo $?
                parctl run exec -q --workdir /tmp sh -c pwd ::: a
                """)
            #expect(outcome.output == "255\n/tmp\n")
            #expect(outcome.errors.contains("/gone (deleted)' has been removed; nothing was run\n"))
        }

        @Test("a limit on the size of files, which is named where it is met")
        func fileSize() throws {
            let outcome = try shell(
                """
                ulimit -f 0; parctl run noop --html page > /dev/null; echo $?
                parctl run exec -q --joblog log echo ::: a > /dev/null; echo $?
                rm -f page log
                """)
            #expect(!outcome.errors.contains("limit exceeded"))
            #expect(outcome.errors.contains("'page': File too large; the file would be larger than 'ulimit -f'"))
            #expect(outcome.errors.contains("log': File too large; the file would be larger than 'ulimit -f'"))
        }

        @Test("no terminal to wait at, whoever starts the daemon", arguments: [true, false])
        func terminal(isPrivate: Bool) throws {
            let line = "parctl run exec -q sh -c 'read line < /dev/tty; echo ended' ::: a"
            let own = isPrivate ? "unset PARD_SOCKET; export XDG_RUNTIME_DIR=/nowhere; " : ""
            // Gives it a terminal, on which nobody ever types.
            let outcome = try shell(
                own + "mkfifo typed; sleep 60 > typed & script -qec \"\(line)\" /dev/null < typed; kill $!; rm typed")
            #expect(outcome.output.contains("ended"))
            #expect(outcome.output.contains("/dev/tty: No such device or address"))
        }
    }
}
