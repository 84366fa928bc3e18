"""Commands that are hard to end, how they are known, and whether some of them are left; see victim.c."""
import collections
import os
import select
import socket
import threading
import time
import uuid

import procs
import wire

# What each kind has, by how many of its processes are to be found.
KINDS = {"foreground": 1, "background": 2, "group": 2, "session": 2, "double": 2, "daemon": 2, "nohup": 2, "deaf": 2,
         "closed": 2, "chain": 3}
# How many processes those are.
PROCESSES = sum(KINDS.values())
# When nothing may be left after an end, and how long all commands may take until they are there, in seconds.
GRACE, ARRIVAL = 1.0, 20.0
# Where commands run.
CONTEXT = {"directory": "/", "umask": 18, "environment": ["PATH=/usr/bin:/bin"]}


class Commands:
    """One round's commands: a token by which they are known, and a pipe into which each process says that it is there."""

    def __init__(self, stage):
        self.token = f"{stage.token}-{uuid.uuid4().hex[:12]}"
        self.fifo = stage.path("arrived")
        os.mkfifo(self.fifo)
        self.end = os.open(self.fifo, os.O_RDWR | os.O_CLOEXEC)
        victim = stage.tool("victim")
        self.words = [[victim, self.token, kind, self.fifo] for kind in KINDS]

    def await_all(self):
        """Waits until all their processes are there; returns how many are not."""
        missing = PROCESSES
        deadline = time.monotonic() + ARRIVAL
        while missing > 0:
            ready, _, _ = select.select([self.end], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                break
            missing -= len(os.read(self.end, missing))
        return missing

    def survivors(self, within=GRACE):
        """Those that are still there when they should be gone, as a count by kind. Ends them."""
        procs.eventually(lambda: not procs.holding(self.token), within, pause=0.05)
        left = procs.holding(self.token)
        kinds = collections.Counter(line.split()[2] if len(line.split()) > 2 else line for line in left.values())
        if left:
            procs.end_holders(self.token)
        return kinds

    def close(self):
        os.close(self.end)
        os.unlink(self.fifo)


def tell_survivors(report, found, processes):
    """Tells how many of so many processes survived, and checks for each way of ending, or kind of daemon, that none did.

    found: by the way, then by the command's kind.
    """
    total = sum(sum(kinds.values()) for kinds in found.values())
    report.tell("survivors", {way: dict(kinds) for way, kinds in found.items()}, f"{total} of {processes} processes "
                "survived")
    for way, kinds in found.items():
        listed = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        report.check(not kinds, f"{way}: {GRACE:.0f} s later there were still {listed}")


class Kept:
    """A run in the background, of all of a round's commands at a time."""

    def __init__(self, daemon, commands, **more):
        self.error = None
        self.receipt = None
        parameters = {"workload": "exec", "inputs": wire.Inputs(daemon.socket)(commands.words), "threads": len(KINDS),
                      "context": CONTEXT, **more}
        self.connection = daemon.connection(patience=60)
        self.thread = threading.Thread(target=self._run, args=(parameters,), daemon=True)
        self.thread.start()

    def _run(self, parameters):
        try:
            self.receipt = self.connection.call("Run", **parameters)["receipt"]
        except (wire.Gone, OSError):
            pass
        except wire.CallError as error:
            self.error = str(error)

    def hang_up(self):
        """Goes away, as a client that was killed does."""
        self.connection.link.shutdown(socket.SHUT_RDWR)

    def end(self):
        """Waits for the reply, or for the daemon's end; returns whether one of them came."""
        self.thread.join(10)
        self.connection.close()
        return not self.thread.is_alive()
