"""Zygotes are killed and stopped: forking goes on, and nothing that they held is lost."""
import signal
import threading
import time

import procs
import wire
from daemon import Daemon
from figures import at, time_text

SUMMARY = "zygotes killed and stopped: forking again at once, no slot or descriptor lost"

WORKER_LIMIT = 48
THREADS, FLOOR = 2, 4
# Within which forking has to go on after a kill, p99, in seconds.
FORK_AGAIN = 0.1
# How long a run may take whose zygote is stopped for good: the daemon has a deadline, and then another zygote.
STOP_PATIENCE = 15.0
# How long a warm run may take meanwhile, which needs no zygote.
WARM_PATIENCE = 1.0
# After so many stops that ended in nothing, the others are left out.
MOST_STUCK = 3
# One round in so many is a stop for good; of the others, so many in a hundred kill, or kill while stopped; the rest pause.
STOP = 50
KILL, STOP_KILL = 50, 30
COLD = {"tasks": 1, "processes": 1, "cold": "fresh"}
# What waits for a zygote that is stopped and then killed: of every arrangement, with and without a timeout of its own.
WAITING = [
    COLD, {"processes": 8, "timeout": 10_000_000}, {"processes": 3, "threads": 2, "timeout": 10_000_000},
    {"processes": 4, "threads": 3}, {"threads": 8, "cold": "fresh"}, {"threads": 8, "timeout": 10_000_000},
    {"processes": 4, "cold": "exec"}, {"processes": 6},
]
SETTLING = 5.0


class Probe:
    """A run in the background."""

    def __init__(self, daemon, patience, job=COLD):
        self.begin = time.monotonic()
        self.daemon = daemon
        self.job = job
        self.patience = patience
        self.fault = None
        self.seconds = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            receipt = self.daemon.run(patience=self.patience, **self.job)
            if receipt["outcome"] != "ok" and not (receipt["outcome"] == "timeout" and "timeout" in self.job):
                self.fault = f"{receipt['outcome']} {receipt['failures']}"
        except Exception as error:
            self.fault = f"{type(error).__name__} {error}"
        self.seconds = time.monotonic() - self.begin

    def end(self):
        self.thread.join()
        return self.fault


class Rounds:
    """The kills and stops, and what came of them."""

    def __init__(self, stage, daemon, report):
        self.stage, self.daemon, self.report = stage, daemon, report
        self.again, self.paused, self.stopped, self.warm = [], [], [], []
        self.both = self.kills = self.pauses = self.stops = self.stuck = 0

    def one(self, number):
        zygotes = procs.eventually(self.daemon.zygotes, SETTLING, pause=0.001)
        if not zygotes:
            return self.report.check(False, f"there was no zygote for {SETTLING} s")
        zygote = self.stage.random.choice(zygotes)
        lot = self.stage.random.randrange(100)
        if number % STOP == STOP // 5:
            if self.stuck < MOST_STUCK:
                self.stop(zygote)
        elif lot < KILL:
            self.kill(zygote)
        elif lot < KILL + STOP_KILL:
            self.stop_and_kill(zygote)
        else:
            self.pause(zygote)
        return True

    def kill(self, zygote):
        """Killed, mostly at rest and sometimes while it forks."""
        busy = self.stage.random.random() < 0.3 and Probe(self.daemon, wire.PATIENCE)
        if busy:
            time.sleep(self.stage.random.uniform(0, 0.002))
        self.kills += procs.send_signal(zygote, signal.SIGKILL, expected=self.daemon.pid)
        probe = Probe(self.daemon, wire.PATIENCE)
        self.report.check(not probe.end(), f"a cold run after a kill: {probe.fault}")
        self.again.append(probe.seconds)
        if busy:
            self.report.check(not busy.end(), f"a cold run whose zygote was killed: {busy.fault}")

    def stop_and_kill(self, zygote):
        """Killed while it is stopped, and while runs wait for it: what it was to start has to be started by the next."""
        procs.send_signal(zygote, signal.SIGSTOP, expected=self.daemon.pid)
        waiting = [Probe(self.daemon, wire.PATIENCE, self.stage.random.choice(WAITING)) for _ in range(2)]
        time.sleep(self.stage.random.uniform(0.001, 0.02))
        begin = time.monotonic()
        self.kills += procs.send_signal(zygote, signal.SIGKILL)
        self.both += 1
        for probe in waiting:
            self.report.check(not probe.end(), f"{probe.job} whose zygote was stopped and killed: {probe.fault}")
        if all("timeout" not in probe.job for probe in waiting):
            self.again.append(time.monotonic() - begin)

    def pause(self, zygote):
        """Stopped for a moment, with a run that waits for it."""
        self.pauses += procs.send_signal(zygote, signal.SIGSTOP, expected=self.daemon.pid)
        probe = Probe(self.daemon, STOP_PATIENCE)
        self.serve_warm("a zygote paused")
        time.sleep(self.stage.random.uniform(0.005, 0.1))
        procs.send_signal(zygote, signal.SIGCONT)
        self.report.check(not probe.end(), f"a cold run after a pause: {probe.fault}")
        self.paused.append(probe.seconds)

    def stop(self, zygote):
        """Stopped for good: the daemon has to find that out by itself."""
        self.stops += procs.send_signal(zygote, signal.SIGSTOP, expected=self.daemon.pid)
        probe = Probe(self.daemon, STOP_PATIENCE)
        self.serve_warm("a zygote stopped")
        if not self.report.check(not probe.end(), f"a cold run with a stopped zygote: {probe.fault}"):
            self.stuck += 1
        self.stopped.append(probe.seconds)
        # Whether it was given up or not, it must not be in the way of the next rounds.
        if zygote in self.daemon.zygotes():
            procs.send_signal(zygote, signal.SIGKILL)

    def serve_warm(self, what):
        begin = time.monotonic()
        try:
            receipt = self.daemon.run(threads=2, tasks=10, patience=STOP_PATIENCE)
            fault = receipt["outcome"] != "ok" and receipt["outcome"]
        except Exception as error:
            fault = f"{type(error).__name__} {error}"
        seconds = time.monotonic() - begin
        self.warm.append(seconds)
        self.report.check(not fault and seconds <= self.stage.time(WARM_PATIENCE),
                          f"a warm run with {what} took {time_text(seconds)}: {fault or 'ok'}")


def run(stage, report):
    wanted = stage.size(1000, 60)
    with Daemon(stage, f"--worker-limit {WORKER_LIMIT} --floor-threads {THREADS} --floor-processes {FLOOR} --idle-time 20ms") as daemon:
        daemon.run(processes=FLOOR, cold="fresh")
        before, pid = daemon.descriptors(), daemon.pid
        rounds = Rounds(stage, daemon, report)
        for number in range(wanted):
            if not daemon.is_alive or not rounds.one(number):
                break
        report.tell("rounds", rounds.kills + rounds.pauses + rounds.stops,
                    f"{rounds.kills} kills ({rounds.both} while stopped), {rounds.pauses} pauses, {rounds.stops} stops")
        p99 = at(rounds.again, 0.99)
        report.tell("again", {"p50": at(rounds.again, 0.5), "p99": p99, "max": at(rounds.again, 1)},
                    f"forking again p50 {time_text(at(rounds.again, 0.5))}, p99 {time_text(p99)}")
        report.check(p99 <= stage.time(FORK_AGAIN), f"forking again after a kill: p99 {time_text(p99)} is above "
                     f"{time_text(stage.time(FORK_AGAIN))}")
        report.tell("stopped", rounds.stopped, rounds.stopped and f"stopped: up to {time_text(max(rounds.stopped))}")
        report.tell("warm", at(rounds.warm, 1), rounds.warm and f"warm runs up to {time_text(max(rounds.warm))}")
        if not report.check(daemon.is_alive, f"the daemon ended: {daemon.end_text()}"):
            return
        report.check(daemon.pid == pid, "the daemon is another one")
        after = procs.eventually(lambda: (count := daemon.descriptors()) <= before and count, SETTLING)
        report.tell("descriptors", {"before": before, "after": daemon.descriptors()},
                    f"descriptors {before} → {daemon.descriptors()}")
        report.check(after, f"the daemon had {before} descriptors and has {daemon.descriptors()}")
        fill(daemon, report)


def fill(daemon, report):
    """Every slot is still there: runs with as many workers as there may be, of each arrangement."""
    fewest = most = WORKER_LIMIT - FLOOR - THREADS
    for shape in ({"processes": most}, {"threads": most}, {"processes": most // 2, "threads": 2}):
        def all_at_once():
            try:
                return daemon.run(workload="sleep", tasks=most, arguments={"for": "20ms"}, **shape)
            except wire.CallError as error:
                return error

        answer = procs.eventually(
            lambda: isinstance(found := all_at_once(), dict) and found, SETTLING, pause=0.2) or all_at_once()
        if not report.check(isinstance(answer, dict), f"a run of {shape} afterwards: {answer}"):
            fewest = 0
            continue
        workers = {cost["tid"] for cost in answer["worker_costs"] if cost["tid"]}
        report.check(answer["outcome"] == "ok" and len(workers) == most,
                     f"a run of {shape} afterwards: {answer['outcome']} on {len(workers)}")
        report.tell("slots of " + " × ".join(shape), len(workers))
        fewest = min(fewest, len(workers))
    report.tell("slots", fewest, f"{fewest} workers at once afterwards")
