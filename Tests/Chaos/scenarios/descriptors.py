"""Connections made and dropped, and descriptors that nobody has asked for: nothing of them stays."""
import os
import select
import socket
import time

import hostile
import procs
import wire
from crowd import Crowd
from daemon import Daemon
from figures import time_text

SUMMARY = "connects and closes, and unasked descriptors sent with calls: nothing stays open"

CROWD = 2
# The most descriptors that the kernel passes with one message.
MOST = 253
# Within which everything has to be closed again, and calls have to be answered, in seconds.
SETTLING, PATIENCE = 3.0, 20.0


def connects(path, wanted):
    """Connects and closes, with nothing, a whole call or half of one said."""
    def work(chance, _):
        done, faults = 0, []
        while done < wanted and len(faults) < 10:
            try:
                link = wire.connect(path, PATIENCE)
                said = chance.random()
                if said < 0.2:
                    link.sendall(wire.PING)
                elif said < 0.4:
                    link.sendall(wire.PING[: chance.randrange(1, len(wire.PING))])
                link.close()
            except (BrokenPipeError, ConnectionResetError):
                pass
            except OSError as error:
                faults.append(f"connect: {type(error).__name__} {error}")
            done += 1
        return {"connects": done, "faults": faults}

    return work


def gifts(path, wanted):
    """Sends descriptors with calls, with halves of calls and with garbage, and looks whether all are closed again."""
    def work(chance, _):
        counts, faults = {"sent": 0, "messages": 0, "answered": 0, "hung_up": 0}, []
        null = os.open("/dev/null", os.O_RDWR)
        while counts["sent"] < wanted and len(faults) < 10:
            number = chance.choice([1, 2, 16, MOST, MOST])
            ours, theirs = os.pipe()
            descriptors = [theirs] + [null] * (number - 1)
            try:
                kind = chance.random()
                with wire.Connection(path, PATIENCE) as connection:
                    _give(connection, kind, chance, descriptors, counts)
            except wire.Gone:
                counts["hung_up"] += 1
            except (OSError, ValueError) as error:
                faults.append(f"{number} descriptors: {type(error).__name__} {error}")
            os.close(theirs)
            # The other end hangs up once nobody has a copy of it any more.
            ready, _, _ = select.select([ours], [], [], SETTLING)
            if not ready:
                faults.append(f"a descriptor of {number} was still open after {SETTLING:.0f} s (kind {kind:.2f})")
            os.close(ours)
            counts["sent"] += number
        os.close(null)
        return {**counts, "faults": faults}

    return work


def _give(connection, kind, chance, descriptors, counts):
    """Sends them with one message or with several, and waits for the answer where one is due."""
    if kind < 0.7:
        connection.send_descriptors(wire.PING, descriptors)
        connection.reply()
        counts["answered"] += 1
    elif kind < 0.85:
        # With each piece of a call.
        for start in range(0, len(wire.PING), 9):
            connection.send_descriptors(wire.PING[start : start + 9], descriptors[:8])
            counts["sent"] += min(len(descriptors), 8)
        connection.reply()
        counts["answered"] += 1
    elif kind < 0.95:
        connection.send_descriptors(wire.PING[: chance.randrange(1, len(wire.PING))], descriptors)
    else:
        connection.send_descriptors(chance.choice(hostile.frames(chance, 4, hostile.FATAL)), descriptors)
        connection.link.shutdown(socket.SHUT_WR)
        connection.frame()
    counts["messages"] += 1


def run(stage, report):
    wanted = stage.size(100_000, 10_000)
    with Daemon(stage) as daemon:
        daemon.run(threads=2)
        before = daemon.descriptors()
        with Crowd(stage, CROWD, connects(daemon.socket, wanted // CROWD)) as crowd:
            total, faults = crowd.join()
        settle(daemon, report, before, f"{total['connects']:,} connects and closes")
        with Crowd(stage, CROWD, gifts(daemon.socket, wanted // CROWD)) as crowd:
            gifted, more = crowd.join()
        report.tell("gifts", dict(gifted))
        settle(daemon, report, before, f"{gifted['sent']:,} unasked descriptors")
        for fault in faults + more:
            report.check(False, fault)
        if not report.check(daemon.is_alive, f"the daemon ended: {daemon.end_text()}"):
            return
        begin = time.monotonic()
        receipt = daemon.run(threads=2, tasks=10)
        report.check(receipt["outcome"] == "ok", f"a run afterwards: {receipt['outcome']}")
        report.tell("run_afterwards", time.monotonic() - begin, f"a run afterwards {time_text(time.monotonic() - begin)}")
        report.tell("log_lines", daemon.log.lines)


def settle(daemon, report, before, what):
    """As many descriptors as before, a moment later."""
    fine = procs.eventually(lambda: daemon.descriptors() <= before, SETTLING)
    now = daemon.descriptors()
    report.tell(what.split(" ", 1)[1].replace(" ", "_"), {"before": before, "after": now},
                f"{what}: descriptors {before} → {now}")
    report.check(fine, f"after {what} the daemon had {now} descriptors, and {before} before")
