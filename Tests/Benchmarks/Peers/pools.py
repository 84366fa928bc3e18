"""Answers one line for each line on descriptor 3, fields separated by tabs: durations in nanoseconds.

    call COUNT POOL PAUSE         one no-op, from submit to result; PAUSE nanoseconds of sleep before each
    first COUNT POOL PAUSE        likewise, from submit to the task's beginning
    payload COUNT POOL BYTES      so many bytes there and back, from submit to result
    sweep COUNT POOL WORKERS N    64 tasks that each count to N, on so many workers, from the first submit to the last result
    map COUNT POOL TASKS CHUNK    TASKS no-ops through the pool's map
    submit COUNT POOL TASKS       TASKS no-ops, each submitted by itself
    start COUNT POOL WORKERS      a new pool to its last worker up
    memory COUNT POOL             PSS of a pool's workers, in bytes rather than nanoseconds

POOL is thread, process (by fork), forkserver, spawn, interpreter, multiprocessing, loky, joblib or mpire; "?" answers a pool
that isn't installed.
"""
import concurrent.futures
import functools
import multiprocessing
import os
import socket
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

try:
    import loky
except ImportError:
    loky = None
try:
    import joblib
except ImportError:
    joblib = None
try:
    import mpire
except ImportError:
    mpire = None

WORKERS = 2
warm = {}


class MultiprocessingPool:
    """multiprocessing.Pool with an executor's methods."""

    def __init__(self, workers):
        self.pool = multiprocessing.Pool(workers)

    def submit(self, function, *arguments):
        return Later(self.pool.apply_async(function, arguments))

    def map(self, function, items, chunksize):
        return self.pool.map(function, items, chunksize)

    def shutdown(self):
        self.pool.terminate()
        self.pool.join()


class Later:
    def __init__(self, answer):
        self.result = answer.get


class JoblibPool:
    """joblib's way, which has no single tasks: each is a list of one. Its workers are loky's, kept from call to call."""

    def __init__(self, workers):
        self.workers = workers

    def submit(self, function, *arguments):
        [value] = joblib.Parallel(n_jobs=self.workers)([joblib.delayed(function)(*arguments)])
        return Done(value)

    def map(self, function, items, chunksize):
        return joblib.Parallel(n_jobs=self.workers, batch_size=chunksize)(joblib.delayed(function)(item) for item in items)

    def shutdown(self):
        pass


class MpirePool:
    """mpire.WorkerPool with an executor's methods."""

    def __init__(self, workers):
        self.pool = mpire.WorkerPool(workers, keep_alive=True)

    def submit(self, function, *arguments):
        return Later(self.pool.apply_async(function, arguments))

    def map(self, function, items, chunksize):
        return self.pool.map(function, items, chunk_size=chunksize)

    def shutdown(self):
        self.pool.terminate()


class Done:
    def __init__(self, value):
        self.value = value

    def result(self):
        return self.value


def processes(method):
    return functools.partial(ProcessPoolExecutor, mp_context=multiprocessing.get_context(method))


POOLS = {
    "thread": ThreadPoolExecutor, "process": processes("fork"), "forkserver": processes("forkserver"),
    "spawn": processes("spawn"), "multiprocessing": MultiprocessingPool,
}
if hasattr(concurrent.futures, "InterpreterPoolExecutor"):
    POOLS["interpreter"] = concurrent.futures.InterpreterPoolExecutor
if loky:
    POOLS["loky"] = loky.ProcessPoolExecutor
if joblib:
    POOLS["joblib"] = JoblibPool
if mpire:
    POOLS["mpire"] = MpirePool


def noop(_):
    return None


def begin(_):
    return time.monotonic_ns()


def echo(data):
    return data


def count_to(number):
    total = 0
    for value in range(number):
        total += value
    return total


def come_up(rest):
    """Says when and who, and stays busy, so that another worker takes the next task."""
    now = time.monotonic_ns()
    time.sleep(rest)
    return now, os.getpid(), threading.get_ident()


def pool(kind):
    if kind not in warm:
        warm[kind] = POOLS[kind](WORKERS)
        list(warm[kind].map(noop, range(100), chunksize=1))
    return warm[kind]


def call(kind, pause):
    executor = pool(kind)
    time.sleep(int(pause) / 1e9)
    start = time.monotonic_ns()
    executor.submit(noop, 0).result()
    return time.monotonic_ns() - start


def first(kind, pause):
    executor = pool(kind)
    time.sleep(int(pause) / 1e9)
    start = time.monotonic_ns()
    return executor.submit(begin, 0).result() - start


def payload(kind, size):
    executor = pool(kind)
    data = bytes(int(size))
    start = time.monotonic_ns()
    back = executor.submit(echo, data).result()
    took = time.monotonic_ns() - start
    assert len(back) == len(data)
    return took


def sweep(kind, workers, number):
    key = kind, workers
    if key not in warm:
        warm[key] = POOLS[kind](int(workers))
        list(warm[key].map(noop, range(8 * int(workers)), chunksize=1))
    start = time.monotonic_ns()
    list(warm[key].map(count_to, [int(number)] * 64, chunksize=1))
    return time.monotonic_ns() - start


def map_all(kind, tasks, chunk):
    executor = pool(kind)
    start = time.monotonic_ns()
    list(executor.map(noop, range(int(tasks)), chunksize=int(chunk)))
    return time.monotonic_ns() - start


def submit(kind, tasks):
    executor = pool(kind)
    start = time.monotonic_ns()
    for future in [executor.submit(noop, task) for task in range(int(tasks))]:
        future.result()
    return time.monotonic_ns() - start


def start_pool(kind, workers):
    workers = int(workers)
    rest = 0.5 if kind in ("loky", "joblib", "spawn", "forkserver") else 0.05
    while True:
        start = time.monotonic_ns()
        executor = POOLS[kind](workers)
        answers = [executor.submit(come_up, rest) for _ in range(workers)]
        seen = [answer.result() for answer in answers]
        executor.shutdown()
        if len({answer[1:] for answer in seen}) == workers:
            return max(answer[0] for answer in seen) - start
        # A worker was free again before the last one was up.
        rest *= 2


def memory(kind):
    pid = pool(kind).submit(come_up, 0).result()[1]
    with open(f"/proc/{pid}/smaps_rollup") as sizes:
        return next(int(line.split()[1]) * 1024 for line in sizes if line.startswith("Pss:"))


COMMANDS = {
    "call": call, "first": first, "payload": payload, "sweep": sweep, "map": map_all, "submit": submit, "start": start_pool,
    "memory": memory,
}


def main():
    commands = socket.socket(fileno=3)
    os.set_inheritable(3, False)
    lines = commands.makefile("rw")
    for line in lines:
        command, count, kind, *rest = line.rstrip("\n").split("\t")
        if kind in POOLS:
            answer = "\t".join(str(COMMANDS[command](kind, *rest)) for _ in range(int(count)))
        else:
            answer = "?"
        lines.write(answer + "\n")
        lines.flush()
    for executor in warm.values():
        executor.shutdown()


if __name__ == "__main__":
    main()
