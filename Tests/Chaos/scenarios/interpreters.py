"""Interpreters under fire: workers and zygotes killed under Python functions, functions that crash, sources that change."""
import array
import base64
import collections
import os
import shutil
import signal
import threading
import time

import procs
from daemon import Daemon
from report import Skipped
from runs import ATTEMPTS, faults

SUMMARY = "interpreters: workers and zygotes killed under Python functions that crash, and whose sources change"

SHAPES = ({"threads": 2}, {"processes": 3}, {"processes": 2, "cold": "fresh"}, {"processes": 2, "threads": 2})
# Between two kills, in seconds; one in so many is a zygote's.
PAUSE, ZYGOTE = 0.05, 8
# One item in so many ends its worker, in one way or another.
POISON = 400
# Refusals that a storm of kills may cause.
ALLOWED = {"WorkersFailed"}
# How long a run may take, and all that is left of the last one, in seconds.
RUN_PATIENCE, LEAVING = 120.0, 10.0
# How much larger the daemon may be after all of it, in bytes, and how many descriptors more it may have.
GROWTH, DESCRIPTORS = 24 << 20, 4

FUNCTIONS = """
import ctypes, os, time
marks = os.open({marks!r}, os.O_WRONLY | os.O_APPEND)

def work(item):
    number = int(item)
    os.write(marks, number.to_bytes(8, "little"))
    if number % {poison} == {poison} - 1:
        if number % 2:
            os._exit(3)
        ctypes.string_at(0)
    if number % 3 == 0:
        time.sleep(0.002)
    return number
"""


class Storm:
    """Kills workers, and now and then a zygote, as long as runs go on."""

    def __init__(self, daemon, chance):
        self.daemon = daemon
        self.chance = chance
        self.counts = collections.Counter()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._kill, daemon=True)
        self.thread.start()

    def _kill(self):
        while not self.stop.wait(PAUSE):
            is_zygote = self.chance.randrange(ZYGOTE) == 0
            found = procs.children(self.daemon.pid, "par-python") if is_zygote else self.daemon.workers()
            if found and procs.send_signal(self.chance.choice(found), signal.SIGKILL, expected=self.daemon.pid):
                self.counts["zygotes" if is_zygote else "workers"] += 1

    def end(self):
        self.stop.set()
        self.thread.join()


def run(stage, report):
    python = shutil.which("python3", path="/usr/bin:/bin:/usr/local/bin")
    if python is None or not os.path.exists(stage.program("libparpython.so")):
        raise Skipped("it needs python3, and libparpython.so beside pard")
    source, marks = stage.path("app.py"), stage.path("marks")
    write(source, marks)
    with Daemon(stage, "--worker-limit 32 --floor-threads 1 --floor-processes 1") as daemon:
        for shape in SHAPES:
            check(report, daemon, source, marks, python, shape, range(20), None)
        before, memory = daemon.descriptors(), daemon.memory()["anon"]
        storm = Storm(daemon, stage.random)
        refused = collections.Counter()
        try:
            for number in range(stage.size(60, 6)):
                if number % 5 == 4:
                    # Another file as far as anybody can tell.
                    write(source, marks)
                first = number * 100_000
                items = range(first, first + stage.size(2000, 500))
                check(report, daemon, source, marks, python, stage.random.choice(SHAPES), items, refused)
                if not report.check(daemon.is_alive, f"the daemon ended: {daemon.end_text()}"):
                    return
        finally:
            storm.end()
        report.tell("kills", dict(storm.counts), f"{storm.counts['workers']} workers and {storm.counts['zygotes']} zygotes killed")
        report.tell("refused", dict(refused), f"{sum(refused.values())} runs refused")
        report.check(storm.counts["workers"] > 0, "nobody was killed")
        report.check(set(refused) <= ALLOWED, f"refusals that should not be: {dict(refused)}")
        for shape in SHAPES:
            check(report, daemon, source, marks, python, shape, range(20), None)
        report.check(procs.eventually(lambda: is_at_rest(daemon), LEAVING), f"something is left: {daemon.status()}")
        workers = len(daemon.workers())
        more = daemon.descriptors() - before
        report.check(more <= DESCRIPTORS + workers, f"the daemon has {more} descriptors more, and {workers} workers")
        grown = daemon.memory()["anon"] - memory
        report.check(grown < GROWTH, f"the daemon has grown by {grown:,} bytes")


def write(source, marks):
    with open(source + ".new", "w", encoding="ascii") as file:
        file.write(FUNCTIONS.format(marks=marks, poison=POISON))
    os.rename(source + ".new", source)


def is_at_rest(daemon):
    status = daemon.status()
    return not (status["workers_busy"] or status["ledger_bytes"] or daemon.call("ListJobs")["jobs"])


def check(report, daemon, source, marks, python, shape, items, refused):
    """A run whose every task has one end; what the functions have noted themselves says the same."""
    open(marks, "w", encoding="ascii").close()
    words = [str(item).encode() for item in items]
    block = {"base64": base64.b64encode(b"".join(words)).decode(), "lengths": [len(word) for word in words]}
    context = {"directory": os.path.dirname(source), "umask": 18, "environment": ["PATH=/usr/bin:/bin"]}
    try:
        receipt = daemon.run(
            "python", patience=RUN_PATIENCE, arguments={"function": f"{source}:work", "python": python}, tasks=len(words),
            block=block, context=context, **shape)
    except Exception as error:
        name = getattr(error, "name", type(error).__name__).rpartition(".")[2]
        report.check(refused is not None and name in ALLOWED, f"{shape}: {error}")
        if refused is not None:
            refused[name] += 1
        return
    for fault in faults(receipt):
        report.check(False, f"{shape}: {fault}")
    tasks = receipt["tasks"]
    poison = sum(item % POISON == POISON - 1 for item in items)
    report.check(tasks["ok"] + tasks["lost"] == len(words), f"{shape}: {tasks}, {receipt['failures'][:2]}")
    report.check(tasks["lost"] >= poison, f"{shape}: {tasks['lost']} lost, but {poison} end their worker")
    if refused is None:
        report.check(tasks["lost"] == poison, f"{shape}: {tasks['lost']} lost of {poison}, though nobody was killed")
    numbers = array.array("Q")
    with open(marks, "rb") as file:
        numbers.frombytes(file.read())
    runs = collections.Counter(numbers)
    report.check(all(number in items for number in runs), f"{shape}: items were run that were never given")
    report.check(len(runs) >= tasks["ok"], f"{shape}: {tasks['ok']} were done, but {len(runs)} were run")
    most = max(runs.values(), default=0)
    report.check(most <= ATTEMPTS, f"{shape}: an item was run {most} times")
