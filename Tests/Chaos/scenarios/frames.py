"""Hostile frames over many connections, and calls as large as may be, beside somebody who only pings."""
import os
import socket
import threading
import time

import hostile
import procs
import wire
from bystander import Bystander
from crowd import Crowd
from daemon import Daemon
from figures import size_text

SUMMARY = "hostile frames and 16 MiB calls, while somebody else pings"

# The most that a bystander's p99 may be, in seconds.
LIMIT = 0.01
CROWD = 2
# How many connections a process has open at a time, and how many frames it sends on one before it reads.
WIDTH, BATCH = 16, 40
# How many large calls are under way at a time.
LARGE_AT_ONCE = 8
# How many different frames of a kind a process makes; it sends them again and again.
VARIETY = 400
ANSWER_PATIENCE = 30.0
# After so many large calls that were not answered, the others are left out.
MOST_STUCK = 16


def hammer(path, wanted):
    """What one process of the crowd does: sends so many frames, and counts what came of them."""
    def work(chance, _):
        answered = hostile.frames(chance, VARIETY, hostile.ANSWERED)
        fatal = hostile.frames(chance, VARIETY, hostile.FATAL)
        counts = dict.fromkeys(("frames", "connections", "replies", "hung_up", "refused"), 0)
        faults = []
        while counts["frames"] < wanted and len(faults) < 20:
            links = []
            for _ in range(WIDTH):
                try:
                    links.append(wire.connect(path, ANSWER_PATIENCE))
                except OSError as error:
                    faults.append(f"connect: {error}")
            counts["connections"] += len(links)
            plans = [_send(link, chance, answered, fatal, counts) for link in links]
            for link, plan in zip(links, plans):
                fault = _receive(link, plan, counts)
                if fault:
                    faults.append(fault)
                link.close()
        return {**counts, "faults": faults}

    return work


def _send(link, chance, answered, fatal, counts):
    """Sends what chance has for one connection. Returns how many replies it has to bring, or None where it need not."""
    lot = chance.random()
    try:
        if lot < 0.55:
            batch = chance.choices(answered, k=BATCH)
            link.sendall(b"".join(batch))
            counts["frames"] += len(batch)
            return len(batch)
        frame = chance.choice(fatal)
        if lot < 0.85:
            batch = chance.choices(answered, k=chance.randint(0, 3)) + [frame] + chance.choices(answered, k=3)
            link.sendall(b"".join(batch))
            counts["frames"] += len(batch)
        elif lot < 0.97:
            # Half a frame, and an end.
            link.sendall(frame[: chance.randint(0, len(frame) - 1)])
            counts["frames"] += 1
        else:
            for byte in chance.choice(answered)[:200]:
                link.send(bytes([byte]))
            counts["frames"] += 1
        link.shutdown(socket.SHUT_WR)
    except (BrokenPipeError, ConnectionResetError):
        counts["hung_up"] += 1
        return -1
    return None


def _receive(link, plan, counts):
    """Reads until the replies that are due have come, or the end. Returns what was wrong, if anything."""
    if plan == -1:
        return None
    replies = 0
    try:
        while plan is None or replies < plan:
            data = link.recv(1 << 16)
            if not data:
                break
            replies += data.count(0)
            if b'org.pard.Control.Busy' in data:
                counts["refused"] += 1
                return None
    except ConnectionResetError:
        pass
    except wire.TIMEOUTS:
        return f"no answer within {ANSWER_PATIENCE:.0f} s, after {replies} of {plan} replies"
    counts["replies"] += replies
    if plan is None:
        counts["hung_up"] += 1
    elif replies < plan:
        return f"{replies} replies to {plan} calls, then the connection was closed"
    return None


class LargeCalls:
    """Calls as large as may be, some at a time, each on a connection of its own."""

    def __init__(self, daemon, frames, order):
        self.daemon, self.frames, self.order = daemon, frames, order
        self.lock = threading.Lock()
        self.ends, self.faults = {}, []
        self.slowest = (0.0, "")

    def go(self):
        threads = [threading.Thread(target=self._some, daemon=True) for _ in range(LARGE_AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _some(self):
        while self.daemon.is_alive:
            with self.lock:
                if not self.order or len(self.faults) >= MOST_STUCK:
                    return
                name = self.order.pop()
            begin = time.monotonic()
            end = self._one(self.frames[name])
            seconds = time.monotonic() - begin
            with self.lock:
                self.ends[end] = self.ends.get(end, 0) + 1
                self.slowest = max(self.slowest, (seconds, name))
                if end == "no answer":
                    self.faults.append(f"a large call ({name}) was not answered in {seconds:.0f} s")

    def _one(self, frame):
        try:
            with self.daemon.connection(patience=ANSWER_PATIENCE) as connection:
                connection.send(frame)
                connection.reply()
                return "answered"
        except wire.CallError as error:
            return error.name
        except wire.Gone:
            return "hung up"
        except wire.TIMEOUTS:
            return "no answer"


def run(stage, report):
    wanted = stage.size(1_000_000, 40_000)
    calls = stage.size(256, 16)
    os.mkdir(stage.path("out"))
    with Daemon(stage) as daemon:
        daemon.run(threads=2)
        frames = hostile.large(wire.Inputs(daemon.socket), stage.path("out"))
        before = daemon.descriptors()
        with Bystander(stage, daemon.socket) as bystander:
            time.sleep(0.5)
            bystander.judge(report, "quiet", "at rest", stage.time(LIMIT))
            with Crowd(stage, CROWD, hammer(daemon.socket, wanted // CROWD)) as crowd:
                total, faults = crowd.join()
            report.tell("frames", dict(total), f"{total['frames']:,} frames on {total['connections']:,} connections")
            for fault in faults:
                report.check(False, fault)
            bystander.judge(report, "hostile", "bystander", stage.time(LIMIT))
            names = sorted(frames)
            order = [names[number % len(names)] for number in range(calls)]
            stage.random.shuffle(order)
            large = LargeCalls(daemon, frames, order)
            large.go()
            report.tell("large", large.ends, f"{calls} calls of 16 MiB")
            report.tell("slowest", {"seconds": large.slowest[0], "call": large.slowest[1]})
            for fault in large.faults:
                report.check(False, fault)
            bystander.judge(report, "beside_large", "beside them", stage.time(LIMIT))
        if not report.check(daemon.is_alive, f"the daemon ended: {daemon.end_text()}"):
            return
        memory = daemon.memory()
        report.tell("memory", memory, f"then {size_text(memory['anon'])} of its own")
        report.tell("log_lines", daemon.log.lines)
        receipt = daemon.run(threads=2, tasks=1000)
        report.check(receipt["outcome"] == "ok", f"a run afterwards: {receipt['outcome']}")
        after = procs.eventually(lambda: (count := daemon.descriptors()) <= before and count, 5)
        report.check(after, f"the daemon had {before} descriptors and has {daemon.descriptors()}")
