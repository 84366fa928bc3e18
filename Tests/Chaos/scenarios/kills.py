"""Workers are killed under load: every task has one end all the same."""
import collections
import signal
import threading
import time

import procs
import wire
from daemon import Daemon
from runs import faults

SUMMARY = "workers killed under load: no task lost or doubled, pools as they were"

CLIENTS = 4
FLOORS = {"threads": 4, "processes": 4}
# Between two kills, in seconds.
PAUSE = 0.002
# How long pools may take to be whole again after the last kill, in seconds.
RECOVERY = 5.0
# Refusals that a storm of kills may cause; anything else is a fault.
ALLOWED = {"Busy", "WorkersFailed"}


class Load:
    """Clients that have jobs done, one after the other, and look at every account."""

    def __init__(self, daemon, stage):
        self.daemon = daemon
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        self.ends = collections.Counter()
        self.faults = []
        self.threads = []
        for number in range(CLIENTS):
            chance = type(stage.random)(stage.random.getrandbits(64))
            self.threads.append(threading.Thread(target=self._client, args=(chance,), daemon=True))

    def begin(self):
        for thread in self.threads:
            thread.start()

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(60)
        return not any(thread.is_alive() for thread in self.threads)

    @staticmethod
    def _job(chance):
        workload = chance.choice(["noop", "sleep", "cpu"])
        shape = chance.choice([{"threads": 2}, {"threads": 4}, {"processes": 2}, {"processes": 4},
                               {"processes": 2, "threads": 2}, {"mode": "serial"}])
        job = {"workload": workload, **shape}
        if workload == "noop":
            job["tasks"] = chance.randint(1, 3000)
        elif workload == "sleep":
            job.update(tasks=chance.randint(1, 60), arguments={"for": f"{chance.randint(1, 4)}ms"})
        else:
            job.update(tasks=chance.randint(1, 60), arguments={"iterations": str(chance.randint(1000, 3_000_000))})
        if chance.random() < 0.15:
            job["cold"] = chance.choice(["fresh", "exec"])
        return job

    def _client(self, chance):
        connection = None
        while not self.stop.is_set():
            job = self._job(chance)
            try:
                connection = connection or self.daemon.connection()
                self._run(connection, job)
            except wire.CallError as error:
                with self.lock:
                    self.counts[error.name] += 1
                    if error.name not in ALLOWED:
                        self.faults.append(f"{job}: {error}")
            except Exception as error:
                with self.lock:
                    self.faults.append(f"{job}: {type(error).__name__} {error}")
                if connection:
                    connection.close()
                connection = None
                if not self.daemon.is_alive:
                    return
        if connection:
            connection.close()

    def _run(self, connection, job):
        records, receipt = [], None
        for part in connection.each("Run", records=True, **job):
            records += part.get("records") or []
            receipt = part.get("receipt") or receipt
        found = faults(receipt, records) if receipt else ["no receipt"]
        if len(found) == 0 and receipt["tasks"]["total"] != job["tasks"]:
            found = [f"{receipt['tasks']['total']} tasks"]
        with self.lock:
            self.counts["jobs"] += 1
            for end, count in receipt["tasks"].items() if receipt else ():
                self.ends[end] += count
            self.counts["rerun"] += sum(record["attempt"] > 1 for record in records)
            self.faults += [f"{job}: {fault}" for fault in found[:3]]


def run(stage, report):
    wanted = stage.size(20_000, 600)
    flags = "--worker-limit 64 " + " ".join(f"--floor-{name} {size}" for name, size in FLOORS.items())
    with Daemon(stage, flags) as daemon:
        warm_up(daemon)
        before = spare_descriptors(daemon)
        load = Load(daemon, stage)
        load.begin()
        kills = 0
        deadline = time.monotonic() + wanted * PAUSE * 10 + 30
        while kills < wanted and daemon.is_alive and time.monotonic() < deadline:
            workers = daemon.workers()
            if workers and procs.send_signal(stage.random.choice(workers), signal.SIGKILL, expected=daemon.pid):
                kills += 1
            time.sleep(stage.random.uniform(0, 2 * PAUSE))
        report.check(load.end(), "a client was not answered within a minute of the last kill")
        report.tell("kills", kills, f"{kills:,} worker kills")
        report.tell("jobs", load.counts["jobs"], f"{load.counts['jobs']:,} jobs of {load.ends['total']:,} tasks")
        report.tell("rerun", load.counts["rerun"], f"{load.counts['rerun']:,} run again")
        report.tell("given_up", load.ends["lost"], f"{load.ends['lost']} given up after 3 tries")
        refusals = {name: load.counts[name] for name in load.counts if name not in ("jobs", "rerun")}
        report.tell("refusals", refusals, f"refused {sum(refusals.values())}")
        report.tell("faults", len(load.faults), f"{len(load.faults)} lost, doubled or miscounted")
        for fault in load.faults:
            report.check(False, fault)
        report.check(kills == wanted, f"only {kills} of {wanted} kills, as there were no workers to kill")
        if not report.check(daemon.is_alive, f"the daemon ended: {daemon.end_text()}"):
            return
        check_pools(daemon, report)
        report.check(procs.eventually(lambda: spare_descriptors(daemon) <= before, RECOVERY),
                     f"beside one a worker the daemon had {before} descriptors and has {spare_descriptors(daemon)}")


def spare_descriptors(daemon):
    """The daemon's descriptors but for one a worker process: of those a pool may have more for a while than before."""
    return daemon.descriptors() - len(set(daemon.workers()))


def warm_up(daemon):
    for shape in ({"threads": 4}, {"processes": 4}, {"processes": 2, "threads": 2}):
        daemon.run(**shape)


def check_pools(daemon, report):
    """Every pool has its floor again, and serves it warm."""
    def whole():
        pools = daemon.pools()
        return all(pools[name]["ready"] >= floor and pools[name]["busy"] == 0 and pools[name]["waiting"] == 0
                   for name, floor in FLOORS.items())

    begin = time.monotonic()
    is_whole = procs.eventually(whole, RECOVERY)
    report.tell("whole_after", time.monotonic() - begin)
    report.check(is_whole, f"pools are not whole after {RECOVERY} s: "
                 + str({name: (pool["size"], pool["ready"], pool["busy"]) for name, pool in daemon.pools().items()}))
    for name, floor in FLOORS.items():
        receipt = daemon.run(tasks=100, **{name: floor})
        report.check(receipt["outcome"] == "ok" and receipt["temperature"] == "warm",
                     f"{floor} {name} afterwards: {receipt['outcome']}, {receipt['temperature']}, {receipt['reason']}")
