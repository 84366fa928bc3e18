"""Signals, and ends of all kinds, of scripts that `parctl python` runs."""
import os
import signal
import subprocess
import sys
import time
import unittest

from script_stage import PATIENCE, TRIES, ScriptTests, is_alive, state


class EndTests(ScriptTests):
    """Signals, and ends of all kinds."""

    LOOP = "import os,time\ntry:\n    print(os.getpid(), flush=True)\n    time.sleep(60)\nfinally:\n    print('finally', flush=True)\n"

    def both(self, words, **more):
        real = subprocess.Popen(
            [sys.executable, *words], cwd=self.stage.files, env=self.stage.environment,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more})
        return real, self.stage.begin(words, **more)

    def test_signals(self):
        """A signal does to both what it does."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
            ends = []
            for process in self.both(["-c", self.LOOP]):
                pid = int(process.stdout.readline())
                # It may be on its way from one line to the next.
                self.stage.wait_for_state(pid, "S")
                process.send_signal(number)
                ends.append((*process.communicate(timeout=PATIENCE), process.returncode))
            self.assertEqual(*ends, number)

    def test_handled_signal(self):
        """A handler of the script's gets it."""
        words = ["-c", (
            "import signal,time\nsignal.signal(signal.SIGTERM, lambda *a: exit(7))\nprint('begun', flush=True)\ntime.sleep(60)")]
        process = self.stage.begin(words)
        process.stdout.readline()
        process.terminate()
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 7)

    def test_early_signals(self):
        """A signal at any time from the start on ends it, and never with status 0."""
        for delay in range(0, 12):
            process = self.stage.begin(["-c", "import time; time.sleep(60)"])
            time.sleep(delay / 1000)
            process.terminate()
            process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, -signal.SIGTERM)

    def test_ignored_signals(self):
        """What the caller ignores, as under nohup, the script ignores."""
        words = ["-c", "import signal; print(signal.getsignal(signal.SIGHUP), signal.getsignal(signal.SIGINT))"]
        more = {"preexec_fn": lambda: (signal.signal(signal.SIGHUP, signal.SIG_IGN), signal.signal(signal.SIGINT, signal.SIG_IGN))}
        self.assertEqual(self.stage.warm(words, **more), self.stage.real(words, **more))

    def test_group_goes_with_client(self):
        """A client that is killed takes the script and its children with it."""
        words = ["-c", (
            "import os,subprocess,time\nchild=subprocess.Popen(['sleep','61'])\nprint(os.getpid(), child.pid, flush=True)\ntime.sleep(60)")]
        for _ in range(TRIES):
            process = self.stage.begin(words)
            pids = [int(word) for word in process.stdout.readline().split()]
            process.kill()
            # Where the daemon was held up, the client itself is the interpreter: its child goes on, as python3's does.
            if pids[0] != process.pid:
                break
            os.kill(pids[1], signal.SIGKILL)
            process.communicate(timeout=PATIENCE)
        process.communicate(timeout=PATIENCE)
        self.stage.wait(lambda: not any(is_alive(pid) for pid in pids))

    def test_children_outlive(self):
        """What a script leaves in the background goes on, as python3's does."""
        process = self.stage.begin(["-c", "import subprocess; print(subprocess.Popen(['sleep', '62'], stdout=-3, stderr=-3).pid)"])
        pid = int(process.communicate(timeout=PATIENCE)[0])
        self.assertEqual(process.returncode, 0)
        time.sleep(0.2)
        self.assertTrue(is_alive(pid))
        os.kill(pid, signal.SIGKILL)

    def test_closed_output(self):
        """A reader that goes away is met where the script writes, as with python3."""
        words = ["-c", "import sys\nprint('begun', flush=True)\nsys.stdin.read()\nfor i in range(100000): print(i)"]
        ends = []
        for process in self.both(words, stdin=subprocess.PIPE):
            process.stdout.readline()
            process.stdout.close()
            process.stdin.close()
            errors = process.stderr.read()
            process.stderr.close()
            ends.append((process.wait(PATIENCE), errors))
        self.assertEqual(*ends)

    def test_script_closes_its_output(self):
        """Where the script closes its output, nobody holds it open."""
        process = self.stage.begin(["-c", "import os,time\nprint('said', flush=True)\nos.close(1)\ntime.sleep(60)"])
        self.assertEqual(process.stdout.read(), b"said\n")
        self.assertIsNone(process.poll())
        process.kill()
        process.communicate(timeout=PATIENCE)

    def test_stop_and_continue(self):
        """A client that is stopped by its terminal stops the script, and goes on with it."""
        process = self.stage.begin(["-c", "import os,time\nprint(os.getpid(), flush=True)\nfor i in range(600):\n    time.sleep(0.1)"])
        pid = int(process.stdout.readline())
        process.send_signal(signal.SIGTSTP)
        self.stage.wait(lambda: state(pid) == "T" and state(process.pid) == "T")
        process.send_signal(signal.SIGCONT)
        self.stage.wait(lambda: state(pid) == "S" and state(process.pid) == "S")
        process.terminate()
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, -signal.SIGTERM)

    def test_many_at_once(self):
        """Eight at a time, each with its own output and status."""
        for first in range(0, 64, 8):
            running = [self.stage.begin(["-c", f"import sys; print({number}); sys.exit({number})"]) for number in range(first, first + 8)]
            for number, process in enumerate(running, first):
                self.assertEqual(process.communicate(timeout=PATIENCE), (b"%d\n" % number, b""))
                self.assertEqual(process.returncode, number)


if __name__ == "__main__":
    unittest.main()
