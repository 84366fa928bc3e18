"""The crash matrix through leases: whatever happens to a task or a worker, on processes and on threads, the right thing is
told in words, others go on, and nothing is left behind. With the daemon's workers only."""

import concurrent.futures as cf
import gc
import os
import signal
import sys
import tempfile
import threading
import time
import unittest

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]

import helper_functions as functions
import pard
import workers
from pard import _daemon

workers.use()
PATIENCE = 60


def files():
    """Descriptors of this process that are memory files or sockets."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if target.startswith(("/memfd:", "socket:")):
            found.append(target.split(":")[0])
    return sorted(found)


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@unittest.skipUnless(workers.are_real(), "a stand-in's workers end otherwise")
class Crashes:
    """Cases for either executor."""

    kind = None

    def setUp(self):
        # Where there is no daemon, one is started now: it is no test's to leave behind.
        _daemon.find()
        gc.collect()
        self.before = files()
        self.executor = self.kind(2)
        self.addCleanup(self.check_nothing_is_left)
        self.addCleanup(self.executor.shutdown)

    def check_nothing_is_left(self):
        self.executor = None
        gc.collect()
        self.assertEqual(files(), self.before)
        deadline = time.monotonic() + PATIENCE
        while self.jobs() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(self.jobs(), [])

    def jobs(self):
        return [job for job in _daemon.find().call("ListJobs")["jobs"] if job["workload"] == "python"]

    def goes_on(self):
        self.assertEqual(self.executor.submit(functions.square, 3).result(PATIENCE), 9)
        self.assertEqual(sum(self.executor.map(functions.square, [1] * 1000)), 1000)

    def lost(self, function, *arguments):
        with self.assertRaises(pard.WorkerLost) as raised:
            self.executor.submit(function, *arguments).result(PATIENCE)
        self.goes_on()
        return raised.exception

    def test_exit(self):
        self.assertEqual(self.lost(os._exit, 3).exit_code, 3)

    def test_signals(self):
        for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM):
            self.assertEqual(self.lost(functions.kill_self, number).signal, number)

    def test_a_fault_of_the_interpreter(self):
        lost = self.lost(functions.crash)
        self.assertEqual(lost.signal, signal.SIGSEGV)
        self.assertIn("in crash", str(lost.__cause__))

    def test_a_worker_that_is_killed_from_outside(self):
        future = self.executor.submit(functions.tell_pid_and_sleep, self.folder(), PATIENCE)
        os.kill(self.pid_told(), signal.SIGKILL)
        self.assertRaisesRegex(pard.WorkerLost, "SIGKILL", future.result, PATIENCE)
        self.goes_on()

    def test_a_worker_that_is_stopped_ends_with_its_lease(self):
        self.executor.submit(functions.tell_pid_and_sleep, self.folder(), PATIENCE)
        pid = self.pid_told()
        os.kill(pid, signal.SIGSTOP)
        self.end_now(pid)

    def test_an_endless_loop_ends_with_its_lease(self):
        future = self.executor.submit(functions.tell_pid_and_loop, self.folder())
        pid = self.pid_told()
        self.assertRaises(cf.TimeoutError, future.result, 0.2)
        self.end_now(pid)
        self.assertRaises(cf.BrokenExecutor, future.result)

    def test_c_code_that_holds_the_gil_ends_with_its_lease(self):
        self.executor.submit(functions.tell_pid_and_hold_the_gil, self.folder())
        self.end_now(self.pid_told())

    def end_now(self, pid):
        self.executor.kill_workers()
        deadline = time.monotonic() + PATIENCE
        while not is_gone(pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertTrue(is_gone(pid), f"process {pid} is still there")

    def test_more_memory_than_there_may_be(self):
        with self.assertRaises((MemoryError, pard.WorkerLost)):
            self.executor.submit(bytearray, 1 << 46).result(PATIENCE)
        self.goes_on()

    def test_what_cannot_be_pickled(self):
        self.assertRaises(TypeError, self.executor.submit(functions.square, threading.Lock()).result, PATIENCE)
        self.assertRaises(TypeError, self.executor.submit(functions.refuse_pickling).result, PATIENCE)
        failing = self.executor.submit(functions.boom, "words", functions.Unsendable)
        self.assertRaisesRegex(pard.TaskError, "words", failing.result, PATIENCE)
        self.goes_on()

    def test_endless_recursion(self):
        self.assertRaises(RecursionError, self.executor.submit(functions.recurse).result, PATIENCE)
        self.goes_on()

    def test_many_deaths_cost_their_tasks_only(self):
        futures = [self.executor.submit(functions.die_of_every, 10, number) for number in range(100)]
        lost = [future for future in futures if isinstance(future.exception(PATIENCE), pard.WorkerLost)]
        self.assertGreaterEqual(len(lost), 10)
        done = [future.result() for future in futures if future.exception() is None]
        if self.kind is pard.WarmProcesses:
            self.assertEqual(len(lost), 10)
        self.assertEqual(len(done) + len(lost), 100)

    def test_a_broken_preload_is_told_with_its_reason(self):
        with self.module("raise RuntimeError('not today')\n") as name:
            with self.assertRaisesRegex(pard.PardError, "not today"):
                self.kind(1, preload=[name])
            with self.assertRaisesRegex(pard.PardError, "not today"):
                self.kind(1, preload=[name])

    def test_death_while_starting_is_told(self):
        with self.module("import os; os._exit(5)\n") as name:
            with self.assertRaises(pard.PardError):
                self.kind(1, preload=[name])

    def test_a_client_that_is_killed_leaves_no_worker_leased(self):
        import subprocess

        code = (
            f"import pard, time, helper_functions as f; e = pard.{self.kind.__name__}(2); "
            "print(e.submit(f.nap, 0).result(), flush=True); [e.submit(time.sleep, 60) for _ in range(5)]; time.sleep(60)"
        )
        paths = os.pathsep.join(sys.path[:1] + [os.environ.get("PYTHONPATH", "")])
        client = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True,
            env=dict(os.environ, PYTHONPATH=paths, PARD_SOCKET=_daemon.find().path),
        )
        client.stdout.readline()
        count = len(self.jobs())
        client.kill()
        client.wait()
        client.stdout.close()
        deadline = time.monotonic() + PATIENCE
        while len(self.jobs()) >= count and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(len(self.jobs()), count - 1)
        self.goes_on()

    # Help.

    def folder(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        return self._folder.name

    def pid_told(self):
        path = os.path.join(self._folder.name, "pid")
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                with open(path, encoding="ascii") as file:
                    return int(file.read())
            except (OSError, ValueError):
                time.sleep(0.005)
        self.fail("the task has not begun")

    def module(self, text):
        folder = tempfile.TemporaryDirectory()
        name = f"made_{os.getpid()}_{time.monotonic_ns()}"
        with open(os.path.join(folder.name, name + ".py"), "w", encoding="ascii") as file:
            file.write(text)
        before = os.getcwd()
        # A preload is looked for where the client is.
        os.chdir(folder.name)

        class Context:
            def __enter__(self):
                return name

            def __exit__(self, *ignored):
                os.chdir(before)
                folder.cleanup()

        return Context()


class ProcessCrashes(Crashes, unittest.TestCase):
    kind = pard.WarmProcesses


class ThreadCrashes(Crashes, unittest.TestCase):
    kind = pard.WarmThreads


if __name__ == "__main__":
    unittest.main()
