"""What scenarios stand on: programs, a place for files, chance, sizes, and the guarantee that nothing is left."""
import os
import random
import shutil
import subprocess
import tempfile
import uuid

import procs

# How long processes of a daemon that has ended by itself may take to be gone, in seconds.
LEAVING = 1.0
SOURCES = os.path.dirname(os.path.realpath(__file__))


# How many times as long as in the full form what is timed may take in the short one.
SHORT_PATIENCE = 20


class Stage:
    """One scenario's. `with` makes its directory, and ends and removes all that is left.

    programs: the directory of pard and parctl. tools: where C programs go once they are built.
    """

    def __init__(self, scenario, programs, tools, seed, is_short, scale, beside=None):
        self.scenario = scenario
        self.programs = programs
        self.tools = tools
        self.seed = seed
        self.is_short = is_short
        self.scale = scale
        self.beside = beside
        self.random = random.Random(f"{seed}/{scenario}")
        # In the arguments or the environment of every process of this scenario, and of no other.
        self.token = f"chaos-{uuid.uuid4().hex}"
        self.daemons = []
        # Those that had to be killed, as they did not end when told to.
        self.deaf = []
        self.folder = None
        # What was still there a moment after all daemons had ended by themselves: processes by their arguments, and files.
        self.left_processes, self.left_files = [], []

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="pard-chaos-", dir="/tmp")
        os.mkdir(self.path("tmp"))
        return self

    def __exit__(self, *_):
        is_orderly = not self.deaf and all(daemon.process.poll() == 0 for daemon in self.daemons)
        for daemon in self.daemons:
            if daemon.is_alive:
                daemon.kill()
        if is_orderly:
            procs.eventually(lambda: not procs.holding(self.token), LEAVING, pause=0.05)
            self.left_processes = list(procs.holding(self.token).values())
            self.left_files = os.listdir(self.path("tmp"))
        procs.end_holders(self.token)
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        """A file of this scenario's own."""
        return os.path.join(self.folder, name)

    def size(self, full, short):
        """How many: of the full form or of the short one, times the scale that was asked for."""
        return max(1, round((short if self.is_short else full) * self.scale))

    def time(self, limit):
        """A limit on a time, in seconds. The short form is run on any machine, beside anything: it looks for what stalls, and
        leaves how fast the rest is to the full one."""
        return limit * SHORT_PATIENCE if self.is_short else limit

    def environment(self, **more):
        """What programs of this scenario see: nothing that leads to another daemon or to anybody's settings."""
        return {
            "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "SWIFT_BACKTRACE": "enable=no", "TMPDIR": self.path("tmp"),
            "HOME": self.folder, "XDG_CONFIG_HOME": self.folder, "XDG_RUNTIME_DIR": self.folder, "CHAOS": self.token,
            **more,
        }

    def program(self, name):
        return os.path.join(self.programs, name)

    def tool(self, name):
        """One of the C programs here, built when it is first asked for."""
        built = os.path.join(self.tools, name)
        if not os.path.exists(built):
            source = os.path.join(SOURCES, name + ".c")
            subprocess.run(
                [os.environ.get("CC", "cc"), "-O2", "-Wall", "-Wextra", "-Werror", "-o", built, source], check=True)
        return built
