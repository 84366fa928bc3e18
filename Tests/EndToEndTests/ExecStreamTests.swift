import Control
import Foundation
import Testing

extension EndToEnd {
    /// Commands whose arguments come while others run.
    @Suite("Commands that come one by one") struct ExecStreamTests {
        private func shell(_ script: String, _ daemon: Daemon) throws -> Child {
            let parctl = "'\(try Program.parctl.path)' --socket '\(daemon.socket)' run exec"
            return try Child(
                "/bin/bash", ["-c", "cd '\(daemon.fixture.folder)'; parctl() { \(parctl) \"$@\"; }; \(script)"],
                environment: daemon.fixture.environment())
        }

        @Test("begin before their input ends")
        func early() throws {
            try Daemon.run { daemon in
                // The input goes on only once the first command has run.
                let script = "(echo a; until [ -e a ]; do sleep 0.01; done; echo b) | parctl -q touch; ls; rm a b"
                let child = try shell(script, daemon)
                #expect(child.end(within: 20) == .exit(0))
                #expect(child.output.isOver(within: 5))
                #expect(child.output.text.hasPrefix("a\nb\n"))
            }
        }

        @Test("may be as long as programs can be started with, and hold any bytes")
        func long() throws {
            try Daemon.run { daemon in
                let script = """
                    seq 5000 | sed 's/.*/&\\xff &/' > list
                    parctl -q -k -j2 -N1000 echo -n < list > ours; xargs -d '\\n' -n1000 echo -n < list | cmp - ours && echo same
                    tr '\\n' '\\0' < list | parctl -q -k -0 -N999 printf '%s\\n' | cmp - list && echo same
                    (cat list; sleep 0.1; cat list) | parctl -q -j1 -N1000 bash -c 'cat $1; shift; echo $#' sh <(echo in) | uniq -c; rm list ours
                    """
                let child = try shell(script, daemon)
                #expect(child.end(within: 60) == .exit(0))
                #expect(child.output.isOver(within: 5))
                #expect(child.output.text == "same\nsame\n      1 in\n     10 1000\n", "\(child.errors.text)")
            }
        }

        @Test("wait for no command of another slot")
        func free() throws {
            try Daemon.run { daemon in
                // The first one ends once all others have.
                let wait = "until [ -e {}.end ]; do sleep 0.01; done; rm {}.end"
                let script =
                    "(echo 1; sleep 0.1; seq 2 40) | parctl -q -j2 'case {} in 1) \(wait);; 40) touch 1.end;; esac; echo {}'"
                let child = try shell(script, daemon)
                #expect(child.end(within: 20) == .exit(0))
                #expect(child.output.isOver(within: 5))
                let lines = child.output.text.split(separator: "\n")
                // The last one may be told after the first one, which it has let go.
                #expect(lines.count == 40 && lines.suffix(2).contains("1"))
            }
        }

        @Test("go on where the time for the next one comes as it is being looked at")
        func delays() throws {
            try Daemon.run { daemon in
                // About as long as a command takes: now and then one's time comes between two readings of the clock.
                let script = """
                    begin=$(date +%s%N); seq 100 | parctl -q -j1 --delay 1us true; took=$((($(date +%s%N) - begin) / 100))
                    for percent in 80 90 100 110 120; do
                        seq 250 | parctl -q -j1 --delay $((took * percent / 100))ns true || exit
                    done
                    """
                let child = try shell(script, daemon)
                #expect(child.end(within: 180) == .exit(0))
            }
        }

        @Test("have one receipt, and records that add up")
        func receipt() throws {
            try Daemon.run { daemon in
                let script = "(seq 10; sleep 0.1; seq 11 100) | parctl -j3 --json --records 'test {} != 50 && echo {}'"
                let child = try shell(script, daemon)
                #expect(child.end(within: 20) == .exit(1))
                #expect(child.output.isOver(within: 5))
                struct Document: Decodable { var records: [Record] }
                let receipt = try JSONDecoder().decode(Receipt.self, from: child.output.data)
                let records = try JSONDecoder().decode(Document.self, from: child.output.data).records
                #expect(receipt.tasks == Tasks(ok: 99, failed: 1))
                #expect(receipt.phases.sum == receipt.elapsed)
                #expect(receipt.workers == 3)
                #expect(receipt.workerCosts.reduce(0) { $0 + $1.tasks } == 100)
                #expect(Set(records.map(\.task)) == Set(0..<100))
                #expect(records.allSatisfy { $0.start >= 0 && $0.stop <= receipt.elapsed })
                #expect(receipt.task.sum == records.reduce(0) { $0 + $1.stop - $1.start })
            }
        }

        @Test("are ended by an interrupt, and nothing is left of them")
        func interrupt() throws {
            try Daemon.run { daemon in
                let child = try shell(
                    "exec 3< <(seq 2; sleep 60); exec \(try Program.parctl.path) --socket '\(daemon.socket)' run exec -q -j2 sleep 7{} <&3",
                    daemon)
                func sleepers() -> [Int] {
                    daemon.fixture.processes.filter { Processes.line(of: $0).hasPrefix("sleep 7") }
                }
                #expect(eventually { sleepers().count == 2 })
                child.signal(SIGINT)
                #expect(child.end(within: 20) == .exit(130))
                #expect(eventually { sleepers().isEmpty })
                for process in daemon.fixture.processes where Processes.line(of: process) == "sleep 60 " {
                    kill(pid_t(process), SIGKILL)
                }
            }
        }

        @Test("take their turns at an input to its end where one has failed before all of them have begun")
        func haltedTurns() throws {
            try Daemon.run { daemon in
                // The input goes on, for more commands than have begun, once the first one's failure is known.
                let script = """
                    line=$(printf %2000s)
                    input() {
                        echo "$line"; echo "$line"
                        until [ -e log ] && [ $(wc -l < log) = 2 ]; do sleep 0.01; done
                        yes "$line" | head -c 400000
                    }
                    first='until [ -e begun ]; do sleep 0.01; done; exit 7'
                    input | parctl -q --pipe --round-robin -k -j4 --block 1000 --halt soon,fail=1 --joblog log \
                        "case {#} in 1) $first;; *) touch begun; wc -c;; esac"
                    x=$?; rm log begun; exit $x
                    """
                let child = try shell(script, daemon)
                #expect(child.end(within: 20) == .exit(7))
                #expect(child.output.isOver(within: 5))
                #expect(child.output.text == "402001\n", "\(child.errors.text)")
            }
        }

        @Test("have their time from when they run on, however long others keep them waiting")
        func queued() throws {
            try Daemon.run("--worker-limit 1 --floor-threads 0 --floor-processes 0") { daemon in
                // Their median makes it 2 s.
                let input = "yes 0.1 | head -n 5; until [ -e go ]; do sleep 0.01; done; echo 0; echo 0"
                let child = try shell("(\(input)) | parctl -q -j1 --timeout 2000% sleep; x=$?; rm go; exit $x", daemon)
                #expect(try eventually { try daemon.status.jobsFinished == 5 })
                let other = try daemon.start("run sleep --for 60s --tasks 1 --threads 1")
                _ = try daemon.awaitJob()
                try Data().write(to: URL(fileURLWithPath: daemon.fixture.folder + "/go"))
                _ = try daemon.awaitJob { $0.state == "queued" }
                #expect(child.end(within: 3) == nil)
                other.process.signal(SIGINT)
                #expect(child.end(within: 20) == .exit(0), "\(child.errors.text)")
                #expect(try other.outcome().status == 130)
            }
        }

        @Test("show lines at once where that is asked for, each whole and with its tag")
        func lines() throws {
            try Daemon.run { daemon in
                // The first command goes on once the second one has seen its line, which is printed to a file.
                let first = "echo one; until [ -e go ]; do sleep 0.01; done; echo two"
                let second = "until grep -q one out; do sleep 0.01; done; touch go"
                let script =
                    "touch out; parctl -q -j2 --tag --line-buffer 'case {} in 1) \(first);; 2) \(second);; esac' ::: 1 2 > out; cat out; rm out go"
                let child = try shell(script, daemon)
                #expect(child.end(within: 20) == .exit(0))
                #expect(child.output.isOver(within: 5))
                #expect(child.output.text == "1\tone\n1\ttwo\n")
            }
        }

        @Test(
            "that are not found say so, with what may have been meant",
            arguments: [
                ("f.py", "f.py: command not found; did you mean './f.py'?"), ("gzipp", "did you mean 'gzip'?"),
                ("./nothing", "./nothing: No such file or directory"),
            ])
        func notFound(name: String, text: String) throws {
            try Daemon.run { daemon in
                let child = try shell(
                    "touch f.py; chmod +x f.py; parctl -q \(name) ::: a b; x=$?; rm f.py; exit $x", daemon)
                #expect(child.end(within: 20) == .exit(2))
                #expect(child.errors.isOver(within: 5))
                #expect(child.errors.text.contains(text))
            }
        }

        @Test("go on where a joblog was cut, and none is run twice")
        func resume() throws {
            try Daemon.run { daemon in
                let script = """
                    seq 20 | parctl -q --joblog log 'echo {} >> ran'
                    size=$(stat -c %s log); truncate -s $((size - 9)) log
                    seq 30 | parctl -q --joblog log --resume 'echo {} >> ran'
                    sort ran | uniq -d; sort ran | wc -l; tail -n +2 log | cut -f1 | sort -n | uniq | wc -l; rm log ran
                    """
                let child = try shell(script, daemon)
                #expect(child.end(within: 20) == .exit(0))
                #expect(child.output.isOver(within: 5))
                #expect(child.output.text == "30\n30\n")
            }
        }
    }
}
