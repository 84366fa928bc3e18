"""What the package's executors cost, beside their peers in the same run: medians of rounds in which each takes its turn.

    PYTHONPATH=Sources/Client/Python PARD_SOCKET=… PYTHON Tests/Python/bench.py [ROUNDS] [submit|map|arrays|sklearn …]

No test: it prints figures with the targets that they are held to. Peers that are not installed are left out.
"""

import concurrent.futures as cf
import multiprocessing
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import pard
import workers
from helper_functions import array_double, array_first, noop

COUNT = 20_000
fork = multiprocessing.get_context("fork")


def available(name):
    try:
        return __import__(name)
    except ImportError:
        return None


class Sheet:
    """Rows of one subject: times of each peer, by rounds."""

    def __init__(self, title, unit, scale):
        self.title, self.unit, self.scale = title, unit, scale
        self.rows = {}
        self.targets = []

    def add(self, name, seconds):
        self.rows.setdefault(name, []).append(seconds * self.scale)

    def median(self, name):
        return statistics.median(self.rows[name])

    def target(self, text, ratio, limit, at_least=True):
        self.targets.append((text, ratio, limit, at_least))

    def print(self):
        print(f"\n{self.title}, {self.unit}")
        for name, values in self.rows.items():
            print(f"  {name:44} {statistics.median(values):10.3f}   (best {min(values):.3f})")
        for text, ratio, limit, at_least in self.targets:
            met = ratio >= limit if at_least else ratio <= limit
            print(f"  {'met   ' if met else 'MISSED'} {text}: {ratio:.3g} (to be {'at least' if at_least else 'at most'} {limit:g})")
        sys.stdout.flush()


def timed(function):
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun


def peers():
    """Executors by their names, warm."""
    found = {
        "pard.WarmProcesses": pard.WarmProcesses(2),
        "pard.WarmThreads": pard.WarmThreads(2),
        "ProcessPoolExecutor": cf.ProcessPoolExecutor(2, mp_context=fork),
        "ThreadPoolExecutor": cf.ThreadPoolExecutor(2),
    }
    loky = available("loky")
    if loky:
        found["loky"] = loky.get_reusable_executor(max_workers=2, timeout=600)
    for executor in found.values():
        list(executor.map(noop, range(50)))
    return found


def submit(rounds):
    sheet = Sheet("submit(noop).result(), back to back", "µs each", 1e6)
    executors = peers()
    pool = fork.Pool(2)
    for _ in range(rounds):
        for name, executor in executors.items():
            times = [timed(lambda: executor.submit(noop, 1).result()) for _ in range(300)]
            sheet.add(name, statistics.median(times))
        sheet.add("Pool.apply", statistics.median([timed(lambda: pool.apply(noop, (1,))) for _ in range(300)]))
    ours = sheet.median("pard.WarmProcesses")
    sheet.target("under ProcessPoolExecutor", sheet.median("ProcessPoolExecutor") / ours, 8)
    sheet.target("of ThreadPoolExecutor's time", ours / sheet.median("ThreadPoolExecutor"), 1, False)
    sheet.print()
    end(executors, pool)


def map_many(rounds):
    sheet = Sheet(f"map of {COUNT} no-ops on 2 workers", "µs a call", 1e6 / COUNT)
    executors = peers()
    pool = fork.Pool(2)
    joblib, mpire = available("joblib"), available("mpire")
    mpire_pool = mpire.WorkerPool(2, keep_alive=True) if mpire else None
    for _ in range(rounds):
        for name, executor in executors.items():
            # Those that take a hundred times as long do a part of it.
            part = 1 if name.startswith("pard") or name == "ThreadPoolExecutor" else 8
            sheet.add(name, part * timed(lambda: list(executor.map(noop, range(COUNT // part)))))
            if name in ("ProcessPoolExecutor", "loky"):
                sheet.add(name + " chunksize=1000", timed(lambda: list(executor.map(noop, range(COUNT), chunksize=1000))))
        sheet.add("Pool.map", timed(lambda: pool.map(noop, range(COUNT))))
        sheet.add("Pool.imap", timed(lambda: list(pool.imap(noop, range(COUNT)))))
        if joblib:
            calls = [joblib.delayed(noop)(i) for i in range(COUNT // 4)]
            sheet.add("joblib, loky", 4 * timed(lambda: joblib.Parallel(n_jobs=2)(calls)))
        if mpire_pool:
            sheet.add("mpire", timed(lambda: mpire_pool.map(noop, range(COUNT))))
        sheet.add("a list of calls here", timed(lambda: [noop(i) for i in range(COUNT)]))
    ours = sheet.median("pard.WarmProcesses")
    sheet.target("under ProcessPoolExecutor", sheet.median("ProcessPoolExecutor") / ours, 80)
    if "loky" in executors:
        sheet.target("under loky", sheet.median("loky") / ours, 80)
    sheet.target("of ProcessPoolExecutor's with chunksize=1000", ours / sheet.median("ProcessPoolExecutor chunksize=1000"), 1.5, False)
    sheet.print()
    if mpire_pool:
        mpire_pool.terminate()
    end(executors, pool)


def arrays(rounds):
    numpy = available("numpy")
    if numpy is None:
        return
    executors = {
        "pard.WarmProcesses": pard.WarmProcesses(1),
        "ProcessPoolExecutor": cf.ProcessPoolExecutor(1, mp_context=fork),
    }
    loky = available("loky")
    if loky:
        executors["loky"] = loky.get_reusable_executor(max_workers=1, timeout=600)
    for size, times in ((1, 20), (64, 4)):
        array = numpy.random.rand(size << 17)
        shared = pard.share(array)
        for what, function, limit in (("in", array_first, 20), ("in and out", array_double, 20 if size == 1 else 15)):
            sheet = Sheet(f"an array of {size} MiB {what}", "ms", 1e3)
            for executor in executors.values():
                executor.submit(function, array).result()
            for _ in range(rounds):
                for name, executor in executors.items():
                    each = [timed(lambda: executor.submit(function, array).result()) for _ in range(times)]
                    sheet.add(name, statistics.median(each))
                if what == "in":
                    ours = executors["pard.WarmProcesses"]
                    each = [timed(lambda: ours.submit(function, shared).result()) for _ in range(5 * times)]
                    sheet.add("pard.WarmProcesses, shared", statistics.median(each))
            ratio = sheet.median("ProcessPoolExecutor") / sheet.median("pard.WarmProcesses")
            sheet.target("under ProcessPoolExecutor", ratio, limit)
            if what == "in":
                sheet.target("ms for a shared one", sheet.median("pard.WarmProcesses, shared"), 0.1, False)
            sheet.print()
    end(executors)


SKLEARN = """
import sys, time
sys.path.insert(0, {here!r})
import joblib, workers, pard.joblib
workers.use()
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
X, y = make_classification(2000, 20, random_state=0)
model = LogisticRegression(max_iter=200)
cross_val_score(model, X, y, cv=2)
begun = time.perf_counter()
with joblib.parallel_config(backend=sys.argv[1], n_jobs=2):
    cross_val_score(model, X, y, cv=6, n_jobs=2)
print(time.perf_counter() - begun)
"""


def sklearn(rounds):
    if not (available("sklearn") and available("joblib")):
        return
    sheet = Sheet("the first cross_val_score(n_jobs=2) of a program", "ms", 1e3)
    # The daemon's workers are warm: another program has used them.
    for turn in range(rounds + 1):
        for backend in ("pard", "loky"):
            code = SKLEARN.format(here=HERE)
            out = subprocess.run([sys.executable, "-c", code, backend], check=True, capture_output=True, text=True).stdout
            if turn > 0:
                sheet.add(backend, float(out.split()[-1]))
    sheet.target("sooner than loky", sheet.median("loky") / sheet.median("pard"), 10)
    sheet.print()


def end(executors, pool=None):
    for executor in executors.values():
        executor.shutdown()
    if pool is not None:
        pool.terminate()


SUBJECTS = {"submit": submit, "map": map_many, "arrays": arrays, "sklearn": sklearn}


def main():
    words = sys.argv[1:]
    rounds = int(words.pop(0)) if words and words[0].isdigit() else 5
    workers.use()
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {rounds} rounds")
    for name in words or SUBJECTS:
        SUBJECTS[name](rounds)


if __name__ == "__main__":
    main()
