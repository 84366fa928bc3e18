"""What tests of `parctl python` stand on: a daemon of their own, the cases' files, and ways to run things in both."""
import json
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
# Reasons for a cold run that a machine may give which holds up the daemon, and how often such a run is made again.
LATE, TRIES = (b"did not answer within", b"its interpreter is not ready yet"), 5


# Where tests are started in the background, or by nohup, they ignore these, and so would all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


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

    def wait_for_state(self, pid, wanted):
        """Waits until a process is in a state, as /proc has it."""
        try:
            self.wait(lambda: state(pid) == wanted)
        except AssertionError:
            raise AssertionError(f"process {pid} is {state(pid)}, and did not become {wanted}") from None

    def end(self):
        self.daemon.send_signal(signal.SIGCONT)
        self.daemon.terminate()
        self.daemon.wait(30)
        shutil.rmtree(self.folder)

    def pools(self):
        return {pool["name"]: pool for pool in json.loads(self.run(["parctl", "pools", "--json"])[1])["pools"]}

    def interpreters(self):
        """The daemon's processes that fork others for scripts. Each leads a group, in which those are until they have a script."""
        return [pid for pid in self.forks() if os.getpgid(pid) == pid]

    def spares(self):
        """The daemon's processes that wait for a script."""
        return [pid for pid in self.forks() if os.getpgid(pid) != pid]

    def forks(self):
        return [pid for pid in children(self.daemon.pid) if name(pid) == "par-python" and is_alive(pid)]

    def real(self, words, **more):
        return self.run([sys.executable, *words], **more)

    def warm(self, words, options=(), **more):
        return self.run(["parctl", "python", "--python", sys.executable, *options, *words], **more)

    def in_time(self, run):
        """What a run with --why comes to; again, where it says that the daemon was held up, and that the script is cold for that."""
        for _ in range(TRIES):
            result = run()
            if not any(reason in result[2] for reason in LATE):
                break
        return result

    def why(self, words, options=(), **more):
        return self.in_time(lambda: self.warm(words, ["--why", *options], **more))

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
        cls.addClassCleanup(cls.stage.end)
        # So that none of the cases goes cold because its interpreter is not up.
        cls.ready()

    @classmethod
    def ready(cls, options=()):
        cls.stage.wait(lambda: b"parctl: warm" in cls.stage.warm(["-c", "pass"], ["--why", *options])[2])

    def assertWarm(self, words, options=()):
        """Runs it once more with --why, which adds lines of parctl's own only."""
        status, _, errors = self.stage.why(words, options)
        if status >= 0:
            self.assertIn(b"parctl: warm: ", errors)
        self.assertNotIn(b"parctl: cold", errors)

    def assertCold(self, result, reason):
        self.assertIn(b"parctl: cold: ", result[2])
        self.assertIn(reason, result[2])


def plain(result):
    """Without addresses of objects."""
    return tuple(re.sub(rb"0x[0-9a-f]{6,}", b"0x", part) if isinstance(part, bytes) else part for part in result)


def state(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(") ", 1)[1][0]
    except OSError:
        return "X"


def name(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def is_alive(pid):
    return state(pid) not in "ZX"


def children(pid):
    while True:
        threads = os.listdir(f"/proc/{pid}/task")
        try:
            return list(dict.fromkeys(child for thread in threads for child in children_of(pid, thread)))
        except (FileNotFoundError, ProcessLookupError):
            # A thread has ended meanwhile, and its children are another one's now.
            continue


def children_of(pid, thread):
    with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]
