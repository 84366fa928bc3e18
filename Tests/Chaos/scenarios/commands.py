"""Commands of each kind, ended in every way but the daemon's death: nothing of them is left."""
import collections
import os
import signal
import subprocess
import time

import procs
from daemon import Daemon
from figures import at, time_text
from victims import KINDS, PROCESSES, Commands, Kept, tell_survivors

SUMMARY = "commands cancelled, timed out, interrupted, their worker killed: no survivors"

# How long a run may take from what ends it to its reply, in seconds.
END = 3.0
# The timeout that is given, in nanoseconds, in the full form and the short one, which is run beside anything; by then all commands
# are there, as a round begins with warm workers.
TIMEOUT, SHORT_TIMEOUT = 1_000_000_000, 4_000_000_000


def timeout(stage):
    return SHORT_TIMEOUT if stage.is_short else TIMEOUT


def cancel(daemon, commands):
    """Somebody cancels the job."""
    job = Kept(daemon, commands)
    yield commands.await_all()
    for running in daemon.call("ListJobs")["jobs"]:
        daemon.call("CancelJob", job=running["job"])
    yield job.end()


def hang_up(daemon, commands):
    """The client goes away."""
    job = Kept(daemon, commands)
    yield commands.await_all()
    job.hang_up()
    yield job.end()


def time_out(daemon, commands):
    """The run's timeout passes."""
    job = Kept(daemon, commands, timeout=timeout(daemon.stage))
    yield commands.await_all()
    yield job.end()


def time_out_each(daemon, commands):
    """Each command's own timeout passes."""
    job = Kept(daemon, commands, arguments={"timeout": f"{timeout(daemon.stage) // 1_000_000}ms"})
    yield commands.await_all()
    yield job.end()


def kill_worker(daemon, commands):
    """The worker is killed that has started them."""
    job = Kept(daemon, commands)
    yield commands.await_all()
    for worker in daemon.workers():
        procs.send_signal(worker, signal.SIGKILL, expected=daemon.pid)
    yield job.end()


def interrupt(daemon, commands):
    """Ctrl-C reaches parctl."""
    stage = daemon.stage
    listing = stage.path("kinds")
    with open(listing, "w", encoding="utf-8") as file:
        file.writelines(kind + "\n" for kind in KINDS)
    words = ["--socket", daemon.socket, "run", "exec", "--threads", str(len(KINDS)), "-a", listing,
             stage.tool("victim"), commands.token, "{}", commands.fifo]
    client = subprocess.Popen([stage.program("parctl"), *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, env=stage.environment(), cwd="/")
    yield commands.await_all()
    client.send_signal(signal.SIGINT)
    try:
        client.wait(10)
    except subprocess.TimeoutExpired:
        client.kill()
        client.wait()
        yield False
    yield True


ENDS = {"cancel": cancel, "hang-up": hang_up, "timeout": time_out, "a command's timeout": time_out_each,
        "worker killed": kill_worker, "Ctrl-C": interrupt}


def run(stage, report):
    rounds = stage.size(20, 1)
    stage.tool("victim")
    survivors, ends = {name: collections.Counter() for name in ENDS}, []
    with Daemon(stage, f"--floor-threads {len(KINDS)} --floor-processes 0") as daemon:
        for _ in range(rounds):
            for name, end in ENDS.items():
                commands = Commands(stage)
                steps = end(daemon, commands)
                missing = next(steps)
                report.check(not missing, f"{name}: {missing} processes of the commands did not come up")
                begin = time.monotonic()
                report.check(next(steps), f"{name}: the run did not end")
                ends.append(time.monotonic() - begin)
                survivors[name] += commands.survivors()
                commands.close()
        left = [file for file in os.listdir(stage.path("tmp")) if not file.startswith("pard-jobs.")]
        report.check(not left, f"left in TMPDIR: {left}")
        report.check(daemon.is_alive, f"the daemon ended: {daemon.end_text()}")
    report.tell("rounds", rounds, f"{rounds * len(ENDS)} runs ended in {len(ENDS)} ways")
    tell_survivors(report, survivors, rounds * len(ENDS) * PROCESSES)
    report.tell("ended", {"p50": at(ends, 0.5), "max": max(ends)}, f"runs over after up to {time_text(max(ends))}")
    report.check(max(ends) <= stage.time(END), f"a run was over only after {time_text(max(ends))}")
