"""Somebody who only pings, over one open connection, while others behave badly."""
import json
import select
import subprocess

# Between two pings, in microseconds.
PAUSE = 1000
# How long a lap's figures may take, in seconds: a ping that is not answered ends the client after 60.
LAP_PATIENCE = 90.0


class Bystander:
    """Pings a daemon and, in turns with it, an echo that shares the machine: what the machine itself allowed.

    Starts on entering the `with` block.
    """

    def __init__(self, stage, socket):
        self.stage = stage
        self.socket = socket

    def __enter__(self):
        client, echo = self.stage.tool("client"), self.stage.path("echo.sock")
        environment = self.stage.environment()
        self.echo = subprocess.Popen(
            [client, "echo", echo], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self.echo.stdout.readline()
        self.client = subprocess.Popen(
            [client, "watch", self.socket, str(PAUSE), echo], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment, text=True)
        return self

    def __exit__(self, *_):
        for process in (self.client, self.echo):
            process.stdin.close()
        for process in (self.client, self.echo):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
        self.client.stderr.close()

    def lap(self):
        """The figures of both since the last lap, or None where its connection was lost or never answered."""
        try:
            self.client.stdin.write("\n")
            self.client.stdin.flush()
        except BrokenPipeError:
            return None
        ready, _, _ = select.select([self.client.stdout], [], [], LAP_PATIENCE)
        line = self.client.stdout.readline() if ready else ""
        return json.loads(line) if line else None

    def judge(self, report, key, what, limit):
        """Tells a lap's figures under `key`, and checks that its p99 is within `limit` seconds.

        Where the echo was slower than that itself, the machine can't tell, and the check is left out.
        """
        from figures import time_text

        lap = self.lap()
        if not report.check(lap is not None, f"{what}: the bystander lost its connection: {self.fault()}"):
            return
        ping, peer = lap["ping"], lap["peer"]
        report.tell(
            key, lap,
            f"{what} p50 {time_text(ping['p50'] / 1e9)}, p99 {time_text(ping['p99'] / 1e9)}, "
            f"max {time_text(ping['max'] / 1e9)} (echo p99 {time_text(peer['p99'] / 1e9)})")
        if peer["p99"] > limit * 1e9:
            return report.tell(key + "_can_tell", False, "the machine was too busy to tell")
        report.check(
            ping["p99"] <= limit * 1e9,
            f"{what}: p99 {time_text(ping['p99'] / 1e9)} of {ping['count']} pings, above {time_text(limit)}")

    def fault(self):
        self.client.poll()
        return self.client.stderr.readline().strip() if self.client.returncode is not None else "no answer"
