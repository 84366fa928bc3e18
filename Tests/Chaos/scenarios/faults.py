"""System calls that fail, once or for a while: service is back soon after, whatever it was."""
import os
import shutil
import signal
import subprocess
import threading
import time

import procs
import wire
from daemon import Daemon
from figures import time_text
from report import Skipped

SUMMARY = "system calls that fail (strace -e inject): service again in 2 s, no daemon lost"

# Within which everything has to work again after a fault's end, in seconds.
RECOVERY = 2.0
# How long a fault lasts, how long attaching may take, and how long a call that met a fault may take to be answered.
LASTING, ATTACHING, ANSWER = 1.0, 5.0, 10.0
# Each thread's first call, or its first so many: fewer than a busy thread makes while strace is there, as strace would
# have a call fail with ENOSYS that it lets go of in the middle.
ONCE, AGAIN = "when=1", "when=1..300"
SUPERVISOR = "par-supervisor"
RECEIVE, SEND = "?recvfrom,?recvmsg", "?sendto,?sendmsg"
START = "?clone,?clone3,?fork,?vfork"
# What glibc says when it ends a process whose locks have met a failed call: nobody can go on after that.
LOCK_FAULT = "The futex facility returned an unexpected error code"
# Where a call fails, which, how, and whether once or again. SUPERVISOR is a thread of pard's: futexes fail in that one
# only, as all others are locks of the libraries'.
FAULTS = [
    ("pard", "accept4", "EMFILE", AGAIN), ("pard", "accept4", "ENFILE", AGAIN), ("pard", "accept4", "ENOMEM", AGAIN),
    ("pard", "accept4", "ENOBUFS", ONCE), ("pard", RECEIVE, "ENOMEM", ONCE), ("pard", RECEIVE, "EINTR", AGAIN),
    ("pard", SEND, "ENOBUFS", ONCE), ("pard", SEND, "EAGAIN", AGAIN), ("pard", "read,?readv", "EINTR", AGAIN),
    ("pard", "write,?writev", "EINTR", AGAIN), ("pard", "?epoll_wait,?epoll_pwait", "EINTR", AGAIN),
    ("pard", "?epoll_wait,?epoll_pwait", "ENOMEM", ONCE), ("pard", "epoll_ctl", "ENOMEM", ONCE),
    ("pard", "waitid", "EINTR", AGAIN), ("pard", "pidfd_open", "EMFILE", AGAIN),
    ("par-worker", "?pidfd_send_signal,?kill", "EAGAIN", ONCE), (SUPERVISOR, "futex", "EINTR", ONCE),
    ("pard", "fallocate", "ENOSPC", AGAIN), ("pard", "openat", "EMFILE", AGAIN), ("pard", "getsockopt", "ENOBUFS", ONCE),
    ("pard", "fcntl,?eventfd2,?memfd_create", "EMFILE", AGAIN), ("pard", "?poll,?ppoll", "ENOMEM", ONCE),
    ("parzygote", START, "EAGAIN", AGAIN), ("parzygote", RECEIVE, "ENOMEM", ONCE),
    ("parzygote", "?execve", "EIO", AGAIN), ("parzygote", "mmap", "ENOMEM", AGAIN),
    ("par-worker", START, "EAGAIN", AGAIN), ("par-worker", "?pipe2,openat", "EMFILE", AGAIN),
]


class Injection:
    """strace, attached to processes so that their calls fail; `with` attaches and detaches."""

    def __init__(self, stage, where, pids, calls, errno, when):
        self.trace = stage.path("trace")
        # A thread by itself is not followed: that would take in all of its process.
        follow = ["-f"] if where != SUPERVISOR else []
        attached = [word for pid in pids for word in ("-p", str(pid))]
        self.pids = pids
        self.words = ["strace", *follow, "-qq", "-o", self.trace, "-e", f"trace={calls}", "-e", "signal=none",
                      "-e", f"inject={calls}:error={errno}:{when}", *attached]

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        procs.eventually(lambda: self.process.poll() is not None or all(map(self._is_traced, self.pids)), ATTACHING)
        if self.process.poll() is not None and self.process.returncode == 1:
            raise Skipped(f"strace: {self.process.stderr.read().decode().strip()}")
        return self

    @staticmethod
    def _is_traced(pid):
        for line in procs.read(f"/proc/{pid}/status").splitlines():
            if line.startswith(b"TracerPid:"):
                return line.split()[1] != b"0"
        return True

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(ATTACHING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
        self.injected = 0
        if not os.path.exists(self.trace):
            return
        with open(self.trace, "rb") as file:
            self.injected = sum(line.count(b"(INJECTED)") for line in file)


class Client:
    """Does everything that there is, over and over, whatever comes of it, until told to stop."""

    def __init__(self, daemon, inputs):
        self.jobs = jobs(inputs)
        self.daemon = daemon
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._go, args=(at,), daemon=True) for at in range(2)]
        for thread in self.threads:
            thread.start()

    def _go(self, at):
        number = at * 3
        while not self.stop.is_set() and self.daemon.is_alive:
            try:
                with self.daemon.connection(ANSWER) as connection:
                    for _ in connection.each("Run", **{"workload": "noop", **self.jobs[number % len(self.jobs)]}):
                        pass
            except (wire.CallError, wire.Gone, OSError):
                # What a fault may cause; whether service comes back is asked when it is over.
                self.stop.wait(0.005)
            number += 1

    def end(self):
        """Whether all calls were answered, or refused, in time."""
        self.stop.set()
        for thread in self.threads:
            thread.join(ANSWER + 5)
        return not any(thread.is_alive() for thread in self.threads)


def jobs(inputs):
    """One of each kind of run: warm and cold, threads and processes, commands and files."""
    here = {"directory": "/", "umask": 18, "environment": ["PATH=/usr/bin:/bin"]}
    return [
        {"threads": 2, "tasks": 20}, {"processes": 2, "tasks": 20}, {"processes": 2, "tasks": 4, "cold": "fresh"},
        {"workload": "exec", "inputs": inputs([["echo", "x" * 3000]] * 4), "context": here, "threads": 2,
         "outputs": "ended"},
        {"threads": 2, "tasks": 4, "cold": "fresh"}, {"processes": 1, "tasks": 2, "cold": "exec"},
        {"workload": "io", "threads": 2, "tasks": 4, "arguments": {"size": "4KiB"}},
        {"processes": 2, "threads": 2, "tasks": 8},
        {"threads": 2, "tasks": 400_000}, {"processes": 2, "tasks": 2000, "records": True},
        {"workload": "exec", "inputs": inputs([["sleep", "5"]] * 2), "context": here, "threads": 2, "timeout": 20_000_000},
        {"workload": "sleep", "threads": 1, "tasks": 50, "arguments": {"for": "100ms"}, "timeout": 20_000_000},
    ]


def missing(daemon, inputs, since):
    """What doesn't work yet within ``RECOVERY`` of `since`, and how long it took until all did."""
    left, reasons = jobs(inputs)[:-2], {}
    while left:
        job, rest = left[0], RECOVERY - (time.monotonic() - since)
        if rest <= 0 or not daemon.is_alive:
            return [f"{job}: {reasons.get(str(job), 'not tried')}" for job in left], time.monotonic() - since
        try:
            receipt = daemon.run(patience=max(rest, 0.1), **job)
            if receipt["outcome"] == "ok":
                left.pop(0)
                continue
            reasons[str(job)] = f"{receipt['outcome']} {receipt['failures']}"
        except (wire.CallError, wire.Gone, OSError) as error:
            reasons[str(job)] = f"{type(error).__name__} {error}"
        time.sleep(0.02)
    return [], time.monotonic() - since


def victims(daemon, where):
    """The processes, or the one thread, whose calls are to fail."""
    if where == SUPERVISOR:
        return [thread for thread in procs.threads(daemon.pid) if procs.name(thread) == SUPERVISOR[:15]]
    return [daemon.pid] if where == "pard" else procs.children(daemon.pid, where)


def run(stage, report):
    if not shutil.which("strace"):
        raise Skipped("strace is not here")
    chosen = list(FAULTS)
    count = stage.size(len(FAULTS), 7)
    if count < len(FAULTS):
        chosen = sorted(stage.random.sample(FAULTS, count), key=FAULTS.index)
    daemon, reached, recoveries, lost = None, 0, {}, 0
    for where, calls, errno, when in chosen:
        name = f"{where} {calls.replace('?', '')} {errno} {'for a second' if when == AGAIN else 'once'}"
        if daemon is None:
            daemon = Daemon(stage, "--floor-threads 2 --floor-processes 2 --cancel-grace 200ms")
            inputs = wire.Inputs(daemon.socket)
            missing(daemon, inputs, time.monotonic())
        client = Client(daemon, inputs)
        pids = procs.eventually(lambda: victims(daemon, where), RECOVERY)
        with Injection(stage, where, pids, calls, errno, when) as injection:
            time.sleep(LASTING if not stage.is_short else LASTING / 2)
        begin = time.monotonic()
        client.stop.set()
        reached += injection.injected > 0
        report.note(f"{name}: {injection.injected} calls failed")
        faults, seconds = missing(daemon, inputs, begin)
        recoveries[name] = {"injected": injection.injected, "seconds": seconds, "faults": faults}
        is_answered = client.end()
        if not daemon.is_alive and LOCK_FAULT in daemon.log.last(1)[0]:
            report.note(f"{name}: met a lock of a library's")
            daemon = None
            continue
        if not daemon.is_alive:
            lost += 1
            report.check(False, f"{name}: the daemon ended, {daemon.end_text()}: {' | '.join(daemon.log.last(2))}")
            daemon = None
            continue
        report.check(is_answered, f"{name}: a call that met it was not answered in {ANSWER:.0f} s")
        report.check(not faults, f"{name}: after {time_text(seconds)} {len(faults)} kinds of run still don't work: "
                     f"{(faults or [''])[0]}")
        if faults:
            # The next fault is tried on a daemon that is well.
            daemon.stop()
            daemon = None
    if daemon:
        daemon.stop()
    well = [recovery["seconds"] for recovery in recoveries.values() if not recovery["faults"]]
    report.tell("faults", recoveries, f"{len(chosen)} faults, {reached} of them met; service again after {len(well)} of "
                f"them, within {time_text(max(well, default=0))}")
    report.tell("daemons_lost", lost, f"{lost} daemons lost")
