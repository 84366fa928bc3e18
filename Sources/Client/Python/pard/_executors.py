"""Executors on warm workers."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import sys
import threading
import time
import warnings
import weakref
from concurrent.futures import BrokenExecutor
from concurrent.futures.process import BrokenProcessPool
from concurrent.futures.thread import BrokenThreadPool
from itertools import islice
from typing import Any, Callable, Deque, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Type

from . import _open, _stream, _wire
from ._functions import by_value, is_of_main
from ._future import Future
from ._lease import LeaseOptions
from ._map import Feed, with_progress
from ._memory import MemoryFile
from ._packing import Packer, settings
from ._stream import Stream

__all__ = ["WarmProcesses", "WarmThreads"]

#: What results of one worker process may come to that somebody has at a time.
_REGION = 64 << 30
_LEAST_REGION = 64 << 20


class _Executor(concurrent.futures.Executor):
    """What both kinds have in common."""

    _has_threads = False
    _error: Type[BrokenExecutor] = BrokenProcessPool

    def __init__(
        self,
        max_workers: Optional[int] = None,
        mp_context: Any = None,
        initializer: Optional[Callable[..., object]] = None,
        initargs: Tuple[Any, ...] = (),
        *,
        preload: Sequence[str] = (),
        python: Optional[str] = None,
        max_tasks_per_child: Optional[int] = None,
    ) -> None:
        if max_workers is None:
            max_workers = self._usual_workers()
        if max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        if max_tasks_per_child is not None:
            if not isinstance(max_tasks_per_child, int):
                raise TypeError("max_tasks_per_child must be an integer")
            if max_tasks_per_child <= 0:
                raise ValueError("max_tasks_per_child must be >= 1")
        if mp_context is not None:
            warnings.warn("mp_context is ignored: workers are forked from an interpreter that the daemon keeps", stacklevel=3)
        self._max_workers = max_workers
        modules = [preload] if isinstance(preload, str) else list(preload)
        options = LeaseOptions(max_workers, self._has_threads, python, modules, max_tasks_per_child)
        self._stream = stream = self._open_stream(options, initializer, initargs)
        self._finalizer = weakref.finalize(self, stream.shutdown, False, False)
        self._finalizer.atexit = False
        _live.add(stream)

    def _open_stream(
        self, options: LeaseOptions, initializer: Optional[Callable[..., object]], arguments: Tuple[Any, ...]
    ) -> Stream:
        crashes = os.memfd_create("pard-crashes", os.MFD_CLOEXEC)
        results, region, regions = _results(1 if options.has_threads else options.workers)
        try:
            packer = Packer(
                settings(
                    path=_path(options.interpreter),
                    directory=_directory(),
                    umask=_umask(),
                    environment=dict(os.environ),
                    authkey=bytes(multiprocessing.current_process().authkey),
                    initializer=_packed(initializer, arguments),
                    threads=options.workers if options.has_threads else 0,
                    crashes=crashes,
                    results=(results.descriptor, results.token, region, regions),
                )
            )
            packer.results = results
            stream = Stream(_open.lease(options), packer, self._error)
            try:
                stream.probe()
            except BaseException:
                stream.close()
                raise
        except BaseException:
            os.close(crashes)
            raise
        stream.keep_crashes(crashes)
        return stream

    @staticmethod
    def _usual_workers() -> int:
        return len(os.sched_getaffinity(0)) or 1

    @property
    def _broken(self) -> Any:
        return self._stream.broken or False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """Has a worker call `fn(*args, **kwargs)`. Returns its future, which has a `record` besides.

        >>> executor.submit(pow, 2, 8).result()
        256
        """
        stream = self._stream
        try:
            packed = stream.packer.call(fn, args, kwargs)
        except Exception as error:
            return stream.failed(error)
        return stream.put(packed)

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: Optional[float] = None,
        chunksize: Optional[int] = None,
        buffersize: Optional[int] = None,
        progress: bool = False,
    ) -> Iterator[Any]:
        """Has workers call `fn` for each item, or each set of items, and returns the results in their order.

        Calls that take little go to workers many at a time, as many as their own times say: `chunksize` need not be given.

        timeout: in seconds, from now, for all of them.
        buffersize: so many calls are on their way at a time, and items are taken from the iterables as results are.
        progress: says on standard error how many results there are.

        >>> list(executor.map(pow, range(4), range(4)))
        [1, 1, 4, 27]
        """
        if chunksize is not None and chunksize < 1:
            raise ValueError("chunksize must be >= 1.")
        if buffersize is not None:
            if not isinstance(buffersize, int):
                raise TypeError("buffersize must be an integer or None")
            if buffersize < 1:
                raise ValueError("buffersize must be None or > 0")
        end = None if timeout is None else time.monotonic() + timeout
        if buffersize is not None:
            return self._map_lazily(fn, iterables, buffersize, end)
        items: List[Any] = list(iterables[0]) if len(iterables) == 1 else list(zip(*iterables))
        kind = _wire.EACH if len(iterables) == 1 else _wire.EACH_OF_MANY
        feed = Feed(self._stream, fn, items, kind, self._max_workers, chunksize)
        count = len(items)
        del items
        feed.start()
        results = feed.results(end)
        return with_progress(results, count) if progress else results

    def _map_lazily(
        self, fn: Callable[..., Any], iterables: Tuple[Iterable[Any], ...], buffersize: int, end: Optional[float]
    ) -> Iterator[Any]:
        calls = zip(*iterables)
        futures: Deque[Future] = Deque(self.submit(fn, *arguments) for arguments in islice(calls, buffersize))
        reference = weakref.ref(self)

        def results() -> Iterator[Any]:
            try:
                while futures:
                    executor = reference()
                    if executor is not None:
                        for arguments in islice(calls, 1):
                            futures.append(executor.submit(fn, *arguments))
                    del executor
                    future = futures.popleft()
                    try:
                        value = future.result(None if end is None else end - time.monotonic())
                    finally:
                        future.cancel()
                        del future
                    yield value
                    del value
            finally:
                for future in futures:
                    future.cancel()

        return results()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Takes no more tasks, and gives the workers back once those that there are have ended.

        wait: whether to wait for that.
        cancel_futures: whether those that have not begun are cancelled.
        """
        self._stream.shutdown(wait, cancel_futures)

    def __exit__(self, kind: Any, value: Any, trace: Any) -> Optional[bool]:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            # Who pressed Ctrl-C waits for nothing.
            self._stream.kill("the executor was interrupted")
            return None
        self.shutdown(wait=True)
        return None

    def kill_workers(self) -> None:
        """Ends all workers at once, and with them what they do; what is on its way fails with BrokenProcessPool."""
        self._stream.kill("the workers were killed by kill_workers()")

    def terminate_workers(self) -> None:
        """As `kill_workers`: the daemon has no use for a worker of a task that was given up."""
        self._stream.kill("the workers were ended by terminate_workers()")

    def receipt(self) -> Dict[str, Any]:
        """Where the time went: the daemon's receipt of the lease, as `parctl run --json` prints one. After `shutdown`.

        >>> with pard.WarmProcesses(2) as executor:
        ...     _ = list(executor.map(abs, range(1000)))
        >>> executor.receipt()["temperature"]
        'warm'
        """
        found = self._stream.receipt
        if found is None:
            raise RuntimeError("the receipt comes with the executor's shutdown")
        return found


class WarmProcesses(_Executor):
    """An executor on worker processes that are there already: forked from an interpreter that has your modules loaded.

    It is used as `concurrent.futures.ProcessPoolExecutor` is. Where that breaks as a whole, as when a worker dies, here only
    the task at hand fails, with `WorkerLost`. Functions are sent by reference, and those of the main program, lambdas and
    closures by value, with cloudpickle. The main program is never run again. What a task prints is printed here once it has
    ended.

    max_workers: as many as there are processors by default.
    preload: modules that workers have loaded before they begin.
    python: the workers' interpreter; this one by default.
    initializer, initargs: called once in each worker before its first task.
    max_tasks_per_child: after so many tasks a worker is replaced by a new one.

    >>> with pard.WarmProcesses(preload=["numpy"]) as executor:
    ...     print(executor.submit(pow, 2, 5).result())
    32
    """


class WarmThreads(_Executor):
    """An executor on the threads of one warm process, apart from this one: what they do can't stop or crash the program.

    For functions that wait, or let the GIL go, and for interpreters without one. Arguments and results are pickled, as with
    processes. Parameters are those of `WarmProcesses`.

    >>> with pard.WarmThreads(16) as executor:
    ...     pages = list(executor.map(fetch, addresses))
    """

    _has_threads = True
    _error = BrokenThreadPool

    @staticmethod
    def _usual_workers() -> int:
        return min(32, (len(os.sched_getaffinity(0)) or 1) + 4)


def _results(processes: int) -> Tuple[MemoryFile, int, int]:
    """A memory file for large results, a region's size and their number: each process has one for itself, and one that takes
    another's place may find that this one has not left yet. It takes no memory but where results are."""
    regions = processes + 8
    region = _REGION
    while True:
        try:
            return MemoryFile(regions * region), region, regions
        except OSError:
            # There is a limit on what this process may have mapped.
            if region <= _LEAST_REGION:
                raise
            region //= 4


def _packed(initializer: Optional[Callable[..., object]], arguments: Tuple[Any, ...]) -> Optional[bytes]:
    if initializer is None:
        return None
    import pickle

    if not is_of_main(initializer):
        try:
            return pickle.dumps((initializer, arguments))
        except (pickle.PicklingError, AttributeError, TypeError):
            pass
    return by_value((initializer, arguments), "the initializer")


def _path(interpreter: Optional[str]) -> List[str]:
    """Where workers look for modules before they do elsewhere. Another interpreter has its own library."""
    entries = [os.path.abspath(entry) for entry in sys.path]
    if interpreter is None:
        return entries
    own = tuple(os.path.join(prefix, "lib") for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix})
    return [entry for entry in entries if not entry.startswith(own)]


def _directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        return "/"


def _umask() -> int:
    with open("/proc/self/status", encoding="ascii", errors="replace") as status:
        for line in status:
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    return 0o022


#: Streams that may have tasks at the interpreter's end.
_live: "weakref.WeakSet[Stream]" = weakref.WeakSet()


def _at_exit() -> None:
    """What has been submitted is done before the interpreter ends, unless it ends for Ctrl-C."""
    _stream.begin_exit()
    interrupted = getattr(sys, "last_type", None) is KeyboardInterrupt
    for stream in list(_live):
        if interrupted:
            stream.kill("the program was interrupted")
        else:
            stream.shutdown(True, False)


# Before the interpreter joins threads, so that results can still be taken.
threading._register_atexit(_at_exit)  # type: ignore[attr-defined]
