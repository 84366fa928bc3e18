"""`parctl python` where python3 itself has to run the script."""
import os
import signal
import subprocess
import sys
import time
import unittest

from script_stage import ScriptTests


class ColdTests(ScriptTests):
    """Where a script can't be run warm as python3 would, python3 runs it, from its beginning, and --why says why."""

    def check(self, result, reason, output=b"done\n"):
        self.assertEqual(result[:2], (0, output))
        self.assertCold(result, reason)

    DONE = ["-c", "print('done')"]

    def test_options(self):
        """Options of the interpreter's own."""
        for option in (["-I"], ["-S"], ["-B"], ["-O"], ["-X", "utf8"], ["-W", "error"], ["-E"], ["-uI"]):
            self.check(self.stage.why([*option, *self.DONE]), b"is the interpreter's own option")
        self.assertEqual(self.stage.warm(["-V"]), self.stage.real(["-V"]))
        self.assertEqual(self.stage.warm(["--version"]), self.stage.real(["--version"]))
        self.assertEqual(self.stage.warm(["-c"])[0], 2)

    def test_asked_for(self):
        self.check(self.stage.warm(self.DONE, ["--why"], environment={b"PARD_PYTHON": b"cold"}), b"PARD_PYTHON is cold")

    def test_no_daemon(self):
        self.check(
            self.stage.warm(self.DONE, ["--why"], environment={b"PARD_SOCKET": b"/nowhere/socket"}), b"there is no daemon")

    def test_closed_streams(self):
        """A script without a standard stream has none, as python3's."""
        for stream in (0, 1, 2):
            words = ["-c", "import sys; open('seen', 'w').write(str([sys.stdin is None, sys.stdout is None, sys.stderr is None]))"]
            seen = []
            for run in (self.stage.real, self.stage.warm):
                run(words, preexec_fn=lambda: os.close(stream), input=None, capture_output=False, stdin=subprocess.DEVNULL)
                with open(os.path.join(self.stage.files, "seen"), encoding="ascii") as file:
                    seen.append(file.read())
            self.assertEqual(seen[0], seen[1])
        result = self.stage.why(self.DONE, preexec_fn=lambda: os.close(0), input=None)
        self.check(result, b"a standard stream is closed")

    def test_address_space(self):
        """A limit that the interpreter itself is above."""
        import resource

        size = int(self.stage.warm(["-c", "print(open('/proc/self/statm').read().split()[0])"])[1]) * resource.getpagesize()
        for room in (size - (1 << 20), 30 << 20):
            limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (room, room))
            # A build for debugging may not even be loaded then.
            starts = self.stage.run(["parctl", "python", "-V"], preexec_fn=limit)[0] == 0
            if starts and self.stage.real(self.DONE, preexec_fn=limit)[0] == 0:
                self.check(self.stage.why(self.DONE, preexec_fn=limit), b"address space")

    def test_namespace(self):
        """Another namespace."""
        if subprocess.run(["unshare", "--uts", "true"], capture_output=True).returncode:
            self.skipTest("namespaces can't be made here")
        words = ["unshare", "--uts", "parctl", "python", "--python", sys.executable, "--why", *self.DONE]
        self.check(self.stage.in_time(lambda: self.stage.run(words)), b"host name namespace")

    def test_rights(self):
        """Fewer rights."""
        if subprocess.run(["setpriv", "--no-new-privs", "true"], capture_output=True).returncode:
            self.skipTest("there is no setpriv")
        words = ["setpriv", "--no-new-privs", "parctl", "python", "--python", sys.executable, "--why", *self.DONE]
        self.check(self.stage.in_time(lambda: self.stage.run(words)), b"no_new_privs")

    def test_interpreter_that_starts_parctl(self):
        """A python3 in PATH that is parctl python itself doesn't start itself for ever."""
        folder = os.path.join(self.stage.folder, "alias")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "python3")
        with open(path, "w", encoding="ascii") as file:
            file.write('#!/bin/sh\nexec parctl python "$@"\n')
        os.chmod(path, 0o755)
        search = os.fsencode(folder) + b":" + os.path.dirname(os.path.realpath(sys.executable)).encode() + b":" + self.stage.environment[b"PATH"]
        result = self.stage.run(["parctl", "python", *self.DONE], environment={b"PATH": search, b"PARD_PYTHON": b"cold"})
        self.assertEqual(result[:2], (0, b"done\n"), result)

    def test_stopped_daemon(self):
        """A daemon that doesn't answer is waited for a moment only, and the script runs once."""
        self.stage.daemon.send_signal(signal.SIGSTOP)
        try:
            begun = time.monotonic()
            result = self.stage.warm(["-c", "open('once', 'a').write('x'); print('done')"], ["--why"])
            self.assertLess(time.monotonic() - begun, 30)
            self.check(result, b"there is no daemon")
        finally:
            self.stage.daemon.send_signal(signal.SIGCONT)
        self.ready()
        with open(os.path.join(self.stage.files, "once"), encoding="ascii") as file:
            self.assertEqual(file.read(), "x")


if __name__ == "__main__":
    unittest.main()
