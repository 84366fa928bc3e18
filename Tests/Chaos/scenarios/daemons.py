"""The daemon is killed while commands of each kind run: nothing of them is left, and the next one starts at once."""
import collections
import os
import signal
import subprocess

import procs
from daemon import Daemon
from figures import at, time_text
from victims import KINDS, PROCESSES, Commands, Kept, tell_survivors

SUMMARY = "the daemon killed with commands of each kind running: no survivors, nothing left behind"

# Within which the next daemon has to be ready, p99, in seconds.
READY = 0.5
# One round in so many is with a private daemon, that parctl has started for itself.
PRIVATE = 5


def service_round(stage, report, starts):
    """A daemon of a user's, killed by itself. Returns the survivors."""
    with Daemon(stage) as daemon:
        starts.append(daemon.start_seconds)
        commands = Commands(stage)
        job = Kept(daemon, commands)
        missing = commands.await_all()
        report.check(not missing, f"{missing} processes of the commands did not come up: {job.error}")
        daemon.kill()
        found = commands.survivors()
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
    found = commands.survivors()
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
    wanted = stage.size(200, 5)
    stage.tool("victim")
    starts, kills = [], collections.Counter()
    survivors = {"service": collections.Counter(), "private": collections.Counter()}
    for number in range(wanted):
        kind = "private" if number % PRIVATE == PRIVATE - 1 else "service"
        found = (private_round if kind == "private" else service_round)(stage, report, starts)
        survivors[kind] += found
        kills[kind] += 1
    with Daemon(stage) as last:
        starts.append(last.start_seconds)
        last.run(threads=2)
        report.check(last.stop() == 0, f"the last daemon, told to stop, ended with {last.end_text()}")
    left = os.listdir(stage.path("tmp"))
    report.tell("kills", dict(kills), f"{kills['service']} daemons killed, and {kills['private']} private ones")
    tell_survivors(report, {f"a {kind} daemon killed": found for kind, found in survivors.items()}, PROCESSES * wanted)
    p99 = at(starts, 0.99)
    report.tell("ready", {"p50": at(starts, 0.5), "p99": p99, "max": max(starts)},
                f"ready after p50 {time_text(at(starts, 0.5))}, p99 {time_text(p99)}")
    report.check(p99 <= stage.time(READY), f"the next daemon was ready after p99 {time_text(p99)}, above {time_text(stage.time(READY))}")
    report.tell("left", left, f"{len(left)} files left")
    report.check(not left, f"left in TMPDIR: {left}")
