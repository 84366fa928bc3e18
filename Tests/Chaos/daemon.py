"""A real pard, started as its user would, and what can be seen of it from outside."""
import os
import signal
import subprocess
import threading
import time

import procs
import wire

READY = b"ready:"
# How long a daemon may take until it is ready, and how long its jobs may go on once it was told to stop, in seconds.
START_PATIENCE = 30.0
DRAIN = 3
# How long it may take to end in all: jobs that go on are cancelled, and then their workers killed.
END_PATIENCE = 10.0
# How much of a log is kept from its beginning and from its end, in bytes.
LOG_BYTES = 1 << 16


class Log:
    """What a daemon says on standard error: counted whole, kept at both ends."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.lines = 0
        self.head = b""
        self.tail = b""
        self.ready = threading.Event()
        self.is_ready = False
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while data := os.read(self.descriptor, 1 << 16):
            self.lines += data.count(b"\n")
            self.head += data[: LOG_BYTES - len(self.head)]
            self.tail = (self.tail + data)[-LOG_BYTES:]
            if not self.is_ready and READY in self.head:
                self.is_ready = True
                self.ready.set()
        self.ready.set()
        os.close(self.descriptor)

    def last(self, count=12):
        """The last lines, as text."""
        return self.tail.decode(errors="replace").splitlines()[-count:]


class Daemon:
    """A pard that serves `socket`; ended and cleared of by leaving the `with` block.

    flags: as one would type them. programs: the directory of another pard than the one that is tried.
    """

    def __init__(self, stage, flags="", socket=None, programs=None):
        self.stage = stage
        self.socket = socket or stage.path("pard.sock")
        ours, theirs = os.pipe()
        begin = time.monotonic()
        try:
            self.process = subprocess.Popen(
                [os.path.join(programs, "pard") if programs else stage.program("pard"), "--socket", self.socket, "--drain-time", f"{DRAIN}s", *flags.split()],
                stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=stage.environment(), cwd="/")
        finally:
            os.close(theirs)
        self.pid = self.process.pid
        self.log = Log(ours)
        self.log.ready.wait(START_PATIENCE)
        # From asking for its process to its saying that it serves, in seconds.
        self.start_seconds = time.monotonic() - begin
        if not self.log.is_ready:
            self.kill()
            raise RuntimeError("pard did not become ready: " + " | ".join(self.log.last()))
        stage.daemons.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # What it answers

    def connection(self, patience=wire.PATIENCE):
        return wire.Connection(self.socket, patience)

    def call(self, method, patience=wire.PATIENCE, **parameters):
        return wire.once(self.socket, method, patience, **parameters)

    def run(self, workload="noop", patience=wire.PATIENCE, **parameters):
        """The receipt of a run."""
        return self.call("Run", patience, workload=workload, **parameters)["receipt"]

    def status(self):
        return self.call("GetStatus")

    def pools(self):
        return {pool["name"]: pool for pool in self.call("ListPools")["pools"]}

    # What can be seen of it

    @property
    def is_alive(self):
        return self.process.poll() is None

    def descriptors(self):
        return procs.descriptors(self.pid)

    def memory(self):
        return procs.memory(self.pid)

    def workers(self):
        return procs.children(self.pid, "par-worker")

    def zygotes(self):
        return procs.children(self.pid, "parzygote")

    # Its end

    def kill(self):
        """Ends it as nothing can be prepared for, and waits until it is gone."""
        self.process.kill()
        self.process.wait(END_PATIENCE)

    def stop(self):
        """Tells it to stop. Returns its exit status, or None where it had to be killed, which is a fault of its own."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(END_PATIENCE)
            except subprocess.TimeoutExpired:
                self.stage.deaf.append(self)
                self.kill()
                return None
        return self.process.returncode

    def end_text(self):
        """How it ended, for a message."""
        status = self.process.poll()
        if status is None:
            return "it runs"
        return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
