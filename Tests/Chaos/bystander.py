"""Somebody who only pings, over one open connection, while others behave badly."""
import json
import select
import subprocess

from figures import time_text

# Between two pings, in microseconds.
PAUSE = 1000
# How long a lap's figures may take, in seconds: a ping that is not answered ends the client after 60.
LAP_PATIENCE = 90.0
# The longest that a ping may take in the short form, in seconds.
STANDSTILL = 3.0


class Watch:
    """Pings one socket at even distances, from when it is made until it is ended. Make it on the main thread."""

    def __init__(self, stage, socket):
        self.process = subprocess.Popen(
            [stage.tool("client"), "watch", socket, str(PAUSE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=stage.environment(), text=True)

    def lap(self):
        """The figures since the last lap, in nanoseconds; None where it lost its connection or got no answer."""
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        ready, _, _ = select.select([self.process.stdout], [], [], LAP_PATIENCE)
        line = self.process.stdout.readline() if ready else ""
        return json.loads(line)["ping"] if line else None

    def fault(self):
        self.process.poll()
        return self.process.stderr.readline().strip() if self.process.returncode is not None else "no answer"

    def end(self):
        end(self.process)


def end(process):
    """Closes what a client reads from, waits for its end, and doesn't wait for ever."""
    try:
        process.stdin.close()
        process.wait(2)
    except (subprocess.TimeoutExpired, BrokenPipeError):
        process.kill()
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()


class Bystander:
    """Pings a daemon and, beside it, an echo that does nothing else: what the machine itself allowed.

    The `with` block begins it.
    """

    def __init__(self, stage, socket):
        self.stage, self.socket = stage, socket

    def __enter__(self):
        path = self.stage.path("echo.sock")
        self.echo = subprocess.Popen(
            [self.stage.tool("client"), "echo", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=self.stage.environment())
        self.echo.stdout.readline()
        self.peer = Watch(self.stage, path)
        self.watch = Watch(self.stage, self.socket)
        return self

    def __exit__(self, *_):
        self.watch.end()
        self.peer.end()
        end(self.echo)

    def judge(self, report, key, what, limit):
        """Tells a lap's figures under `key`, and checks that its p99 is within `limit` seconds; in the short form, that its
        median is, and that nothing stood still for long: a machine that holds up the daemon for once fails no p99 of so few.

        Where the echo was slower than that itself, the machine can't tell, and the check is left out.
        """
        ping, peer = self.watch.lap(), self.peer.lap()
        if not report.check(ping, f"{what}: the bystander lost its connection: {self.watch.fault()}"):
            return
        p99, echo = ping["p99"] / 1e9, peer["p99"] / 1e9 if peer else 0
        report.tell(
            key, {"ping": ping, "echo": peer},
            f"{what} p50 {time_text(ping['p50'] / 1e9)}, p99 {time_text(p99)}, max {time_text(ping['max'] / 1e9)} "
            f"(echo p99 {time_text(echo)})")
        if echo > limit:
            return report.tell(key + "_can_tell", False, "the machine was too busy to tell")
        if self.stage.is_short:
            p50, most = ping["p50"] / 1e9, ping["max"] / 1e9
            report.check(p50 <= limit and most <= STANDSTILL, f"{what}: p50 {time_text(p50)}, max {time_text(most)}")
            return
        report.check(p99 <= limit, f"{what}: p99 {time_text(p99)} of {ping['count']} pings is above {time_text(limit)}")
