"""Clients that ask for a million records and never read them."""
import select
import socket
import threading
import time

import procs
import wire
from daemon import Daemon
from figures import at, size_text, time_text

SUMMARY = "clients that never read their million records: bounded memory, others served"

# What the daemon may hold of its own, in bytes: the ledger's shared memory, which has a limit of its own, is told apart.
MEMORY = 256 << 20
# How long the daemon may put up with a client that doesn't read, in seconds.
PATIENCE = 75.0
# How long whoever is refused asks again, in seconds.
INSISTING = 10.0
# Between two looks, in seconds.
PAUSE = 0.1
# The most that others may wait for a ping, p99, in seconds.
PING = 0.1


class Readers:
    """Clients that send their call and then read nothing, but for a refusal."""

    def __init__(self, daemon, clients, tasks):
        self.daemon = daemon
        self.call = wire.call("Run", {"workload": "noop", "tasks": tasks, "records": True}, more=True)
        self.hangups = select.poll()
        self.links, self.lost, self.refusals = {}, [], 0
        for _ in range(clients):
            self.open()

    def open(self):
        link = wire.connect(self.daemon.socket)
        link.sendall(self.call)
        link.setblocking(False)
        self.links[link.fileno()] = link
        self.hangups.register(link.fileno(), select.POLLRDHUP)

    def holds(self):
        """Whether some of them have a connection, or will ask for one again."""
        return bool(self.links)

    def look(self, seconds, insists):
        """Notes who was hung up on, and who was refused; whoever insists asks again."""
        for descriptor, _ in self.hangups.poll(PAUSE * 1000):
            self.lost.append(seconds)
            self.forget(descriptor)
        for descriptor, link in list(self.links.items()):
            if not is_refused(link):
                continue
            self.refusals += 1
            self.forget(descriptor)
            if insists:
                self.open()

    def forget(self, descriptor):
        self.hangups.unregister(descriptor)
        self.links.pop(descriptor).close()

    def close(self):
        for descriptor in list(self.links):
            self.forget(descriptor)


def is_refused(link):
    """Whether it was told that it can't have it. Leaves what there is to read where it is."""
    try:
        return b'"error"' in link.recv(4096, socket.MSG_PEEK)
    except OSError:
        return False


class Others:
    """Who is to be served meanwhile: a ping and a small run in turns, over new connections."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.pings, self.runs, self.refusals, self.faults = [], [], 0, []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._go, daemon=True)
        self.thread.start()

    def _go(self):
        while not self.stop.wait(PAUSE / 2):
            try:
                begin = time.monotonic()
                with self.daemon.connection(patience=20) as connection:
                    connection.call("Ping")
                    self.pings.append(time.monotonic() - begin)
                    begin = time.monotonic()
                    connection.call("Run", workload="noop", mode="serial", tasks=1)
                    self.runs.append(time.monotonic() - begin)
            except wire.CallError as error:
                self.refusals += 1
                if error.name != "Busy":
                    self.faults.append(str(error))
            except Exception as error:
                self.faults.append(f"{type(error).__name__} {error}")
                if not self.daemon.is_alive:
                    return

    def end(self):
        self.stop.set()
        self.thread.join(30)


def run(stage, report):
    clients, tasks = stage.size(200, 40), stage.size(1_000_000, 500_000)
    watched = PATIENCE if not stage.is_short else 4.0
    with Daemon(stage) as daemon:
        daemon.run(threads=2)
        before = daemon.descriptors()
        others = Others(daemon)
        crowd = Readers(daemon, clients, tasks)
        worst = dict.fromkeys(("anon", "shmem", "all"), 0)
        begin = time.monotonic()
        while (seconds := time.monotonic() - begin) < watched and crowd.holds() and daemon.is_alive:
            memory = daemon.memory()
            worst = {kind: max(worst[kind], memory[kind]) for kind in worst}
            crowd.look(seconds, seconds < INSISTING)
        others.end()
        report.tell("clients", clients, f"{clients} clients of {tasks:,} records")
        report.tell("memory", worst, f"up to {size_text(worst['anon'])} of its own ({size_text(worst['all'])} with the "
                    "ledger)")
        report.check(worst["anon"] <= MEMORY, f"the daemon held {size_text(worst['anon'])}, above {size_text(MEMORY)}")
        lost, kept = crowd.lost, len(crowd.links)
        report.tell("lost", {"count": len(lost), "refusals": crowd.refusals, "kept": kept, "first": min(lost, default=None),
                             "last": max(lost, default=None)},
                    f"{len(lost)} lost their connection" + (f" after {time_text(max(lost))}" if lost else "")
                    + f", {kept} did not, {crowd.refusals:,} refusals")
        if not stage.is_short:
            report.check(not kept, f"{kept} clients that don't read still had their connection after {watched:.0f} s")
        report.tell("others", {"pings": len(others.pings), "runs": len(others.runs), "refused": others.refusals,
                               "ping_p99": at(others.pings, 0.99), "run_p99": at(others.runs, 0.99)},
                    f"others: ping p99 {time_text(at(others.pings, 0.99))}, {len(others.runs)} runs, "
                    f"{others.refusals} refused")
        for fault in others.faults[:5]:
            report.check(False, f"others: {fault}")
        report.check(others.runs, "others had no run done meanwhile")
        report.check(at(others.pings, 0.99) <= stage.time(PING), f"others waited p99 {time_text(at(others.pings, 0.99))} for a ping")
        crowd.close()
        if not report.check(daemon.is_alive, f"the daemon ended: {daemon.end_text()}"):
            return
        gone = procs.eventually(lambda: not daemon.call("ListJobs")["jobs"], 5)
        report.check(gone, "jobs of clients that have gone are still there after 5 s")
        after = procs.eventually(lambda: (count := daemon.descriptors()) <= before and count, 5)
        report.check(after, f"the daemon had {before} descriptors and has {daemon.descriptors()}")
        report.tell("log_lines", daemon.log.lines)
