"""The daemon is killed while commands of each kind run: nothing of them is left, and the next one starts at once."""
import collections
import os
import select
import signal
import subprocess
import threading
import time
import uuid

import procs
import wire
from daemon import Daemon
from figures import at, time_text

SUMMARY = "the daemon killed with commands of each kind running: no survivors, nothing left behind"

# What each kind has, by how many of its processes are to be found; see victim.c.
KINDS = {"foreground": 1, "background": 2, "group": 2, "session": 2, "double": 2, "daemon": 2, "nohup": 2, "deaf": 2,
         "closed": 2, "chain": 3}
# When nothing may be left after a kill, and how long all commands may take until they are there, in seconds.
GRACE, ARRIVAL = 1.0, 20.0
# Within which the next daemon has to be ready, p99, in seconds.
READY = 0.5
# One round in so many is with a private daemon, that parctl has started for itself.
PRIVATE = 5


class Commands:
    """One round's commands: a token by which they are known, and a pipe into which each process says that it is there."""

    def __init__(self, stage):
        self.token = f"{stage.token}-{uuid.uuid4().hex[:12]}"
        self.fifo = stage.path("arrived")
        os.mkfifo(self.fifo)
        self.end = os.open(self.fifo, os.O_RDWR | os.O_CLOEXEC)
        victim = stage.tool("victim")
        self.words = [[victim, self.token, kind, self.fifo] for kind in KINDS]

    def await_all(self):
        """Waits until all their processes are there; returns how many are not."""
        missing = sum(KINDS.values())
        deadline = time.monotonic() + ARRIVAL
        while missing > 0:
            ready, _, _ = select.select([self.end], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                break
            missing -= len(os.read(self.end, missing))
        return missing

    def survivors(self, within):
        """Those that are still there when they should be gone, as a count by kind. Ends them."""
        procs.eventually(lambda: not procs.holding(self.token), within, pause=0.05)
        left = procs.holding(self.token)
        kinds = collections.Counter(line.split()[2] if len(line.split()) > 2 else line for line in left.values())
        if left:
            procs.end_holders(self.token)
        return kinds

    def close(self):
        os.close(self.end)
        os.unlink(self.fifo)


class Kept:
    """A call whose reply nobody waits for: it ends with the daemon."""

    def __init__(self, daemon, **parameters):
        self.error = None
        self.connection = daemon.connection(patience=60)
        self.thread = threading.Thread(target=self._run, args=(parameters,), daemon=True)
        self.thread.start()

    def _run(self, parameters):
        try:
            self.connection.call("Run", **parameters)
        except (wire.Gone, OSError):
            pass
        except wire.CallError as error:
            self.error = str(error)

    def end(self):
        self.thread.join(5)
        self.connection.close()


def service_round(stage, report, starts):
    """A daemon of a user's, killed by itself. Returns the survivors."""
    with Daemon(stage) as daemon:
        starts.append(daemon.start_seconds)
        commands = Commands(stage)
        job = Kept(daemon, workload="exec", inputs=wire.Inputs(daemon.socket)(commands.words), threads=len(KINDS),
                   context={"directory": "/", "umask": 18, "environment": ["PATH=/usr/bin:/bin"]})
        missing = commands.await_all()
        report.check(not missing, f"{missing} processes of the commands did not come up: {job.error}")
        daemon.kill()
        found = commands.survivors(GRACE)
        job.end()
        commands.close()
    return found


def private_round(stage, report, starts):
    """A daemon that parctl has started for one run; it, or both, killed."""
    commands = Commands(stage)
    listing = stage.path("commands")
    with open(listing, "w", encoding="utf-8") as file:
        file.writelines(kind + "\n" for kind in KINDS)
    victim = commands.words[0][0]
    with open(os.devnull, "r+b") as null:
        client = subprocess.Popen(
            [stage.program("parctl"), "run", "exec", "--threads", str(len(KINDS)), "-a", listing, victim, commands.token,
             "{}", commands.fifo],
            stdin=null, stdout=null, stderr=null, env=stage.environment(), cwd="/")
    missing = commands.await_all()
    daemons = procs.children(client.pid, "pard")
    report.check(not missing and daemons, f"a private daemon: {missing} processes of the commands did not come up")
    victims = daemons + [client.pid] if stage.random.random() < 0.5 else daemons
    for pid in victims:
        procs.send_signal(pid, signal.SIGKILL)
    found = commands.survivors(GRACE)
    try:
        client.wait(10)
    except subprocess.TimeoutExpired:
        report.check(False, "parctl did not end within 10 s of its daemon's death")
        client.kill()
        client.wait()
    commands.close()
    # Where parctl was killed too there is nobody to remove a thing: the next daemon has to.
    if client.pid not in victims:
        left = os.listdir(stage.path("tmp"))
        report.check(not left, f"a private daemon that was killed has left {left}")
    return found


def run(stage, report):
    wanted = stage.size(200, 8)
    stage.tool("victim")
    starts, survivors, kills = [], collections.Counter(), collections.Counter()
    for number in range(wanted):
        kind = "private" if number % PRIVATE == PRIVATE - 1 else "service"
        found = (private_round if kind == "private" else service_round)(stage, report, starts)
        for name, count in found.items():
            survivors[f"{name} of a {kind}"] += count
        kills[kind] += 1
    with Daemon(stage) as last:
        starts.append(last.start_seconds)
        last.run(threads=2)
        report.check(last.stop() == 0, f"the last daemon, told to stop, ended with {last.end_text()}")
    left = os.listdir(stage.path("tmp"))
    report.tell("kills", dict(kills), f"{kills['service']} daemons killed, and {kills['private']} private ones")
    processes = sum(KINDS.values()) * wanted
    report.tell("survivors", dict(survivors), f"{sum(survivors.values())} of {processes} processes survived")
    for name, count in sorted(survivors.items()):
        report.check(False, f"{count} survivors {name} daemon {time_text(GRACE)} after its death")
    p99 = at(starts, 0.99)
    report.tell("ready", {"p50": at(starts, 0.5), "p99": p99, "max": max(starts)},
                f"ready after p50 {time_text(at(starts, 0.5))}, p99 {time_text(p99)}")
    report.check(p99 <= READY, f"the next daemon was ready after p99 {time_text(p99)}, above {time_text(READY)}")
    report.tell("left", left, f"{len(left)} files left")
    report.check(not left, f"left in TMPDIR: {left}")
