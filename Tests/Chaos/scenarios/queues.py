"""Many short jobs wait for few workers, which are given several at a time; among them long ones, and kills."""
import json
import signal
import subprocess
import time
import zlib

import procs
import wire
from daemon import Daemon
from scenarios import kills

SUMMARY = "short jobs in a queue, long ones among them, workers killed: each answered once, and rightly"

# Clients that have one no-op after the other done; enough for several to wait for each worker.
CLIENTS = 48
FLOORS = "--floor-threads 2 --floor-processes 2"
PAUSE = 0.02
# How long the clients may take to be answered once no worker is killed any more, in seconds.
PATIENCE = 60.0


class Mixture(kills.Load):
    """Clients with jobs for one worker each: short and long ones, with a time limit, or given up on the way."""

    @staticmethod
    def _job(chance):
        job = {"mode": "serial", "tasks": chance.randint(1, 3)}
        if chance.random() < 0.6:
            job["workload"] = "noop"
        else:
            job.update(workload="sleep", arguments={"for": f"{chance.randint(1, 6)}ms"})
        if chance.random() < 0.2:
            job["timeout"] = chance.randint(1, 4_000_000)
        return job

    def _run(self, connection, job):
        if zlib.crc32(str(job).encode()) % 7 == 0:
            self._give_up(job)
        super()._run(connection, job)

    def _give_up(self, job):
        """Hands the job in and goes, so that it is cancelled wherever it stands."""
        with self.daemon.connection() as other:
            other.send(wire.call("Run", job, more=True))


def run(stage, report):
    rounds, seconds = stage.size(12, 2), 3.0
    killed = answered = refused = 0
    with Daemon(stage, FLOORS) as daemon:
        daemon.run(mode="serial")
        load = Mixture(daemon, stage)
        load.begin()
        for number in range(rounds):
            client = subprocess.Popen(
                [stage.tool("client"), "load", daemon.socket, str(CLIENTS), str(seconds)], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True, env=stage.environment())
            end = time.monotonic() + seconds
            while time.monotonic() < end and daemon.is_alive:
                workers = daemon.workers()
                if workers and procs.send_signal(stage.random.choice(workers), signal.SIGKILL, expected=daemon.pid):
                    killed += 1
                # In half of the rounds hardly any, so that workers are given several jobs for most of the time.
                time.sleep(stage.random.uniform(0, 2 * PAUSE) if number % 2 else 1.0)
            try:
                output, errors = client.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                client.kill()
                output, errors = "", f"not answered within {PATIENCE:.0f} s"
            if not report.check(client.returncode == 0 and output, f"the clients of no-ops: {errors.strip()}"):
                break
            counts = json.loads(output)
            answered += counts["total"]
            refused += counts["refused"]
        report.check(load.end(), "a client was not answered within a minute of the last kill")
        report.tell("jobs", answered + load.counts["jobs"], f"{answered + load.counts['jobs']:,} jobs")
        report.tell("kills", killed, f"{killed:,} worker kills")
        report.tell("refused", refused, f"{refused} not ended ok")
        report.tell("faults", len(load.faults), f"{len(load.faults)} lost, doubled or miscounted")
        for fault in load.faults:
            report.check(False, fault)
        report.check(refused <= killed, f"{refused} no-ops did not end ok, though only {killed} workers died")
        if not report.check(daemon.is_alive, f"the daemon ended: {daemon.end_text()}"):
            return
        report.check(procs.eventually(lambda: all(pool["busy"] == 0 and pool["waiting"] == 0 for pool in
                                                  daemon.pools().values()), kills.RECOVERY), "a pool stays busy")
