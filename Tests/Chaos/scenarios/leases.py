"""Leases under fire: workers killed while they are at a client's tasks, clients killed while they use theirs, and a client that
writes anything into the memory that it shares with its workers."""
import array
import collections
import json
import os
import signal
import subprocess
import time

import procs
from daemon import Daemon
from stage import SOURCES

SUMMARY = "leases: workers killed under them, clients killed with them, one that writes anything into its memory"

WORKERS = 4
# Between two kills of workers, in seconds.
PAUSE = 0.010
# How long a fire may take for each task, beside all else, and at least, in seconds.
TASK_PATIENCE, FIRE_PATIENCE = 0.002, 120.0
# How long a lease may be there after its client has gone, in seconds: tasks have a second to notice.
LEAVING = 5.0
# What a run beside a hostile client may take, in seconds.
RUN_PATIENCE = 10.0
# How much larger the daemon may be after all of it, in bytes.
GROWTH = 24 << 20

CLIENT = os.path.join(os.path.dirname(os.path.dirname(SOURCES)), "Sources")


def run(stage, report):
    client = build(stage)
    library = stage.path("libmarks.so")
    compile_c(["-shared", "-fPIC", "-I", os.path.join(CLIENT, "Worker/CPar/include"), "-o", library,
               os.path.join(SOURCES, "marks.c")])
    with Daemon(stage, f"--worker-limit 64 --floor-threads {WORKERS} --floor-processes {WORKERS}") as daemon:
        daemon.run(threads=WORKERS)
        daemon.run(processes=WORKERS)
        for attempts in (1, 3):
            fire(stage, report, daemon, client, library, attempts)
        before = own_descriptors(daemon)
        clients(stage, report, daemon, client)
        # Only now is as much in use as will be.
        memory = daemon.memory()["anon"]
        hostile(stage, report, daemon, client)
        if not report.check(daemon.is_alive, f"the daemon ended: {daemon.end_text()}"):
            return
        after = procs.eventually(lambda: (count := own_descriptors(daemon)) <= before and count, LEAVING)
        report.check(after, f"the daemon had {before} descriptors and has {own_descriptors(daemon)}")
        grown = daemon.memory()["anon"] - memory
        report.check(grown < GROWTH, f"the daemon has grown by {grown:,} bytes")
        for shape in ({"threads": WORKERS}, {"processes": WORKERS}):
            receipt = daemon.run(tasks=100, **shape)
            report.check(receipt["outcome"] == "ok", f"{shape} afterwards: {receipt['outcome']}")


def own_descriptors(daemon):
    """How many descriptors the daemon has, less the one of each worker: there may be more of these than before."""
    return daemon.descriptors() - len(daemon.workers())


def build(stage):
    """The client, with the library in it. Built for this run: it is what is tried."""
    built = stage.path("leases")
    library = os.path.join(CLIENT, "Client/CLease")
    sources = [os.path.join(library, name) for name in sorted(os.listdir(library)) if name.endswith(".c")]
    compile_c(["-I", library, "-I", os.path.join(library, "include"), "-I", os.path.join(CLIENT, "Base/CStream/include"),
               "-pthread", "-o", built, os.path.join(SOURCES, "leases.c"), *sources])
    return built


def compile_c(words):
    subprocess.run([os.environ.get("CC", "cc"), "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", *words], check=True)


def start(stage, words):
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=stage.environment(), cwd="/")
    first = process.stdout.readline()
    return process, first.strip().decode(errors="replace")


def is_at_rest(daemon):
    """No lease is there, no worker at one, no memory of one: neither counted nor mapped."""
    status = daemon.status()
    if status["workers_busy"] or status["ledger_bytes"] or daemon.call("ListJobs")["jobs"]:
        return False
    return not any(b"memfd:par-lease" in procs.read(f"/proc/{pid}/maps") for pid in [daemon.pid, *daemon.workers()])


def fire(stage, report, daemon, client, library, attempts):
    """Every task ends once: done, or lost with its worker, or done again where that is asked for."""
    tasks = stage.size(100_000, 4_000)
    # The same file each time: workers that are warm have it open.
    marks = stage.path("marks")
    open(marks, "w").close()
    process, first = start(stage, [client, daemon.socket, "fire", str(tasks), str(WORKERS), str(attempts), library, marks])
    if not report.check(first == "ready", f"no lease: {first}"):
        return
    kills = 0
    deadline = time.monotonic() + FIRE_PATIENCE + tasks * TASK_PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        at_lease = [pid for pid in daemon.workers() if b"memfd:par-lease" in procs.read(f"/proc/{pid}/maps")]
        if at_lease:
            kills += procs.send_signal(stage.random.choice(at_lease), signal.SIGKILL, expected=daemon.pid)
        time.sleep(PAUSE)
    if process.poll() is None:
        process.kill()
        report.check(False, f"{tasks:,} tasks with {attempts} attempts are not done after {FIRE_PATIENCE:.0f} s")
    said = process.stdout.read().decode(errors="replace").strip().splitlines()
    process.wait()
    if not report.check(process.returncode == 0 and said, f"the client ended with {process.returncode}: {said[-1:]}"):
        return
    told = json.loads(said[-1])
    report.tell(f"fire_{attempts}", {key: told[key] for key in told if key != "receipt"} | {"kills": kills},
                f"{tasks:,} tasks, {kills} kills: {told['lost']} lost, {told['reruns']} run again")
    report.check(told["ok"] + told["lost"] == tasks, f"of {tasks} tasks {told['ok']} were done and {told['lost']} lost")
    report.check(told["twice"] == 0 and told["strange"] == 0, f"{told['twice']} ended twice, {told['strange']} strangely")
    report.check(kills > 0, "nobody was killed")
    # The receipt says the same.
    counts = told["receipt"]["tasks"] if told["receipt"] else {}
    report.check(counts.get("lost") == told["lost"], f"the receipt tells of {counts.get('lost')} lost tasks of {told['lost']}")
    report.check(told["receipt"]["reruns"] == 0 or attempts > 1, "tasks were run again unasked")
    check_marks(report, marks, tasks, told, attempts)
    report.check(procs.eventually(lambda: is_at_rest(daemon), LEAVING), f"something of a lease is left: {daemon.status()}")


def check_marks(report, path, tasks, told, attempts):
    """What the tasks themselves say of how often they were run."""
    numbers = array.array("Q")
    with open(path, "rb") as file:
        numbers.frombytes(file.read())
    runs = collections.Counter(numbers)
    report.check(all(number < tasks for number in runs), "tasks were run that were never put")
    # A worker can die between a task's last instruction and the stamp that says so.
    extra = sum(count - 1 for count in runs.values())
    most = 0 if attempts == 1 else told["receipt"]["reruns"]
    report.check(extra <= most, f"{extra} runs too many of {most} that can be")
    report.check(len(runs) >= told["ok"], f"{told['ok']} tasks were done, but {len(runs)} were run")


def clients(stage, report, daemon, client):
    """Clients are killed at any moment: their workers are idle again, and their memory is gone."""
    kills = stage.size(500, 25)
    refused = 0
    lifetimes = stage.random
    for number in range(kills):
        words = [client, daemon.socket, "use", str(stage.random.getrandbits(60))]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=stage.environment(), cwd="/")
        # Before it has a lease, while it gets it, or while it uses it.
        time.sleep(lifetimes.choice([0, 0.001, 0.003, 0.01, 0.03]) * lifetimes.random() * 2)
        process.kill()
        refused += b"refused" in process.stdout.read()
        process.stdout.close()
        process.wait()
        if not daemon.is_alive:
            break
    report.tell("clients", kills, f"{kills} clients killed")
    report.check(refused == 0, f"{refused} clients were refused")
    report.check(procs.eventually(lambda: is_at_rest(daemon), LEAVING), f"something of a lease is left: {daemon.status()}")


def hostile(stage, report, daemon, client):
    """A client that writes anything harms nobody else: neither runs nor other leases fail or wait."""
    seconds = 3 if stage.is_short else 60 * stage.scale
    library = [client, daemon.socket, "hostile", str(seconds), str(stage.random.getrandbits(60))]
    process, first = start(stage, library)
    if not report.check(first == "ready", f"no lease: {first}"):
        return
    slowest, runs = 0.0, 0
    neighbour, _ = start(stage, [client, daemon.socket, "use", "7"])
    while process.poll() is None:
        begin = time.monotonic()
        receipt = daemon.run(tasks=200, patience=RUN_PATIENCE, **stage.random.choice([{"threads": 2}, {"processes": 2}]))
        slowest = max(slowest, time.monotonic() - begin)
        runs += 1
        if not report.check(receipt["outcome"] == "ok", f"a run beside it: {receipt['outcome']}"):
            break
        if not report.check(daemon.is_alive, "the daemon ended"):
            return
    report.check(neighbour.poll() is None, "another lease ended")
    neighbour.kill()
    neighbour.stdout.close()
    neighbour.wait()
    said = process.stdout.read().decode(errors="replace").strip()
    process.wait()
    report.check(process.returncode in (0, 2), f"the hostile client ended with {process.returncode}: {said}")
    report.tell("hostile", {"runs": runs, "slowest": slowest, "said": said},
                f"{seconds:.0f} s of any bytes beside {runs} runs, the slowest {slowest * 1000:.0f} ms")
    report.check(slowest < stage.time(1.0), f"a run beside it took {slowest:.1f} s")
    report.check(procs.eventually(lambda: is_at_rest(daemon), LEAVING), f"something of a lease is left: {daemon.status()}")
