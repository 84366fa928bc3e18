"""More connections than there may be, and more than there are descriptors for."""
import resource
import selectors
import socket
import time

import procs
import wire
from daemon import Daemon
from figures import at, time_text

SUMMARY = "connections by the thousand: each served or told Busy; and a daemon without descriptors"

# How many are held at a time, and how long the last of them may wait for its answer, in seconds.
BATCH, PATIENCE = 1500, 20.0
# A daemon that is short of descriptors has so many more than it needs, while so many connect.
SPARE, CROWD = 12, 60
# How long it is short of them, in seconds, and what that may cost it: share of a processor, lines of its log.
SHORTAGE, SHARE, LINES = 2.0, 0.2, 12
RECOVERY = 2.0
# How long a ping may take meanwhile over a connection that was there before, in seconds.
PING = 0.5


def run(stage, report):
    room(BATCH)
    with Daemon(stage) as daemon:
        flood(stage, daemon, report)
    with Daemon(stage) as daemon:
        starve(daemon, report)


def room(count):
    """Makes room for so many descriptors in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 200
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard) if hard >= 0 else wanted, hard))


def flood(stage, daemon, report):
    wanted = stage.size(10_000, 3000)
    daemon.run(threads=2)
    before = daemon.descriptors()
    ends = dict.fromkeys(("served", "busy", "hung up", "no answer", "refused"), 0)
    waits = []
    left = wanted
    while left > 0 and daemon.is_alive:
        count = min(BATCH, left)
        left -= count
        batch(daemon, count, ends, waits)
        # Service as before, once those are gone.
        begin = time.monotonic()
        try:
            procs.eventually(lambda: _serves(daemon), RECOVERY) or _serves(daemon, True)
        except Exception as error:
            report.check(False, f"a run after {wanted - left} connections: {type(error).__name__} {error}")
        report.check(time.monotonic() - begin <= RECOVERY, "service was not as before when connections had gone")
    report.tell("ends", ends, f"{wanted:,} connections: {ends['served']:,} served, {ends['busy']:,} told Busy")
    report.tell("answered_p99", at(waits, 0.99), f"within p99 {time_text(at(waits, 0.99))}")
    for end in ("hung up", "no answer", "refused"):
        report.check(not ends[end], f"{ends[end]} of {wanted} connections: {end}")
    if not report.check(daemon.is_alive, f"the daemon ended: {daemon.end_text()}"):
        return
    report.tell("log_lines", daemon.log.lines)
    after = procs.eventually(lambda: (count := daemon.descriptors()) <= before and count, 5)
    report.check(after, f"the daemon had {before} descriptors and has {daemon.descriptors()}")


def _serves(daemon, must=False):
    try:
        return daemon.run(threads=2, patience=5)["outcome"] == "ok"
    except wire.CallError:
        if must:
            raise
        return False


def batch(daemon, count, ends, waits):
    """Opens so many as fast as it can, holds all until each has its answer, and notes how each ended."""
    waiting = selectors.DefaultSelector()
    links, begun = [], {}
    try:
        for _ in range(count):
            begin = time.monotonic()
            try:
                link = wire.connect(daemon.socket, PATIENCE)
            except wire.TIMEOUTS:
                ends["no answer"] += 1
                continue
            links.append(link)
            begun[link] = begin
            try:
                link.sendall(wire.PING)
            except (BrokenPipeError, ConnectionResetError):
                # What it was told may be there to read all the same.
                pass
            waiting.register(link, selectors.EVENT_READ)
        deadline = time.monotonic() + PATIENCE
        while waiting.get_map() and (rest := deadline - time.monotonic()) > 0:
            for key, _ in waiting.select(rest):
                waiting.unregister(key.fileobj)
                waits.append(time.monotonic() - begun[key.fileobj])
                ends[_end(key.fileobj)] += 1
        ends["no answer"] += len(waiting.get_map())
    finally:
        waiting.close()
        for link in links:
            link.close()


def _end(link):
    try:
        data = link.recv(1 << 16)
    except ConnectionResetError:
        return "hung up"
    if not data:
        return "hung up"
    if b"error" not in data:
        return "served"
    return "busy" if b"Busy" in data else "refused"


def starve(daemon, report):
    """Takes its descriptors away while others connect, and gives them back."""
    patience = daemon.stage.time(PING)
    with daemon.connection() as early:
        early.call("Ping")
        daemon.run(threads=2)
        limits = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (daemon.descriptors() + SPARE, limits[1]))
        lines, seconds, begin = daemon.log.lines, procs.processor_seconds(daemon.pid), time.monotonic()
        links = [_late(daemon) for _ in range(CROWD)]
        slowest = 0.0
        while time.monotonic() - begin < SHORTAGE:
            asked = time.monotonic()
            try:
                early.call("Ping")
            except Exception as error:
                report.check(False, f"an open connection without descriptors left: {type(error).__name__} {error}")
                break
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.02)
        share = (procs.processor_seconds(daemon.pid) - seconds) / (time.monotonic() - begin)
        said = daemon.log.lines - lines
        served = sum(_is_answered(link, 0) for link in links)
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, limits)
        begin = time.monotonic()
        served_later = sum(_is_answered(link, max(0.0, RECOVERY - (time.monotonic() - begin))) for link in links)
        took = time.monotonic() - begin
        for link in links:
            link.close()
    report.tell("short_of_descriptors", {
        "served": served, "served_later": served_later, "share": share, "lines": said, "ping_max": slowest},
        f"without descriptors {share * 100:.0f} % of a processor and {said} lines, the others served "
        f"{time_text(took)} later")
    report.check(share <= SHARE, f"without descriptors the daemon took {share * 100:.0f} % of a processor")
    report.check(said <= LINES, f"without descriptors the daemon wrote {said} lines in {SHORTAGE:.0f} s")
    report.check(slowest <= patience, f"an open connection waited {time_text(slowest)} for a ping meanwhile")
    report.check(served_later == CROWD, f"{CROWD - served_later} of {CROWD} connections were not served "
                 f"{RECOVERY:.0f} s after descriptors were there again")
    report.check(daemon.is_alive, f"the daemon ended: {daemon.end_text()}")


def _late(daemon):
    """A connection that may not be accepted for a while, with a call that is there already."""
    link = wire.connect(daemon.socket, 5)
    link.sendall(wire.PING)
    return link


def _is_answered(link, patience):
    """Whether an answer is there, within so many seconds; it is left where it is."""
    link.settimeout(patience if patience > 0 else 0)
    try:
        return len(link.recv(1, socket.MSG_PEEK)) == 1
    except OSError:
        return False
