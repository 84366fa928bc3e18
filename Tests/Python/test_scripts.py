"""`parctl python` beside python3: both run the same scripts, and everything that can be seen of them must be the same."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

import script_cases

INPUT = b"print('from standard input')\n"
PATIENCE = 60


# Where tests are started in the background, they ignore these, and so would all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)


class Stage:
    """A folder with the cases' files, and a daemon of its own."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="pard-scripts-")
        self.files = os.path.join(self.folder, "files")
        for name, text in script_cases.FILES.items():
            path = os.path.join(self.files, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="ascii") as file:
                file.write(textwrap.dedent(text).lstrip("\n"))
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PARD_", "PYTHON", "COV_"))},
            "PARD_SOCKET": os.path.join(self.folder, "socket"),
            "CASE": "ä", "CALLER": str(os.getpid()),
        }
        self.environment = {os.fsencode(name): os.fsencode(value) for name, value in self.environment.items()}
        self.environment[b"BYTES"] = b"\xff\xfe"
        self.environment[b"COUNT"] = str(len(self.environment) + 1).encode()
        self.start()

    def start(self, *words):
        self.daemon = subprocess.Popen(
            ["pard", "--socket", self.socket, "--floor-threads", "0", "--floor-processes", "0", *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.wait(lambda: os.path.exists(self.socket))

    @property
    def socket(self):
        return os.path.join(self.folder, "socket")

    def wait(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError("what was waited for did not come")
            time.sleep(0.01)

    def end(self):
        self.daemon.send_signal(signal.SIGCONT)
        self.daemon.terminate()
        self.daemon.wait(30)
        shutil.rmtree(self.folder)

    def real(self, words, **more):
        return self.run([sys.executable, *words], **more)

    def warm(self, words, options=(), **more):
        return self.run(["parctl", "python", "--python", sys.executable, *options, *words], **more)

    def run(self, words, environment=None, **more):
        done = subprocess.run(
            words, cwd=self.files, env={**self.environment, **(environment or {})}, timeout=PATIENCE,
            **{"input": INPUT, "capture_output": True, **more})
        return done.returncode, done.stdout, done.stderr

    def begin(self, words, options=(), **more):
        return subprocess.Popen(
            ["parctl", "python", "--python", sys.executable, *options, *words], cwd=self.files, env=self.environment,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more})


class ScriptTests(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.stage = Stage()
        # So that none of the cases goes cold because its interpreter is not up.
        cls.ready()

    @classmethod
    def ready(cls, options=()):
        cls.stage.wait(lambda: b"parctl: warm" in cls.stage.warm(["-c", "pass"], ["--why", *options])[2])

    @classmethod
    def tearDownClass(cls):
        cls.stage.end()

    def assertWarm(self, words, options=()):
        """Runs it once more with --why, which adds lines of parctl's own only."""
        status, _, errors = self.stage.warm(words, ["--why", *options])
        if status >= 0:
            self.assertIn(b"parctl: warm: ", errors)
        self.assertNotIn(b"parctl: cold", errors)

    def assertCold(self, result, reason):
        self.assertIn(b"parctl: cold: ", result[2])
        self.assertIn(reason, result[2])


def add(words, number):
    def test(self):
        real, warm = plain(self.stage.real(words)), plain(self.stage.warm(words))
        for place, name in ((1, "standard output"), (2, "standard error"), (0, "status")):
            self.assertEqual(warm[place], real[place], name)
        self.assertWarm(words)

    test.__doc__ = f"python3 and parctl python do the same with: {' '.join(words) or 'standard input'}"
    setattr(CaseTests, f"test_{number:02}_{'_'.join(word for word in words[:2] if word.isidentifier() or '.' in word)}", test)


class CaseTests(ScriptTests):
    """The cases."""

    def test_what_differs_does(self):
        """The differences that the manual names are there: one that has gone is to be taken out of it."""
        for words in script_cases.DIFFERENT:
            if words == ["hashes.py"]:
                self.assertEqual(self.stage.warm(words), self.stage.warm(words), "one seed for all scripts of an interpreter")
            else:
                self.assertNotEqual(self.stage.real(words), self.stage.warm(words), words)


for number, words in enumerate(script_cases.CASES):
    add(words, number)


class IsolationTests(ScriptTests):
    """Nothing of one script is seen by the next."""

    def test_nothing_is_left(self):
        """Environment, directory, modules, path, umask, signals, limits and names of one script are none of the next."""
        look = (
            "import os,sys,signal,resource,builtins;m=os.umask(0);print(os.environ.get('LEFT'),os.getcwd(),sorted(sys.modules)"
            ",sys.path,m,signal.getsignal(15),resource.getrlimit(7),hasattr(builtins,'left'),sys.argv)")
        before = self.stage.warm(["-c", look])
        self.stage.warm(["-c", (
            "import os,sys,signal,resource,builtins,json,wave;os.environ['LEFT']='1';os.chdir('/');sys.path.append('/left')"
            ";os.umask(0o77);signal.signal(15,signal.SIG_IGN);resource.setrlimit(7,(64,64));builtins.left=1")])
        self.assertEqual(self.stage.warm(["-c", look]), before)

    def test_random_numbers(self):
        """Two scripts draw different numbers."""
        self.assertNotEqual(
            self.stage.warm(["-c", "import random; print(random.random())"])[1],
            self.stage.warm(["-c", "import random; print(random.random())"])[1])

    def test_buffered_output(self):
        """What a script has not flushed as its reader went is not written by another."""
        pipe = subprocess.PIPE
        first = self.stage.begin(["-c", "import sys,time\nprint('first', flush=True)\nsys.stdout.write('x' * 100)\ntime.sleep(0.3)"])
        first.stdout.readline()
        first.stdout.close()
        self.assertEqual(first.wait(PATIENCE), 120)
        self.assertIn(b"BrokenPipeError", first.stderr.read())
        first.stderr.close()
        self.assertEqual(self.stage.warm(["-c", "print('second')"]), (0, b"second\n", b""))

    def test_environment_reaches_the_script(self):
        """A variable that a script's caller sets is the script's, whatever the interpreter was started with."""
        for value in (b"one", b"two"):
            self.assertEqual(
                self.stage.warm(["-c", "import os; print(os.environ['FRESH'])"], environment={b"FRESH": value}),
                (0, value + b"\n", b""))

    def test_time_zone(self):
        """TZ is the caller's."""
        words = ["-c", "import time; print(time.strftime('%Z'))"]
        for zone in (b"UTC", b"XYZ-3"):
            self.assertEqual(self.stage.warm(words, environment={b"TZ": zone}), self.stage.real(words, environment={b"TZ": zone}))

    def test_locale(self):
        """Another locale is another interpreter, again and again, and each keeps its own."""
        words = ["-c", "import sys,locale; print(sys.stdout.encoding, locale.getpreferredencoding(False), sys.flags.utf8_mode)"]
        for more in ({b"LC_ALL": b"C"}, {b"LC_ALL": b"C.UTF-8"}, {b"LC_ALL": b"C"}, {b"PYTHONIOENCODING": b"latin-1:replace"}):
            self.assertEqual(self.stage.warm(words, environment=more), self.stage.real(words, environment=more), more)

    def test_preloaded_generator(self):
        """A preloaded module that is the script's neighbour is that of its own directory."""
        for name, value in (("one", "1"), ("two", "2")):
            folder = os.path.join(self.stage.folder, name)
            os.makedirs(folder)
            with open(os.path.join(folder, "settings_of_case.py"), "w", encoding="ascii") as file:
                file.write(f"VALUE = {value}\n")
            with open(os.path.join(folder, "main.py"), "w", encoding="ascii") as file:
                file.write("import settings_of_case\nprint(settings_of_case.VALUE)\n")
        for name, value in (("one", b"1\n"), ("two", b"2\n"), ("one", b"1\n")):
            words = [os.path.join(self.stage.folder, name, "main.py")]
            self.assertEqual(self.stage.warm(words, ["--preload", "settings_of_case"])[:2], (0, value))

    def test_changed_sources(self):
        """A preloaded module that has changed is loaded anew, and --why says so."""
        path = os.path.join(self.stage.files, "changing.py")
        words, options = ["-c", "import changing; print(changing.VALUE)"], ["--preload", "changing", "--why"]
        for value in ("1", "22"):
            with open(path, "w", encoding="ascii") as file:
                file.write(f"VALUE = {value}\n")
            result = self.stage.warm(words, options)
            self.assertEqual(result[1], value.encode() + b"\n")
        self.assertIn(b"sources changed: ", result[2])
        os.remove(path)

    def test_changed_variables(self):
        """A variable that a preloaded module has read makes another interpreter, and --why names both."""
        with open(os.path.join(self.stage.files, "reading.py"), "w", encoding="ascii") as file:
            file.write("import os\nVALUE = os.environ.get('READ_BY_CASE')\n")
        words, options = ["-c", "import reading; print(reading.VALUE)"], ["--preload", "reading", "--why"]
        self.stage.warm(words, options, environment={b"READ_BY_CASE": b"a"})
        result = self.stage.warm(words, options, environment={b"READ_BY_CASE": b"b"})
        self.assertEqual(result[1], b"b\n")
        self.assertIn(b"environment changed: READ_BY_CASE, read by reading", result[2])

    def test_preload_that_fails(self):
        """What can't be preloaded is said by --why, and the script runs all the same."""
        result = self.stage.warm(["-c", "print('ran')"], ["--preload", "no_such_module_here", "--why"])
        self.assertEqual(result[:2], (0, b"ran\n"))
        self.assertCold(result, b"No module named 'no_such_module_here'")

    def test_shadowed_module(self):
        """A file beside the script with the name of a module that is loaded is the script's."""
        folder = os.path.join(self.stage.folder, "shadow")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "random.py"), "w", encoding="ascii") as file:
            file.write("def random(): return 'mine'\n")
        with open(os.path.join(folder, "main.py"), "w", encoding="ascii") as file:
            file.write("import random\nprint(random.random())\n")
        result = self.stage.warm([os.path.join(folder, "main.py")], ["--why"])
        self.assertEqual(result[:2], (0, b"mine\n"))
        self.assertCold(result, b"stands before the module random")

    def test_first_line(self):
        """A script whose first line names parctl python just runs."""
        path = os.path.join(self.stage.files, "direct")
        with open(path, "w", encoding="ascii") as file:
            file.write("#!/usr/bin/env -S parctl python --preload decimal\nimport sys\nprint('decimal' in sys.modules, sys.argv)\n")
        os.chmod(path, 0o755)
        self.assertEqual(self.stage.run(["./direct", "a", "--why", "-c"])[:2], (0, b"True ['./direct', 'a', '--why', '-c']\n"))


class ColdTests(ScriptTests):
    """Where a script can't be run warm as python3 would, python3 runs it, from its beginning, and --why says why."""

    def check(self, result, reason, output=b"done\n"):
        self.assertEqual(result[:2], (0, output))
        self.assertCold(result, reason)

    DONE = ["-c", "print('done')"]

    def test_options(self):
        """Options of the interpreter's own."""
        for option in (["-I"], ["-S"], ["-B"], ["-O"], ["-X", "utf8"], ["-W", "error"], ["-E"], ["-uI"]):
            self.check(self.stage.warm([*option, *self.DONE], ["--why"]), b"is the interpreter's own option")
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
        result = self.stage.warm(self.DONE, ["--why"], preexec_fn=lambda: os.close(0), input=None)
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
                self.check(self.stage.warm(self.DONE, ["--why"], preexec_fn=limit), b"address space")

    def test_namespace(self):
        """Another namespace."""
        if subprocess.run(["unshare", "--uts", "true"], capture_output=True).returncode:
            self.skipTest("namespaces can't be made here")
        words = ["unshare", "--uts", "parctl", "python", "--python", sys.executable, "--why", *self.DONE]
        self.check(self.stage.run(words), b"host name namespace")

    def test_rights(self):
        """Fewer rights."""
        if subprocess.run(["setpriv", "--no-new-privs", "true"], capture_output=True).returncode:
            self.skipTest("there is no setpriv")
        words = ["setpriv", "--no-new-privs", "parctl", "python", "--python", sys.executable, "--why", *self.DONE]
        self.check(self.stage.run(words), b"no_new_privs")

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


class EndTests(ScriptTests):
    """Signals, and ends of all kinds."""

    LOOP = "import time\ntry:\n    print('begun', flush=True)\n    time.sleep(60)\nfinally:\n    print('finally', flush=True)\n"

    def both(self, words, **more):
        real = subprocess.Popen(
            [sys.executable, *words], cwd=self.stage.files, env=self.stage.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return real, self.stage.begin(words, **more)

    def test_signals(self):
        """A signal does to both what it does."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
            ends = []
            for process in self.both(["-c", self.LOOP]):
                process.stdout.readline()
                process.send_signal(number)
                output, errors = process.communicate(timeout=PATIENCE)
                # It may be on its way from one line to the next.
                ends.append((process.returncode, output, errors.replace(b"line 3", b"line 4")))
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
        process = self.stage.begin(words)
        pids = [int(word) for word in process.stdout.readline().split()]
        process.kill()
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
        ends = []
        for process in self.both(["-c", "for i in range(100000): print(i)"]):
            process.stdout.readline()
            process.stdout.close()
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


class OwnerTests(unittest.TestCase):
    """Daemons of a user's own, and what becomes of scripts with them."""

    def setUp(self):
        self.stage = Stage()
        ScriptTests.stage = self.stage
        ScriptTests.ready()

    def tearDown(self):
        self.stage.end()

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
        for pid in children(self.stage.daemon.pid):
            with open(f"/proc/{pid}/comm", encoding="ascii") as file:
                if file.read().strip() == "par-python":
                    os.kill(pid, signal.SIGKILL)
        self.assertEqual(self.stage.warm(["-c", "print('next')"]), (0, b"next\n", b""))
        self.assertEqual(process.communicate(timeout=PATIENCE)[0], b"end\n")
        self.assertEqual(process.returncode, 0)

    def test_warm_and_pools(self):
        """--warm keeps an interpreter, which pools shows and lets go of."""
        import json

        def pool():
            pools = json.loads(self.stage.run(["parctl", "pools", "--json"])[1])["pools"]
            return next((pool for pool in pools if pool["name"] == "scripts:decimal"), None)

        result = self.stage.run(["parctl", "python", "--python", sys.executable, "--warm", "decimal"])
        self.assertEqual(result[0], 0, result)
        self.assertIn(b"scripts:decimal is warm", result[1])
        self.assertEqual((pool()["floor"], pool()["ready"], pool()["state"]), (1, 1, "ready"))
        self.assertIn(b"parctl: warm", self.stage.warm(["-c", "pass"], ["--preload", "decimal", "--why"])[2])
        self.assertEqual(self.stage.run(["parctl", "pools", "resize", "scripts:decimal", "0"])[0], 0)
        self.assertEqual(pool()["floor"], 0)
        failed = self.stage.run(["parctl", "python", "--python", sys.executable, "--warm", "no_such_module_here"])
        self.assertEqual(failed[0], 4)
        self.assertIn(b"No module named", failed[2])

    def test_why_names_a_preload(self):
        """--why names what would have saved most."""
        errors = self.stage.warm(["-c", "import asyncio.events, http.server"], ["--why"])[2]
        self.assertRegex(errors, rb"parctl: --preload (asyncio|http|email)[.a-z]* would have saved ")

    def test_start_and_stop(self):
        """Two starts at once give one daemon, which status tells of and stop ends."""
        import json

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


def plain(result):
    """Without addresses of objects."""
    return tuple(re.sub(rb"0x[0-9a-f]{6,}", b"0x", part) if isinstance(part, bytes) else part for part in result)


def state(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(") ", 1)[1][0]
    except OSError:
        return "X"


def is_alive(pid):
    return state(pid) not in "ZX"


def children(pid):
    found = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
            found += [int(word) for word in file.read().split()]
    return found


if __name__ == "__main__":
    unittest.main()
