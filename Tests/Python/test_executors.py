"""What pard's executors do, beyond what CPython's own cases ask for. Run by `python -m unittest` in this folder, with the
package in PYTHONPATH; PARD_TEST_WORKERS=double has a stand-in for the daemon."""

import concurrent.futures as cf
import errno
import functools
import gc
import io
import operator
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest
from unittest import mock

# Wherever a test goes, workers find its functions.
sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]

import pard
import workers
from helper_functions import (
    Boom, NeverBack, Unsendable, boom, count_of_initializations, crash, held_by_worker, hold, initialize, keep, nap,
    note, place, printing, processors_seen, recurse, refuse_pickling, say, say_of, slowly,
    square, total,
)

try:
    import cloudpickle
except ImportError:
    cloudpickle = None
try:
    import numpy
except ImportError:
    numpy = None

workers.use()
needs_cloudpickle = unittest.skipIf(cloudpickle is None, "without cloudpickle")
PATIENCE = 60


class Both:
    """Cases for either executor."""

    kind = None

    def setUp(self):
        self.executor = self.kind(2)
        self.addCleanup(self.executor.shutdown)

    def goes_on(self):
        self.assertEqual(self.executor.submit(square, 3).result(PATIENCE), 9)

    def busy_executor(self, value=None):
        """An executor whose only worker is at a task, that task, and the file that has it end when it is closed."""
        executor = self.kind(1)
        self.addCleanup(executor.kill_workers)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "fifo")
        os.mkfifo(path)
        task = executor.submit(hold, value, path)
        # Opened once the task has opened it.
        fifo = open(path, "wb")
        self.addCleanup(fifo.close)
        return executor, task, fifo

    # What can be called.

    def test_methods_partials_and_callable_objects_are_called(self):
        submit = self.executor.submit
        self.assertEqual(submit("a-b".split, "-").result(PATIENCE), ["a", "b"])
        self.assertEqual(submit(functools.partial(pow, 2), 5).result(PATIENCE), 32)
        self.assertEqual(submit(dict, a=1).result(PATIENCE), {"a": 1})

    @needs_cloudpickle
    def test_lambdas_and_closures_go_by_value(self):
        base = 10
        self.assertEqual(self.executor.submit(lambda x: x + base, 1).result(PATIENCE), 11)
        self.assertEqual(list(self.executor.map(lambda x: x * base, range(100))), [x * 10 for x in range(100)])

    @needs_cloudpickle
    def test_a_closure_that_has_changed_since_goes_as_it_is(self):
        seen = [1]
        step = 1

        def own():
            return seen, step

        self.assertEqual(self.executor.submit(own).result(PATIENCE), ([1], 1))
        seen.append(2)
        step = 5
        self.assertEqual(self.executor.submit(own).result(PATIENCE), ([1, 2], 5))

    def test_without_cloudpickle_the_error_names_the_function_and_the_ways_out(self):
        with mock.patch.dict(sys.modules, cloudpickle=None):
            with self.assertRaises(pard.FunctionError) as raised:
                self.executor.submit(lambda: 1).result(PATIENCE)
        text = str(raised.exception)
        self.assertIn("<lambda>", text)
        self.assertIn("pip install cloudpickle", text)
        self.assertIn("module", text)
        self.goes_on()

    def test_a_function_that_workers_cannot_find_says_so(self):
        name = "module_of_here_only"
        module = type(sys)(name)
        exec("def function(): pass", module.__dict__)
        sys.modules[name] = module
        self.addCleanup(sys.modules.pop, name)
        with self.assertRaisesRegex(pard.FunctionError, f"No module named '{name}'"):
            self.executor.submit(module.function).result(PATIENCE)
        self.goes_on()

    # Where tasks run.

    def test_workers_are_where_the_client_is(self):
        with mock.patch.dict(os.environ, {"PARD_TEST_WORD": "here"}):
            with tempfile.TemporaryDirectory() as folder:
                before = os.getcwd()
                os.chdir(folder)
                try:
                    with self.kind(1) as executor:
                        directory, word = executor.submit(place, "PARD_TEST_WORD").result(PATIENCE)
                finally:
                    os.chdir(before)
                self.assertEqual(directory, os.path.realpath(folder))
        self.assertEqual(word, "here")

    def test_workers_are_where_the_client_is_whatever_its_name_is_made_of(self):
        with mock.patch.dict(os.environ, {"PARD_TEST_\udcff": "wor\udcfe"}):
            with tempfile.TemporaryDirectory(prefix="pard-\udcff") as folder:
                before = os.getcwd()
                os.chdir(folder)
                try:
                    with self.kind(1) as executor:
                        directory, word = executor.submit(place, "PARD_TEST_\udcff").result(PATIENCE)
                finally:
                    os.chdir(before)
                self.assertEqual(os.fsencode(directory), os.path.realpath(os.fsencode(folder)))
        self.assertEqual(word, "wor\udcfe")

    def test_workers_know_which_processor_they_are_on(self):
        for processor, seen in self.executor.submit(processors_seen).result(PATIENCE):
            self.assertEqual(seen, processor)

    def test_the_initializer_runs_once_in_each_worker(self):
        with self.kind(2, initializer=initialize, initargs=("ready",)) as executor:
            found = set(executor.map(count_of_initializations, [0.01] * 40))
        self.assertEqual(found, {1})

    def test_what_a_task_prints_is_printed_here(self):
        with mock.patch("sys.stdout") as out, mock.patch("sys.stderr") as err:
            self.executor.submit(printing, "to out", "to err").result(PATIENCE)
        self.assertIn(mock.call("to out\n"), out.write.mock_calls)
        self.assertIn(mock.call("to err\n"), err.write.mock_calls)

    def test_what_cannot_be_printed_takes_no_result_away(self):
        closed = io.StringIO()
        closed.close()
        broken = mock.Mock()
        broken.write.side_effect = BrokenPipeError(errno.EPIPE, "Broken pipe")
        for out in (closed, broken):
            executor = self.kind(1)
            self.addCleanup(executor.kill_workers)
            with mock.patch("sys.stdout", out), self.assertLogs("concurrent.futures", "WARNING") as logs:
                self.assertEqual(executor.submit(say, "one").result(PATIENCE), "one")
                # These are taken by the collector.
                futures = [executor.submit(say, words) for words in ("two", "three")]
                self.assertEqual(cf.wait(futures, PATIENCE).not_done, set())
                self.assertEqual([future.result() for future in futures], ["two", "three"])
            self.assertEqual(len(logs.output), 1)

    def test_an_interrupt_while_something_is_printed_has_nothing_done_twice(self):
        size = 3 << 20
        out = mock.Mock()
        out.flush.side_effect = [KeyboardInterrupt, None, None, None]
        with mock.patch("sys.stdout", out):
            future = self.executor.submit(say_of, b"X" * size)
            with self.assertRaises(KeyboardInterrupt):
                future.result(PATIENCE)
            self.assertEqual(future.result(PATIENCE), b"XX")
            self.assertEqual(out.write.mock_calls, [mock.call(f"{size}\n")])
            # What it was called with stood in memory that these must not have both.
            others = [self.executor.submit(say_of, letter * size) for letter in (b"A", b"B")]
            self.assertEqual([other.result(PATIENCE) for other in others], [b"AA", b"BB"])

    def test_interrupts_lose_no_result(self):
        def interrupt(number, frame):
            raise KeyboardInterrupt

        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, interrupt))
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        for round in range(60):
            futures = [self.executor.submit(square, number) for number in range(300)]
            time.sleep(0.002)
            try:
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0.0001 + 0.00001 * round)
                    for future in futures:
                        future.result(PATIENCE)
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                pass
            self.assertEqual([future.result(PATIENCE) for future in futures], [number**2 for number in range(300)])

    def test_what_the_output_has_no_letters_for_is_escaped(self):
        out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="")
        with mock.patch("sys.stdout", out):
            self.assertEqual(self.executor.submit(say, "5 \u20ac").result(PATIENCE), "5 \u20ac")
            self.assertEqual(cf.wait([self.executor.submit(say, "\xe4")], PATIENCE).not_done, set())
        self.assertEqual(out.buffer.getvalue(), b"5 \\u20ac\n\\xe4\n")

    def test_a_record_says_when_a_task_ran_and_where(self):
        before = time.monotonic_ns()
        future = self.executor.submit(nap, 0.01)
        pid = future.result(PATIENCE)
        record = future.record
        self.assertEqual((record.pid, record.status, record.deaths), (pid, "ok", 0))
        self.assertLess(before, record.start)
        self.assertLess(record.start, record.stop)
        self.assertEqual(self.executor.submit(boom, "no").exception(PATIENCE).args, ("no",))

    def test_mp_context_is_ignored_with_a_warning(self):
        with self.assertWarnsRegex(UserWarning, "mp_context is ignored"):
            self.kind(1, mp_context="fork").shutdown()

    def test_the_receipt_comes_with_the_end(self):
        with self.kind(1) as executor:
            with self.assertRaisesRegex(RuntimeError, "shutdown"):
                executor.receipt()
            executor.submit(square, 1).result(PATIENCE)
        self.assertIn("workload", executor.receipt())

    # What fails.

    def test_what_cannot_be_pickled_fails_alone(self):
        with self.assertRaisesRegex(TypeError, "pickle"):
            self.executor.submit(square, threading.Lock()).result(PATIENCE)
        with self.assertRaisesRegex(TypeError, "pickle"):
            self.executor.submit(refuse_pickling).result(PATIENCE)
        self.goes_on()

    @unittest.skipUnless(workers.are_real(), "a stand-in has room for any input")
    def test_what_is_larger_than_all_the_room_fails_alone(self):
        size = 20 << 20
        executor, busy, fifo = self.busy_executor()
        executor._stream.packer.set_inline()
        large = [executor.submit(len, bytes(size)) for _ in range(3)]
        self.assertTrue(executor._stream._waiting)
        larger = executor.submit(len, bytes(2 * size))
        small = executor.submit(len, b"abc")
        fifo.close()
        self.assertEqual(cf.wait([busy, larger, small] + large, PATIENCE).not_done, set())
        self.assertRaisesRegex(ValueError, "larger than the lease has room for", larger.result)
        self.assertEqual([future.result() for future in large + [small]], [size] * 3 + [3])
        results = executor.map(len, [b"", b"a", bytes(2 * size)])
        self.assertEqual([next(results), next(results)], [0, 1])
        self.assertRaisesRegex(ValueError, "larger than the lease has room for", next, results)

    def test_an_exception_comes_with_the_workers_traceback(self):
        error = self.executor.submit(boom, "words").exception(PATIENCE)
        self.assertIs(type(error), Boom)
        self.assertIn("in boom", str(error.__cause__))
        self.assertNotIn("parcalls", str(error.__cause__))

    def test_an_exception_that_cannot_be_sent_is_told(self):
        for kind in (Unsendable, NeverBack):
            with self.assertRaisesRegex(pard.TaskError, f"{kind.__name__}: the words") as raised:
                self.executor.submit(boom, "the words", kind).result(PATIENCE)
            self.assertIn("in boom", str(raised.exception.__cause__))
        self.goes_on()

    def test_endless_recursion_is_an_exception(self):
        self.assertIs(type(self.executor.submit(recurse).exception(PATIENCE)), RecursionError)
        nested = []
        for _ in range(100_000):
            nested = [nested]
        self.assertIs(type(self.executor.submit(square, nested).exception(PATIENCE)), RecursionError)
        self.goes_on()

    @unittest.skipUnless(workers.are_real(), "a stand-in's workers are of one executor only")
    def test_executors_beside_each_other_have_their_own_results_and_outputs(self):
        with self.kind(2) as other:
            pairs = [(self.executor, other)[number % 2] for number in range(40)]
            futures = [executor.submit(operator.mul, bytes([number]), 3_000_000) for number, executor in enumerate(pairs)]
            for number, future in enumerate(futures):
                self.assertEqual(future.result(PATIENCE), bytes([number]) * 3_000_000)
            self.assertEqual(sum(other.map(square, [1] * 100)), 100)
        self.assertEqual(self.executor.submit(operator.mul, b"x", 3_000_000).result(PATIENCE), b"x" * 3_000_000)
        with mock.patch("sys.stdout", io.StringIO()) as out, mock.patch("sys.stderr", io.StringIO()):
            self.executor.submit(printing, "here", "there").result(PATIENCE)
        self.assertEqual(out.getvalue(), "here\n")

    def test_a_worker_that_ends_costs_its_task_only(self):
        with self.assertRaises(pard.WorkerLost) as raised:
            self.executor.submit(os._exit, 7).result(PATIENCE)
        lost = raised.exception
        self.assertIsInstance(lost, cf.process.BrokenProcessPool)
        self.assertEqual((lost.exit_code, lost.signal, lost.out_of_memory), (7, 0, False))
        self.assertIn("exit code 7", str(lost))
        self.goes_on()

    def test_a_crash_comes_with_where_it_was(self):
        with self.assertRaisesRegex(pard.WorkerLost, "SIGSEGV") as raised:
            self.executor.submit(crash).result(PATIENCE)
        self.assertIn("in crash", str(raised.exception.__cause__))
        self.goes_on()

    # Maps.

    def test_a_map_of_very_many_is_cut_by_itself(self):
        self.assertEqual(list(self.executor.map(square, range(20_000))), [x * x for x in range(20_000)])
        self.assertEqual(list(self.executor.map(pow, range(3000), [2] * 3000)), [x * x for x in range(3000)])

    def test_a_map_goes_on_while_nobody_takes_its_results(self):
        with tempfile.TemporaryDirectory() as folder:
            results = self.executor.map(note, [folder] * 300)
            deadline = time.monotonic() + PATIENCE
            while len(os.listdir(folder)) < 300 and time.monotonic() < deadline:
                time.sleep(0.01)
            self.assertEqual(len(os.listdir(folder)), 300)
            self.assertEqual(len(list(results)), 300)

    def test_a_map_hands_out_what_comes_before_a_failure(self):
        results = self.executor.map(total, [[1], [2], [None], [3]] * 50)
        self.assertEqual([next(results), next(results)], [1, 2])
        with self.assertRaises(TypeError) as raised:
            next(results)
        self.assertIn("in total", str(raised.exception.__cause__))
        results = self.executor.map(square, [1] * 500 + [threading.Lock()])
        self.assertEqual([next(results) for _ in range(500)], [1] * 500)
        self.assertRaises(TypeError, next, results)
        results = self.executor.map(held_by_worker, [1] * 500 + [None] + [1] * 10)
        self.assertEqual([next(results) for _ in range(500)], [1] * 500)
        self.assertRaises(TypeError, next, results)

    def test_a_map_that_is_given_up_begins_nothing_else(self):
        with tempfile.TemporaryDirectory() as folder:
            results = self.executor.map(note, [folder] * 1000, chunksize=1)
            next(results)
            results.close()
            self.executor.shutdown()
            self.assertLess(len(os.listdir(folder)), 1000)

    def test_a_maps_results_are_all_there_after_the_shutdown(self):
        for count in (17, 400):
            with self.kind(2) as executor:
                results = executor.map(slowly, range(count))
            self.assertEqual(list(results), list(range(count)))
            executor = self.kind(2)
            results = executor.map(slowly, range(count))
            executor.shutdown(wait=False)
            self.assertEqual(list(results), list(range(count)))

    def test_a_map_with_a_buffer_takes_items_as_results_are_taken(self):
        taken = []

        def items():
            for item in range(100):
                taken.append(item)
                yield item

        results = self.executor.map(square, items(), buffersize=5)
        self.assertEqual(taken, list(range(5)))
        self.assertEqual(next(results), 0)
        self.assertEqual(len(taken), 6)
        self.assertEqual(list(results), [x * x for x in range(1, 100)])

    def test_a_map_tells_its_progress(self):
        with mock.patch("sys.stderr") as err:
            err.isatty.return_value = False
            list(self.executor.map(square, range(50), progress=True))
        self.assertIn("50/50 (100 %)", "".join(call.args[0] for call in err.write.mock_calls))

    # Waiting.

    def test_more_tasks_than_a_lease_has_room_for_all_end(self):
        futures = [self.executor.submit(square, x) for x in range(10_000)]
        self.assertEqual(len(set(cf.as_completed(futures, PATIENCE))), 10_000)

    def test_many_threads_wait_at_a_time(self):
        found = []

        def work():
            for number in range(200):
                found.append(self.executor.submit(square, number).result(PATIENCE) == number * number)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual(found, [True] * 1600)

    def test_callbacks_may_wait_for_other_tasks(self):
        found = cf.Future()
        self.executor.submit(square, 2).add_done_callback(
            lambda future: found.set_result(self.executor.submit(square, future.result()).result(PATIENCE))
        )
        self.assertEqual(found.result(PATIENCE), 16)

    def test_event_loops_wait_for_tasks(self):
        import asyncio

        async def main():
            loop = asyncio.get_running_loop()
            return await asyncio.gather(*(loop.run_in_executor(self.executor, square, x) for x in range(20)))

        self.assertEqual(asyncio.run(main()), [x * x for x in range(20)])

    def test_a_future_says_whether_its_task_runs(self):
        blockers = [self.executor.submit(nap, 0.3) for _ in range(2)]
        queued = self.executor.submit(square, 2)
        deadline = time.monotonic() + PATIENCE
        while not blockers[0].running() and time.monotonic() < deadline:
            time.sleep(0.001)
        self.assertTrue(blockers[0].running())
        self.assertFalse(queued.running())
        self.assertFalse(blockers[0].cancel())
        self.assertTrue(queued.cancel())
        self.assertRaises(cf.CancelledError, queued.result)
        self.assertEqual(cf.wait([queued] + blockers, PATIENCE).not_done, set())

    def test_many_that_are_cancelled_while_the_workers_are_busy_are_in_nobodys_way(self):
        executor, busy, fifo = self.busy_executor("done")
        first = executor.submit(square, 3)
        for _ in range(12):
            futures = [executor.submit(square, 1) for _ in range(1000)]
            self.assertTrue(all(future.cancel() for future in futures))
            # Takes them, so that there is room for others.
            self.assertFalse(busy.done())
        last = executor.submit(square, 4)
        fifo.close()
        self.assertEqual([future.result(PATIENCE) for future in (busy, first, last)], ["done", 9, 16])
        self.assertEqual(executor.submit(square, 5).result(PATIENCE), 25)

    def test_a_collector_that_could_not_be_started_is_started_the_next_time(self):
        executor = self.kind(1)
        with mock.patch.object(threading.Thread, "start", side_effect=RuntimeError("can't start new thread")):
            first = executor.submit(square, 3)
            self.assertRaisesRegex(RuntimeError, "can't start", first.add_done_callback, id)
        second = executor.submit(square, 4)
        self.assertEqual(cf.wait([first, second], PATIENCE).not_done, set())
        executor.shutdown()
        self.assertEqual([first.result(), second.result()], [9, 16])

    # The end.

    def test_an_executor_that_is_dropped_ends_when_its_tasks_have(self):
        executor = self.kind(1)
        stream = executor._stream
        future = executor.submit(nap, 0.1)
        del executor
        gc.collect()
        self.assertGreater(future.result(PATIENCE), 0)
        deadline = time.monotonic() + PATIENCE
        while not stream._is_closed and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertTrue(stream._is_closed)

    def test_kill_workers_ends_what_runs(self):
        future = self.executor.submit(time.sleep, PATIENCE)
        queued = [self.executor.submit(time.sleep, PATIENCE) for _ in range(5)]
        begun = time.monotonic()
        self.executor.kill_workers()
        for each in [future] + queued:
            self.assertRaises(cf.BrokenExecutor, each.result)
        self.assertLess(time.monotonic() - begun, PATIENCE / 2)
        self.assertRaises(cf.BrokenExecutor, self.executor.submit, square, 1)

    def test_a_forked_child_leaves_the_executor_alone(self):
        pid = os.fork()
        if pid == 0:
            self.executor.shutdown()
            os._exit(0)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        self.goes_on()


@unittest.skipIf(numpy is None, "without NumPy")
class Arrays:
    """Cases with NumPy's arrays."""

    def setUp(self):
        self.executor = self.kind(2)
        self.addCleanup(self.executor.shutdown)
        self.array = numpy.arange(1 << 17, dtype=float)

    def test_large_arrays_go_and_come(self):
        for array in (self.array, numpy.asfortranarray(self.array.reshape(256, 512)), self.array[::2]):
            back = self.executor.submit(numpy.multiply, array, 2).result(PATIENCE)
            self.assertTrue(numpy.array_equal(back, array * 2))
            back[0] = 5

    def test_a_task_may_write_to_what_it_was_given(self):
        from helper_functions import bump

        self.assertEqual(self.executor.submit(bump, self.array).result(PATIENCE), self.array.sum() + len(self.array))
        self.assertEqual(self.array[0], 0)

    def test_what_a_task_keeps_stays_as_it_was(self):
        with self.kind(1) as executor:
            executor.submit(keep, self.array).result(PATIENCE)
            for value in range(5):
                executor.submit(total, numpy.full(1 << 17, float(value))).result(PATIENCE)
            self.assertEqual(executor.submit(held_by_worker, 1).result(PATIENCE), 1)
            self.assertEqual(executor.submit(keep, None).result(PATIENCE), self.array.sum())

    def test_memory_of_arguments_is_used_again(self):
        for _ in range(100):
            self.executor.submit(total, self.array).result(PATIENCE)
        self.assertEqual(len(self.executor._stream.packer.area._files), 1)

    def test_results_outlive_the_executor(self):
        back = self.executor.submit(numpy.add, self.array, 1).result(PATIENCE)
        self.executor.shutdown()
        gc.collect()
        self.assertEqual(back.sum(), self.array.sum() + len(self.array))

    def test_a_forked_child_takes_nothing_from_its_parent(self):
        back = self.executor.submit(numpy.add, self.array, 1).result(PATIENCE)
        shared = pard.share(self.array)
        pid = os.fork()
        if pid == 0:
            del back, shared
            self.executor = None
            gc.collect()
            os._exit(0)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        for value in range(4):
            self.executor.submit(numpy.add, self.array, float(value)).result(PATIENCE)
        self.assertEqual(back.sum(), self.array.sum() + len(self.array))
        self.assertEqual(self.executor.submit(total, shared).result(PATIENCE), self.array.sum())

    def test_shared_arrays_are_not_copied(self):
        from helper_functions import is_read_only

        shared = pard.share(self.array)
        area = self.executor._stream.packer.area
        self.assertEqual(self.executor.submit(total, shared).result(PATIENCE), self.array.sum())
        self.assertEqual(self.executor.submit(total, shared[1000:]).result(PATIENCE), self.array[1000:].sum())
        self.assertEqual(area._files, [])
        self.assertTrue(self.executor.submit(is_read_only, shared).result(PATIENCE))
        self.assertFalse(shared.flags.writeable)

    def test_writable_shared_arrays_show_what_workers_write(self):
        from helper_functions import bump

        shared = pard.share(self.array, writable=True)
        self.executor.submit(bump, shared).result(PATIENCE)
        self.assertTrue(numpy.array_equal(shared, self.array + 1))

    def test_shared_memory_goes_with_its_last_array(self):
        before = len(os.listdir("/proc/self/fd"))
        shared = pard.share(self.array)
        part = shared[5:]
        self.assertGreater(len(os.listdir("/proc/self/fd")), before)
        del shared
        self.assertEqual(part[0], 5)
        del part
        gc.collect()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def test_arrays_of_objects_are_not_shared(self):
        self.assertRaisesRegex(TypeError, "references", pard.share, numpy.array([object()]))


class ProcessTests(Both, unittest.TestCase):
    kind = pard.WarmProcesses

    def test_children_and_c_code_print_here_too(self):
        with mock.patch("sys.stdout") as out:
            self.executor.submit(os.system, "echo from a child").result(PATIENCE)
        self.assertIn(mock.call("from a child\n"), out.write.mock_calls)

    def test_a_worker_is_replaced_after_so_many_tasks(self):
        with self.kind(1, max_tasks_per_child=2) as executor:
            pids = [executor.submit(os.getpid).result(PATIENCE) for _ in range(6)]
        # The first one has answered, as a task, whether it can open the client's memory.
        self.assertEqual(len(set(pids)), 4)
        self.assertEqual(pids[1], pids[2])

    def test_a_signal_is_told(self):
        with self.assertRaisesRegex(pard.WorkerLost, "SIGKILL") as raised:
            self.executor.submit(signal.raise_signal, signal.SIGKILL).result(PATIENCE)
        self.assertEqual((raised.exception.signal, raised.exception.exit_code), (signal.SIGKILL, None))
        self.goes_on()


class ThreadTests(Both, unittest.TestCase):
    kind = pard.WarmThreads

    def test_threads_are_of_one_process_and_not_of_this_one(self):
        pids = set(self.executor.map(nap, [0.01] * 20))
        self.assertEqual(len(pids), 1)
        self.assertNotIn(os.getpid(), pids)


class ProcessArrayTests(Arrays, unittest.TestCase):
    kind = pard.WarmProcesses


class ThreadArrayTests(Arrays, unittest.TestCase):
    kind = pard.WarmThreads


class ProgramTests(unittest.TestCase):
    """Whole programs."""

    def run_program(self, text, *, interrupt_at=None):
        text = "import workers; workers.use()\n" + textwrap.dedent(text)
        with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
            file.write(text)
            file.flush()
            paths = [os.path.dirname(os.path.abspath(__file__)), os.environ.get("PYTHONPATH", "")]
            program = subprocess.Popen(
                [sys.executable, file.name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env=dict(os.environ, PYTHONPATH=os.pathsep.join(paths)),
                # A shell that runs the tests in the background has them ignore it.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
            out = ""
            if interrupt_at is not None:
                out = program.stdout.readline()
                self.assertEqual(out, interrupt_at + "\n", program.stderr.read() if out == "" else None)
                program.send_signal(signal.SIGINT)
            rest, err = program.communicate(timeout=PATIENCE)
            # A private daemon says there, too, what it has to say.
            own = [line for line in err.splitlines(True) if not re.match(r"\d{4}-\d\d-\d\d ", line)]
            return program.returncode, out + rest, "".join(own)

    @needs_cloudpickle
    def test_the_main_program_is_not_run_again(self):
        code, out, err = self.run_program(
            """
            import pard
            print("main")
            FACTOR = 3
            class Point:
                def __init__(self, x): self.x = x
            def times(point): return Point(point.x * FACTOR)
            executor = pard.WarmProcesses(2)
            back = executor.submit(times, Point(2)).result()
            print(type(back) is Point, back.x)
            FACTOR = 4
            print([p.x for p in executor.map(times, [Point(1), Point(2)])])
            """
        )
        self.assertEqual((code, out, err), (0, "main\nTrue 6\n[4, 8]\n", ""))

    def test_one_interrupt_is_one_traceback_and_the_end(self):
        for block in ("with pard.WarmProcesses(2) as executor:", "executor = pard.WarmProcesses(2)\nif True:"):
            begun = time.monotonic()
            code, _, err = self.run_program(
                "import pard, time\n" + block + """
                    futures = [executor.submit(time.sleep, 60) for _ in range(4)]
                    executor.submit(abs, 1)
                    print("waiting", flush=True)
                    futures[0].result()
                """.replace("\n                    ", "\n    "),
                interrupt_at="waiting",
            )
            self.assertEqual(code, -signal.SIGINT, err)
            self.assertEqual(err.count("Traceback"), 1, err)
            self.assertTrue(err.strip().endswith("KeyboardInterrupt"), err)
            self.assertLess(time.monotonic() - begun, 30)

    def test_the_articles_functions_run(self):
        code, out, err = self.run_program(
            """
            from pard import multithreading, multiprocessing
            from helper_functions import cpu_heavy
            print(multithreading(cpu_heavy, [10, 20], 2), multiprocessing(cpu_heavy, [10, 20], 2))
            """
        )
        self.assertEqual((code, out, err), (0, "[45, 190] [45, 190]\n", ""))


if __name__ == "__main__":
    unittest.main()
