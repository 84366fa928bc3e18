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
# Between two looks, in seconds.
PAUSE = 0.1
# The most that others may wait for a ping, p99, in seconds.
PING = 0.1


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
        links = []
        for _ in range(clients):
            link = wire.connect(daemon.socket)
            link.sendall(wire.call("Run", {"workload": "noop", "tasks": tasks, "records": True}, more=True))
            link.setblocking(False)
            links.append(link)
        worst = dict.fromkeys(("anon", "shmem", "all"), 0)
        lost, begin = {}, time.monotonic()
        hangups = select.poll()
        for link in links:
            hangups.register(link.fileno(), select.POLLRDHUP)
        refused = set()
        while (seconds := time.monotonic() - begin) < watched and len(refused | set(lost)) < clients:
            memory = daemon.memory()
            worst = {kind: max(worst[kind], memory[kind]) for kind in worst}
            for descriptor, _ in hangups.poll(PAUSE * 1000):
                lost[descriptor] = seconds
                hangups.unregister(descriptor)
            refused |= {link.fileno() for link in links if link.fileno() not in lost and is_refused(link)}
            if not daemon.is_alive:
                break
        others.end()
        report.tell("clients", clients, f"{clients} clients of {tasks:,} records")
        report.tell("memory", worst, f"up to {size_text(worst['anon'])} of its own ({size_text(worst['all'])} with the "
                    "ledger)")
        report.check(worst["anon"] <= MEMORY, f"the daemon held {size_text(worst['anon'])}, above {size_text(MEMORY)}")
        report.tell("lost", {"count": len(lost), "refused": len(refused), "first": min(lost.values(), default=None),
                             "last": max(lost.values(), default=None)},
                    f"{len(lost)} lost their connection" + (f" after {time_text(max(lost.values()))}" if lost else "")
                    + f", {len(refused)} were refused")
        if not stage.is_short:
            kept = clients - len(refused | set(lost))
            report.check(not kept, f"{kept} clients that don't read still had their connection after {watched:.0f} s")
        report.tell("others", {"pings": len(others.pings), "runs": len(others.runs), "refused": others.refusals,
                               "ping_p99": at(others.pings, 0.99), "run_p99": at(others.runs, 0.99)},
                    f"others: ping p99 {time_text(at(others.pings, 0.99))}, {len(others.runs)} runs, "
                    f"{others.refusals} refused")
        for fault in others.faults[:5]:
            report.check(False, f"others: {fault}")
        report.check(others.runs, "others had no run done meanwhile")
        report.check(at(others.pings, 0.99) <= PING, f"others waited p99 {time_text(at(others.pings, 0.99))} for a ping")
        for link in links:
            link.close()
        if not report.check(daemon.is_alive, f"the daemon ended: {daemon.end_text()}"):
            return
        gone = procs.eventually(lambda: not daemon.call("ListJobs")["jobs"], 5)
        report.check(gone, "jobs of clients that have gone are still there after 5 s")
        after = procs.eventually(lambda: (count := daemon.descriptors()) <= before and count, 5)
        report.check(after, f"the daemon had {before} descriptors and has {daemon.descriptors()}")
        report.tell("log_lines", daemon.log.lines)


def is_refused(link):
    """Whether it was told that it can't have it. Leaves what there is to read where it is."""
    try:
        return b'"error"' in link.recv(4096, socket.MSG_PEEK)
    except OSError:
        return False
