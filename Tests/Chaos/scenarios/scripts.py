"""Scripts under fire: eight at a time, while clients, scripts, their interpreters and daemons are killed."""
import collections
import os
import shutil
import signal
import subprocess
import threading
import time

import procs
from daemon import Daemon
from report import Skipped

SUMMARY = "scripts: clients, scripts, interpreters and daemons killed under 2,000 scripts, eight at a time"

WIDTH = 8
# Between two kills, in seconds, and of how many one each is an interpreter's and a daemon's.
PAUSE, INTERPRETER, DAEMON = 0.04, 6, 40
# How long a script may take beside all others, and all that is left of the last ones, in seconds.
PATIENCE, LEAVING = 60.0, 15.0

# It takes a moment, has a child that goes with it, writes down that it has come to its end, and ends with a status that is never 0.
SCRIPT = """
import os, subprocess, sys, time
number = int(sys.argv[1])
child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
time.sleep(number % 7 / 100)
child.stdin.close()
child.wait()
os.write(os.open(os.environ["MARKS"], os.O_WRONLY | os.O_APPEND), b"%d\\n" % number)
sys.exit(number % 200 + 20)
"""
# What clients end with where the script doesn't: killed by the storm, or the daemon has gone under it.
LOST, KILLED = 5, -signal.SIGKILL


class Storm:
    """Kills, as long as scripts are run. Daemons are replaced by others."""

    def __init__(self, stage, clients):
        self.stage = stage
        self.clients = clients
        self.counts = collections.Counter()
        self.stop = threading.Event()
        self.begin()
        self.thread = threading.Thread(target=self._kill, daemon=True)
        self.thread.start()

    def begin(self):
        self.daemon = Daemon(self.stage, "--floor-threads 0 --floor-processes 0")

    def _kill(self):
        chance = self.stage.random
        while not self.stop.wait(PAUSE):
            number = chance.randrange(DAEMON)
            if number == 0:
                self.daemon.kill()
                self.counts["daemons"] += 1
                self.begin()
                continue
            pid = self.daemon.pid
            if number % INTERPRETER == 0:
                kind, found = "interpreters", procs.children(pid, "par-python")
            elif number % 2:
                kind, found = "scripts", procs.children(pid, "python")
            else:
                kind, found = "clients", [process.pid for process in list(self.clients.values())]
            expected = os.getpid() if kind == "clients" else pid
            if found and procs.send_signal(chance.choice(found), signal.SIGKILL, expected=expected):
                self.counts[kind] += 1

    def end(self):
        self.stop.set()
        self.thread.join()


def run(stage, report):
    python = shutil.which("python3", path="/usr/bin:/bin:/usr/local/bin")
    if python is None or not os.path.exists(stage.program("libparpython.so")):
        raise Skipped("it needs python3, and libparpython.so beside pard")
    script, marks = stage.path("script.py"), stage.path("marks")
    with open(script, "w", encoding="ascii") as file:
        file.write(SCRIPT)
    open(marks, "w", encoding="ascii").close()
    count = stage.size(2000, 160)
    clients, ends = {}, {}
    storm = Storm(stage, clients)
    numbers = iter(range(count))
    lock = threading.Lock()

    def work():
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            words = [
                stage.program("parctl"), "--socket", storm.daemon.socket, "python", "--python", python, script, str(number)]
            process = subprocess.Popen(
                words, env=stage.environment(MARKS=marks), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            clients[number] = process
            try:
                ends[number] = process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                ends[number] = None
                process.kill()
                process.wait()
            del clients[number]

    workers = [threading.Thread(target=work) for _ in range(WIDTH)]
    begun = time.monotonic()
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        storm.end()
    report.tell("seconds", time.monotonic() - begun, f"{count} scripts in {time.monotonic() - begun:.1f} s")
    report.tell("kills", dict(storm.counts), f"killed: {dict(storm.counts)}")
    check(report, storm, ends, marks, count)
    report.check(
        procs.eventually(lambda: not survivors(stage, script), LEAVING), f"scripts are left: {survivors(stage, script)}")
    report.check(storm.daemon.is_alive, "the last daemon has ended")
    storm.daemon.__exit__(None, None, None)


def check(report, storm, ends, marks, count):
    with open(marks, encoding="ascii") as file:
        runs = collections.Counter(int(line) for line in file)
    kinds = collections.Counter()
    for number in range(count):
        own, end = number % 200 + 20, ends.get(number)
        kinds["own" if end == own else str(end)] += 1
        report.check(end is not None, f"script {number} did not end")
        report.check(end != 0, f"script {number} ended with status 0, which is not its own")
        report.check(end in (own, LOST, KILLED, None, 0), f"script {number} ended with {end}")
        if end == own:
            report.check(runs[number] == 1, f"script {number} ended with its status, and came to its end {runs[number]} times")
        report.check(runs[number] <= 1, f"script {number} was run {runs[number]} times")
    report.tell("ends", dict(kinds), f"ends: {dict(kinds)}")
    report.check(sum(storm.counts.values()) > 0, "nobody was killed")
    report.check(kinds["own"] > count / 4, f"only {kinds['own']} of {count} scripts ended by themselves")


def survivors(stage, script):
    """Processes of scripts, or of what they have started, other than the storm's daemons and interpreters."""
    found = []
    for pid, words in procs.holding(stage.token).items():
        text = str(words)
        if text.startswith("cat") or script in text or procs.name(pid).startswith("python"):
            found.append((pid, text))
    return found
