"""Two users of one daemon, of whom one takes all that he can get."""
import os
import pwd
import time

import wire
from crowd import Crowd
from daemon import Daemon
from figures import at, time_text
from report import Skipped

SUMMARY = "two users, one of them greedy: the other is refused nothing and waits no longer (needs root)"

GREEDY, MODEST = "nobody", "daemon"
# What the greedy one asks for: more than there may be of each.
CONNECTIONS, JOBS, WORKER_LIMIT = 1000, 100, 64
LARGE = b'{"method":"org.pard.Control.Nothing","parameters":{"x":"' + b"x" * (15 << 20) + b'"}}\0'
# The most that the modest one may wait, p99, in seconds: for a ping over an open connection, and for a small run.
PING, RUN = 0.01, 0.1
PAUSE, PATIENCE = 0.005, 5.0


def greed(path, seconds):
    """Holds what it gets, and asks for more until its time is over."""
    def work(chance, number):
        counts, links, jobs = {"connections": 0, "jobs": 0, "refused": 0, "large": 0}, [], 0
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if number == 0:
                _large_call(path, counts)
                continue
            if len(links) >= CONNECTIONS // 2:
                _drop_refused(links, counts)
                time.sleep(0.05)
            try:
                link = wire.connect(path, 2)
            except OSError:
                continue
            # Nothing that it asks for is waited for.
            link.setblocking(False)
            links.append(link)
            counts["connections"] += 1
            try:
                if jobs < JOBS and chance.random() < 0.3:
                    jobs += 1
                    link.sendall(wire.call("Run", {"workload": "sleep", "tasks": 1000, "arguments": {"for": "20s"},
                                                   "processes": chance.choice([1, 4, WORKER_LIMIT // 2])}))
                    counts["jobs"] += 1
                elif chance.random() < 0.5:
                    link.sendall(wire.PING)
            except OSError:
                pass
        for link in links:
            link.close()
        return counts

    return work


def _large_call(path, counts):
    try:
        with wire.Connection(path, 5) as connection:
            connection.send(LARGE)
            connection.reply()
    except wire.CallError:
        counts["large"] += 1
    except (wire.Gone, OSError):
        counts["refused"] += 1


def _drop_refused(links, counts):
    """Lets go of those that were hung up on or told no, to try again."""
    for link in list(links):
        try:
            data = link.recv(4096)
        except BlockingIOError:
            continue
        except OSError:
            data = b""
        if not data or b'"error"' in data:
            counts["refused"] += 1
            link.close()
            links.remove(link)


def modesty(path, seconds):
    """Pings over an open connection, and makes small runs over new ones."""
    def work(_, __):
        pings, runs, refused, faults = [], [], 0, []
        deadline, held = time.monotonic() + seconds, None
        while time.monotonic() < deadline:
            try:
                held = held or wire.Connection(path, PATIENCE)
                for _ in range(10):
                    begin = time.monotonic()
                    held.call("Ping")
                    pings.append(time.monotonic() - begin)
                    time.sleep(PAUSE / 5)
                begin = time.monotonic()
                receipt = wire.once(path, "Run", PATIENCE, workload="noop", processes=2, tasks=10)["receipt"]
                runs.append(time.monotonic() - begin)
                if receipt["outcome"] != "ok":
                    faults.append(f"a run ended {receipt['outcome']}")
            except wire.CallError as error:
                refused += 1
                faults.append(f"refused: {error}")
            except (wire.Gone, OSError) as error:
                refused += 1
                held = held and held.close()
                faults.append(f"{type(error).__name__} {error}")
            time.sleep(PAUSE)
        return {"refused": refused, "pings": len(pings), "runs": len(runs), "ping_p50": at(pings, 0.5),
                "ping_p99": at(pings, 0.99), "run_p50": at(runs, 0.5), "run_p99": at(runs, 0.99), "faults": faults}

    return work


def ask_as_root(daemon):
    """How a run of root's ends meanwhile."""
    try:
        return daemon.run(processes=2, patience=PATIENCE)["outcome"]
    except (wire.CallError, wire.Gone, OSError) as error:
        return f"{type(error).__name__} {error}"


def user(name):
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError as error:
        raise Skipped(f"there is no user {name}") from error


def run(stage, report):
    if os.geteuid() != 0:
        raise Skipped("only root can be two users")
    greedy, modest = user(GREEDY), user(MODEST)
    seconds = stage.size(30, 4)
    os.chmod(stage.folder, 0o755)
    flags = f"--shared --worker-limit {WORKER_LIMIT} --floor-processes 4 --floor-threads 4"
    with Daemon(stage, flags) as daemon:
        os.chmod(daemon.socket, 0o666)
        daemon.run(processes=2)
        with Crowd(stage, 1, modesty(daemon.socket, 2), user=modest) as alone:
            before, faults = alone.join()
        report.check(not faults, f"with nobody else there: {faults[:2]}")
        with Crowd(stage, 2, greed(daemon.socket, seconds + 1.5), user=greedy) as crowd:
            time.sleep(1)
            with Crowd(stage, 1, modesty(daemon.socket, seconds), user=modest) as other:
                found, faults = other.join(seconds + PATIENCE + 10)
            root = ask_as_root(daemon)
            taken, more = crowd.join(seconds + PATIENCE + 30)
        report.tell("greedy", dict(taken), f"one with {taken['connections']:,} connections, {taken['jobs']} jobs, "
                    f"{taken['large']} large calls, refused {taken['refused']:,} times")
        report.tell("modest", {"alone": dict(before), "beside": dict(found)},
                    f"the other refused {found['refused']} times; ping p99 {time_text(found['ping_p99'])} (alone "
                    f"{time_text(before['ping_p99'])}), run p99 {time_text(found['run_p99'])} (alone "
                    f"{time_text(before['run_p99'])})")
        report.check(root == "ok", f"root's run: {root}")
        report.check(not found["refused"], f"the other was refused {found['refused']} times: {faults[:1]}")
        report.check(found["runs"], "the other had no run done")
        report.check(found["ping_p99"] <= stage.time(PING), f"the other's ping p99 {time_text(found['ping_p99'])} is above "
                     f"{time_text(stage.time(PING))}")
        report.check(found["run_p99"] <= stage.time(RUN), f"the other's run p99 {time_text(found['run_p99'])} is above "
                     f"{time_text(stage.time(RUN))}")
        for fault in more[:3]:
            report.check(False, f"the greedy one: {fault}")
        report.check(daemon.is_alive, f"the daemon ended: {daemon.end_text()}")
        report.tell("log_lines", daemon.log.lines)
