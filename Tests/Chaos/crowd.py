"""Several processes that do the same to a daemon, and what they counted."""
import collections
import json
import os
import random
import select
import signal
import sys
import time
import traceback

# How long the last of them may take beyond what the work should, in seconds.
PATIENCE = 300.0


class Crowd:
    """`count` processes, forked from this one, each doing `work(chance, number)`, which returns a dictionary of numbers.

    The `with` block begins them; none outlives it. user: the user ID that they have.
    """

    def __init__(self, stage, count, work, user=None):
        self.seeds = [stage.random.getrandbits(64) for _ in range(count)]
        self.work, self.user = work, user
        self.pids, self.pipes = {}, {}

    def __enter__(self):
        sys.stdout.flush()
        sys.stderr.flush()
        for number, seed in enumerate(self.seeds):
            ours, theirs = os.pipe()
            pid = os.fork()
            if pid == 0:
                self._be(number, seed, theirs)
            os.close(theirs)
            self.pids[pid] = number
            self.pipes[pid] = ours
        return self

    def _be(self, number, seed, pipe):
        """What a forked process does; never returns."""
        status = 1
        try:
            for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(name, signal.SIG_DFL)
            # Beside the daemon and its bystander, not before them.
            os.nice(5)
            if self.user is not None:
                os.setgroups([])
                os.setgid(self.user)
                os.setuid(self.user)
            answer = json.dumps(self.work(random.Random(seed), number)).encode()
            while answer:
                answer = answer[os.write(pipe, answer):]
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)

    def join(self, patience=PATIENCE):
        """Waits for all, and returns the sum of what they counted by name, and the names of what went wrong."""
        total, faults = collections.Counter(), []
        deadline = time.monotonic() + patience
        for pid, pipe in list(self.pipes.items()):
            answer = self._read(pipe, deadline)
            if answer is None:
                faults.append(f"process {self.pids[pid]} was not done after {patience:.0f} s")
                continue
            if not answer:
                faults.append(f"process {self.pids[pid]} failed; its message is above")
                continue
            for name, value in json.loads(answer).items():
                if name == "faults":
                    faults += value
                else:
                    total[name] += value
        return total, faults

    @staticmethod
    def _read(pipe, deadline):
        answer = b""
        while True:
            ready, _, _ = select.select([pipe], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                return None
            data = os.read(pipe, 1 << 16)
            if not data:
                return answer
            answer += data

    def __exit__(self, *_):
        for pid, pipe in self.pipes.items():
            os.close(pipe)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self.pids, self.pipes = {}, {}
