"""A user's own daemon and its interpreters, as `parctl python` has to do with them."""
import json
import os
import signal
import subprocess
import sys
import time
import unittest

from script_stage import PATIENCE, ScriptTests, Stage, children, is_alive


class OwnerTests(ScriptTests):
    """Daemons of a user's own, and what becomes of scripts with them."""

    @classmethod
    def setUpClass(cls):
        pass

    def setUp(self):
        OwnerTests.stage = Stage()
        self.addCleanup(self.stage.end)
        self.ready()

    def test_daemon_dies(self):
        """With the daemon killed, no script is left, and its client does not say that all was well."""
        process = self.stage.begin(["-c", "import os,time\nprint(os.getpid(), flush=True)\ntime.sleep(60)"])
        pid = int(process.stdout.readline())
        self.stage.daemon.kill()
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 5)
        self.stage.wait(lambda: not is_alive(pid))

    def test_zygote_dies(self):
        """With the interpreter killed, running scripts go on, and the next one finds another."""
        process = self.stage.begin(["-c", "import os,time\nprint(os.getpid(), flush=True)\ntime.sleep(1)\nprint('end')"])
        process.stdout.readline()
        for pid in self.stage.interpreters():
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(self.stage.warm(["-c", "print('next')"]), (0, b"next\n", b""))
        self.assertEqual(process.communicate(timeout=PATIENCE)[0], b"end\n")
        self.assertEqual(process.returncode, 0)

    def test_two_interpreters(self):
        """Two interpreters have two pools of their own names, by which each can be named."""
        other = os.path.join(self.stage.folder, "python-of-another-name")
        os.symlink(os.path.realpath(sys.executable), other)
        environment = {b"PYTHONHOME": os.fsencode(sys.base_prefix)}
        result = self.stage.run(["parctl", "python", "--python", other, "-c", "print(1)"], environment=environment)
        self.assertEqual(result[:2], (0, b"1\n"), result)
        self.assertEqual([name for name in self.stage.pools() if name.startswith("scripts")], ["scripts", f"scripts@{other}"])
        self.assertEqual(self.stage.run(["parctl", "pools", "resize", f"scripts@{other}", "1"])[0], 0)
        pools = self.stage.pools()
        self.assertEqual((pools["scripts"]["floor"], pools[f"scripts@{other}"]["floor"]), (0, 1))

    def test_process_that_waits(self):
        """A script is run by a process that was there before, and each by one of its own."""
        ran = set()
        for _ in range(3):
            self.stage.wait(self.stage.spares)
            waiting = self.stage.spares()
            pid = int(self.stage.why(["-c", "import os; print(os.getpid())"])[1])
            self.assertIn(pid, waiting)
            self.assertNotIn(pid, ran)
            ran.add(pid)

    def test_process_that_waits_is_killed(self):
        """A script runs all the same, and another process waits for the next one."""
        for number in (signal.SIGKILL, signal.SIGSTOP):
            self.stage.wait(self.stage.spares)
            for pid in self.stage.spares():
                os.kill(pid, number)
            self.assertEqual(self.stage.warm(["-c", "print('ran')"], ["--why"])[:2], (0, b"ran\n"))
            self.ready()

    def test_process_that_waits_goes_with_its_interpreter(self):
        """Where the interpreter has gone, nothing that it has forked waits for a script."""
        self.stage.wait(self.stage.spares)
        waiting = self.stage.spares()
        for pid in self.stage.interpreters():
            os.kill(pid, signal.SIGKILL)
        self.stage.wait(lambda: not any(is_alive(pid) for pid in waiting))

    def test_orphans(self):
        """What a script leaves behind is reaped as soon as it ends."""
        code = "import subprocess; print(subprocess.Popen(['sh', '-c', 'read line'], stdin=0, stdout=-3, stderr=-3).pid)"
        process = self.stage.begin(["-c", code], stdin=subprocess.PIPE)
        pid = int(process.stdout.readline())
        self.assertEqual(process.wait(PATIENCE), 0)
        self.stage.wait(lambda: pid in children(self.stage.daemon.pid))
        begun = time.monotonic()
        process.stdin.close()
        self.stage.wait(lambda: pid not in children(self.stage.daemon.pid))
        self.assertLess(time.monotonic() - begun, 0.7, "at once, rather than when all children are looked at")
        process.stdout.close()
        process.stderr.close()

    def test_warm_and_pools(self):
        """--warm keeps an interpreter, which pools shows and lets go of."""
        def pool():
            return self.stage.pools().get("scripts:decimal")

        result = self.stage.run(["parctl", "python", "--python", sys.executable, "--warm", "decimal"])
        self.assertEqual(result[0], 0, result)
        self.assertIn(b"scripts:decimal is warm", result[1])
        self.assertEqual((pool()["floor"], pool()["ready"], pool()["state"]), (1, 1, "ready"))
        self.assertIn(b"parctl: warm", self.stage.why(["-c", "pass"], ["--preload", "decimal"])[2])
        self.assertEqual(self.stage.run(["parctl", "pools", "resize", "scripts:decimal", "0"])[0], 0)
        self.assertEqual(pool()["floor"], 0)
        failed = self.stage.run(["parctl", "python", "--python", sys.executable, "--warm", "no_such_module_here"])
        self.assertEqual(failed[0], 4)
        self.assertIn(b"No module named", failed[2])

    def test_why_names_a_preload(self):
        """--why names what would have saved most."""
        errors = self.stage.why(["-c", "import asyncio.events, http.server"])[2]
        self.assertRegex(errors, rb"parctl: --preload (asyncio|http|email)[.a-z]* would have saved ")

    def test_start_and_stop(self):
        """Two starts at once give one daemon, which status tells of and stop ends."""
        folder = os.path.join(self.stage.folder, "own")
        os.mkdir(folder)
        more = {b"PARD_SOCKET": b"", b"XDG_RUNTIME_DIR": os.fsencode(folder)}
        environment = {**self.stage.environment, **more}
        starts = [
            subprocess.Popen(["parctl", "start", "--idle", "1h"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(2)]
        told = [process.communicate(timeout=PATIENCE) for process in starts]
        self.assertEqual([process.returncode for process in starts], [0, 0], told)
        pids = {text.strip().rsplit(b" ", 1)[1] for text, _ in told}
        self.assertEqual(len(pids), 1, told)
        status = json.loads(self.stage.run(["parctl", "status", "--json"], environment=more)[1])
        self.assertEqual(status["origin"], "started by parctl start")
        self.assertEqual(status["idle_exit"], 3600 * 10**9)
        self.assertIn(b"started by parctl start", self.stage.run(["parctl", "status"], environment=more)[1])
        self.assertEqual(self.stage.warm(["-c", "print(1)"], environment=more)[:2], (0, b"1\n"))
        result = self.stage.run(["parctl", "stop"], environment=more)
        self.assertEqual(result[0], 0, result)
        self.assertFalse(is_alive(status["pid"]))
        self.assertEqual(self.stage.run(["parctl", "stop"], environment=more)[0], 3)

    def test_idle_exit(self):
        """A daemon that nobody uses ends; one with a script does not."""
        folder = os.path.join(self.stage.folder, "idle")
        os.mkdir(folder)
        more = {b"PARD_SOCKET": os.fsencode(folder) + b"/socket"}
        self.assertEqual(self.stage.run(["parctl", "start", "--idle", "300ms"], environment=more)[0], 0)
        process = subprocess.Popen(
            ["parctl", "python", "--python", sys.executable, "-c", "import time; time.sleep(1); print('end')"],
            env={**self.stage.environment, **more}, stdout=subprocess.PIPE)
        self.assertEqual(process.communicate(timeout=PATIENCE)[0], b"end\n")
        self.stage.wait(lambda: not os.path.exists(folder + "/socket"))


if __name__ == "__main__":
    unittest.main()
