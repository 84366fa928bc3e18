"""CPython's own cases for executors, put to both of pard's. Run by any interpreter whose standard library has its tests:

    PYTHONPATH=Sources/Client/Python PYTHON Tests/Python/cpython_cases.py [-v] [WORD…]

`Tests/python` does so with a daemon of the build.

Lists each case that doesn't pass, with its reason. Fails where one has no reason, or passes in spite of one.
"""

import importlib
import multiprocessing
import os
import sys
import types
import unittest
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "Sources", "Client", "Python")]

import pard
import workers

from test import support

PACKAGE = "test.test_concurrent_futures"
INSIDES = "looks at the insides of the standard executor"
ALL_THERE = "workers are all there from the beginning, and not started as they are needed"
CLOSURE = "its function is a closure over a lock, a list or an event of this process, which no other process can be given"
REAL = "wants the pool to break; here the task alone fails, with what was really raised"
#: By the name of a case, or that of an executor and a case: why it can't pass.
REASONS = {
    "test_saturation": INSIDES,
    "test_idle_process_reuse_one": ALL_THERE,
    "test_idle_process_reuse_multiple": ALL_THERE,
    "test_idle_thread_reuse": ALL_THERE,
    "test_killed_child": INSIDES,
    "test_max_tasks_per_child": INSIDES,
    "test_max_tasks_per_child_defaults_to_spawn_context": INSIDES,
    "test_processes_terminate": INSIDES,
    "test_threads_terminate": INSIDES,
    "test_thread_names_assigned": INSIDES,
    "test_thread_names_default": INSIDES,
    "test_python_finalization_error": INSIDES,
    "test_shutdown_deadlock_pickle": INSIDES,
    "WarmProcesses.test_context_manager_shutdown": INSIDES,
    "WarmProcesses.test_del_shutdown": INSIDES,
    "WarmProcesses.test_shutdown_no_wait": INSIDES,
    "WarmThreads.test_context_manager_shutdown": INSIDES,
    "WarmThreads.test_del_shutdown": INSIDES,
    "WarmThreads.test_shutdown_no_wait": INSIDES,
    "test_map_submits_without_iteration": CLOSURE,
    "test_executor_map_current_future_cancel": CLOSURE,
    "test_broken_process_pool_traceback": INSIDES,
    "test_force_shutdown_workers": INSIDES,
    "test_force_shutdown_workers_invalid_op": INSIDES,
    "test_force_shutdown_workers_stops_pool": INSIDES,
    "test_kill_workers": INSIDES,
    "test_terminate_workers": INSIDES,
    "test_traceback_when_child_process_terminates_abruptly": "wants it as a cause; here the exception itself says it",
    "test_exit_at_task_unpickle": REAL,
    "test_error_at_task_unpickle": REAL,
    "test_error_during_result_unpickle_in_result_handler": REAL,
    "test_exit_during_result_unpickle_in_result_handler": REAL,
}
if sys.version_info >= (3, 13, 1):
    REASONS["test_process_fork_from_a_threadpool"] = "its function is a closure over the case itself, with its executor"
#: Those of them that wait for ever once they have failed.
NEVER_RUN = {"test_force_shutdown_workers", "test_broken_process_pool_traceback"}


def load(names):
    """The modules of the cases: a file before 3.12, a package since."""
    whole = importlib.import_module(PACKAGE)
    if not hasattr(whole, "__path__"):
        return [whole]
    return [importlib.import_module(f"{PACKAGE}.{name}") for name in names]


class Mixin:
    """In the place of the standard library's mixins, one for each executor."""

    worker_count = 5
    executor_kwargs = {}

    def setUp(self):
        super().setUp()
        self.executor = self.executor_type(max_workers=self.worker_count, **self.executor_kwargs)

    def tearDown(self):
        self.executor.shutdown(wait=True)
        self.executor = None
        super().tearDown()

    def get_context(self):
        return multiprocessing.get_context("fork")

    def create_event(self):
        manager = self.get_context().Manager()
        self.addCleanup(manager.shutdown)
        return manager.Event()


def find(modules, name):
    for module in modules:
        if hasattr(module, name):
            return module, getattr(module, name)
    raise AttributeError(name)


#: The classes of cases, and the executors that they are for.
CASES = [
    ("ExecutorTest", "PT"), ("WaitTests", "PT"), ("AsCompletedTests", "PT"), ("ExecutorShutdownTest", "PT"),
    ("InitializerMixin", "PT"), ("FailingInitializerMixin", "PT"), ("ProcessPoolExecutorTest", "P"),
    ("ProcessPoolShutdownTest", "P"), ("ExecutorDeadlockTest", "P"), ("ThreadPoolExecutorTest", "T"),
    ("ThreadPoolWaitTests", "T"), ("ThreadPoolShutdownTest", "T"),
]


def plain(cases, known):
    """A class's own cases, without those of the classes that are put to the executor anyway."""
    own = {name: value for name, value in vars(cases).items() if not name.startswith("__")}
    for parent in cases.__mro__[1:]:
        if parent.__name__ not in known and parent.__name__.endswith(("Test", "Tests")):
            own.update({k: v for k, v in vars(parent).items() if not k.startswith("__") and k not in own})
    return own


def build(modules):
    suite = []
    known = [name for name, _ in CASES] + ["TestCase", "BaseTestCase"]
    types_of = {"P": pard.WarmProcesses, "T": pard.WarmThreads}
    for name, kinds in CASES:
        module, cases = find(modules, name)
        mixin = find(modules, "ExecutorMixin")[1]
        for kind in kinds:
            executor = types_of[kind]
            own = plain(cases, known)
            # What tasks call must be found where it is from.
            own.update({k: staticmethod(getattr(cases, k)) for k, v in own.items() if isinstance(v, classmethod)})
            own.update(executor_type=executor, worker_count=own.get("worker_count", 5))
            # A class whose own setUp() goes on to the mixin's.
            if "setUp" in own:
                bases = (type(name, (Mixin,), {}), unittest.TestCase)
                own["setUp"] = rebind(own["setUp"])
            else:
                bases = (Mixin, unittest.TestCase)
            made = type(f"{executor.__name__}_{name}", bases, dict(own, __module__=__name__))
            suite.append(made)
    return suite


def rebind(function):
    """A method that says super() looks for its class in a cell, which is another class's."""
    code = function.__code__
    if "__class__" not in code.co_freevars:
        return function

    def set_up(self):
        cell = types.CellType(type(self))
        closure = tuple(cell if name == "__class__" else old for name, old in zip(code.co_freevars, function.__closure__))
        types.FunctionType(code, function.__globals__, function.__name__, function.__defaults__, closure)(self)

    return set_up


def adapt(module):
    """Has what a module does with the standard executors by name done with pard's."""
    shim = types.SimpleNamespace(**{name: getattr(module.futures, name) for name in dir(module.futures) if name[0] != "_"})
    shim.process = module.futures.process
    shim.ProcessPoolExecutor, shim.ThreadPoolExecutor = Processes, Threads
    if hasattr(module, "futures"):
        module.futures = shim
    if hasattr(module, "assert_python_ok"):
        original = module.assert_python_ok

        def assert_python_ok(flag, code, **variables):
            code = "import workers; workers.use()\n" + code.replace("if 1:", "", 1).replace("if True:", "", 1).strip("\n")
            lines = code.split("\n")
            body = [lines[0], "if True:"] + lines[1:]
            code = "\n".join(body).replace("from concurrent.futures import", "from pard import")
            code = code.replace("ThreadPoolExecutor", "WarmThreads")
            paths = os.pathsep.join(sys.path[:2] + [os.environ.get("PYTHONPATH", "")])
            return original(flag, code, __isolated=False, PYTHONPATH=paths, **variables)

        module.assert_python_ok = assert_python_ok


class Processes(pard.WarmProcesses):
    pass


class Threads(pard.WarmThreads):
    pass


def reason_for(test):
    _, _, name = test.id().rpartition(".")
    executor = type(test).__name__.split("_")[0]
    return REASONS.get(f"{executor}.{name}") or REASONS.get(name)


def main():
    warnings.simplefilter("ignore")
    words = [word for word in sys.argv[1:] if word != "-v"]
    support.use_resources = ["walltime", "cpu"]
    workers.use()
    modules = load(
        ["executor", "test_wait", "test_as_completed", "test_shutdown", "test_init", "test_process_pool", "test_deadlock",
         "test_thread_pool", "util"]
    )
    for module in modules:
        if hasattr(module, "futures"):
            adapt(module)
    count = 0
    passed, failed, excused, wrong = [], [], [], []
    for cases in build(modules):
        for test in unittest.defaultTestLoader.loadTestsFromTestCase(cases):
            name = test.id().split(".", 1)[1]
            if words and not any(word in name for word in words):
                continue
            count += 1
            reason = reason_for(test)
            if name.rpartition(".")[2] in NEVER_RUN:
                excused.append((name, reason))
                continue
            # On a busy machine workers may not have begun anything when a case expects them to: it has two tries.
            for again in (cases(test.id().rpartition(".")[2]), test):
                one = unittest.TestResult()
                again.run(one)
                problems = one.failures + one.errors
                if reason or not problems:
                    break
            if "-v" in sys.argv[1:]:
                print(name, "FAILED" if problems else "skipped" if one.skipped else "ok", flush=True)
            if one.skipped and not problems:
                excused.append((name, "it skips itself: " + one.skipped[0][1]))
            elif not problems:
                (wrong if reason else passed).append((name, "passes, though it is said not to"))
            elif reason:
                excused.append((name, reason))
            else:
                failed.append((name, problems[0][1]))
    print(f"Python {sys.version.split()[0]}: {len(passed)} of {count} cases of CPython's pass")
    for name, reason in excused:
        print(f"  not passed: {name}: {reason}")
    for name, text in wrong + failed:
        print(f"UNEXPECTED: {name}: {text}")
    return bool(failed or wrong)


if __name__ == "__main__":
    sys.exit(main())
