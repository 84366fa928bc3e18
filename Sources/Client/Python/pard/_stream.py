"""The tasks of one lease that are on their way, and how their results get into futures.

Results are taken by whoever waits for one, a thread at a time: it has the *pump* then. Only where somebody waits who can't
take, as in `wait`, `as_completed`, a callback or an event loop, or where two threads wait at a time, a collector thread does.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import deque
from concurrent.futures import BrokenExecutor, _base
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Deque, Dict, List, Optional, Sequence, Tuple, Type

from ._errors import PardError, TaskError, WorkerLost, remote_traceback
from ._future import _DONE, Future
from ._lease import Ended, LeaseOver, Over, State
from ._packing import Answer, Packed, Packer, Unreachable, read

__all__ = ["Stream"]

#: The longest wait at a time: Python sees a signal that came just before a wait only after it.
_SLICE = 1_000_000_000
#: How long the daemon may take for the receipt, in nanoseconds.
_RECEIPT_PATIENCE = 10_000_000_000


class Stream:
    """One lease, its futures, and the way between them."""

    def __init__(self, lease: Any, packer: Packer, error: Type[BrokenExecutor] = BrokenProcessPool) -> None:
        self.lease = lease
        self.packer = packer
        self.broken: Optional[str] = None
        self.receipt: Optional[Dict[str, Any]] = None
        self.is_over = False
        self._error = error
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._pump = threading.RLock()
        self._last_key = 0
        self._pending: Dict[int, Future] = {}
        #: What had no room in the lease, to be put once there is some.
        self._waiting: Deque[Tuple[int, Future, bytes]] = deque()
        #: What has been taken and isn't in its future yet.
        self._taken: Deque[Ended] = deque()
        self._feeds: List[Any] = []
        self._wanted = threading.Event()
        self._collector: Optional[threading.Thread] = None
        self._is_closed = False
        self._crashes: Optional[int] = None

    # In.

    def probe(self) -> None:
        """Asks a worker whether it can open this process's memory, and has everything stand in inputs where it can't."""
        try:
            self.lease.put(self.packer.probe(), 0)
            self._hear_probe()
        except LeaseOver as over:
            raise PardError(f"the workers can't be used: {over}") from None

    def _hear_probe(self) -> None:
        while True:
            for ended in self.lease.take(_SLICE):
                data = bytes(ended.data)
                self.lease.release(ended.task)
                if ended.state != State.OK:
                    reason = "one has died" if ended.state == State.LOST else data.decode("utf-8", "replace")
                    raise PardError(f"the workers can't be used: {reason or self.lease.reason()}")
                try:
                    read(data)
                except Unreachable:
                    self.packer.set_inline()
                return

    def put(self, packed: Packed, feed: Any = None) -> Future:
        """Puts a task in. Raises what an executor's `submit` does where it takes none."""
        future = Future(self)
        future._spans = packed.spans
        future._feed = feed
        with self._lock:
            self.check()
            self._last_key = key = self._last_key + 1
            self._pending[key] = future
            is_full = bool(self._waiting)
            if not is_full:
                try:
                    task = self.lease.put(packed.data, key)
                except BaseException as error:
                    del self._pending[key]
                    if isinstance(error, LeaseOver):
                        self.broken = str(error)
                        raise self._error(self.broken) from None
                    raise
                is_full = task is None
                future._task = task
            if is_full:
                self._waiting.append((key, future, packed.data))
        if is_full:
            self.collect()
        return future

    def check(self) -> None:
        """Raises unless tasks are taken."""
        if self.broken is not None:
            raise self._error(self.broken)
        if self.is_over:
            raise RuntimeError("cannot schedule new futures after " + ("interpreter " if _exiting else "") + "shutdown")

    def failed(self, error: BaseException) -> Future:
        """The future of a task that can't be sent."""
        self.check()
        return self.refused(error)

    def refused(self, error: BaseException) -> Future:
        """The same, whether or not tasks are taken."""
        future = Future(self)
        future._finish(None, error)
        return future

    def _refill(self) -> None:
        with self._lock:
            while self._waiting:
                key, future, data = self._waiting[0]
                if key in self._pending and future._state not in _DONE:
                    task = self.lease.put(data, key)
                    if task is None:
                        return
                    future._task = task
                else:
                    self._pending.pop(key, None)
                    self.packer.free(future._spans)
                self._waiting.popleft()

    def cancel(self, future: Future) -> bool:
        """Whether the task won't be begun."""
        with self._lock:
            task = future._task
            if task is None:
                return True
        return bool(self.lease.cancel(task))

    def has_begun(self, future: Future) -> bool:
        return future._task is not None and bool(self.lease.has_begun(future._task))

    # Out.

    def look(self) -> None:
        """Takes what is there."""
        if self._pending and self._pump.acquire(blocking=False):
            try:
                ends = self._take(0)
            finally:
                self._pump.release()
            self._tell(ends)

    def help(self, future: Future, end: Optional[float]) -> None:
        """Takes results until the future's is there or time is up, unless another thread does so already."""
        while future._state not in _DONE:
            if not self._pump.acquire(blocking=False):
                self.collect()
                return
            try:
                if future._state in _DONE:
                    return
                left = _SLICE if end is None else min(_SLICE, int((end - time.monotonic()) * 1e9))
                ends = self._take(max(left, 0), future._task)
            finally:
                self._pump.release()
            self._tell(ends)
            if left <= 0:
                return

    def collect(self) -> None:
        """Has the collector take results from now on until there are none to come."""
        self._wanted.set()
        if self._collector is None and not self._is_closed:
            with self._lock:
                if self._collector is None:
                    self._collector = threading.Thread(target=self._collect, name="pard-collector", daemon=True)
                    self._collector.start()

    def _collect(self) -> None:
        while not self._is_closed:
            self._wanted.wait()
            self._wanted.clear()
            while (self._pending or self._feeds) and not self._is_closed:
                if not self._pending:
                    # Whoever was to put the next tasks of a map in has not.
                    for feed in list(self._feeds):
                        feed.go_on()
                with self._pump:
                    ends = self._take(_SLICE)
                self._tell(ends)
                ends = []
            if self.is_over:
                self.close()

    def _take(self, nanoseconds: int, task: Optional[int] = None) -> List[Future]:
        """With the pump: takes what has ended, waiting for the first. Returns who is to be told of it without the pump."""
        ends: List[Future] = []
        if not self._taken and not self._is_closed:
            try:
                self._taken.extend(self.lease.take(nanoseconds, task))
            except LeaseOver as over:
                ends += self.fail_all(str(over))
        while self._taken:
            ended = self._taken.popleft()
            try:
                self._end(ended, ends)
            except KeyboardInterrupt:
                self._taken.appendleft(ended)
                raise
        if self._waiting and not self._is_closed:
            try:
                self._refill()
            except LeaseOver as over:
                ends += self.fail_all(str(over))
        return ends

    def _tell(self, ends: Sequence[Future]) -> None:
        """Runs callbacks, and has maps go on."""
        for future in ends:
            if future._feed is not None:
                future._feed.went(future)
            future.run_callbacks()

    def _end(self, ended: Ended, ends: List[Future]) -> None:
        future = self._pending.get(ended.key)
        if future is None or future._state in _DONE:
            self.lease.release(ended.task)
            self._pending.pop(ended.key, None)
            if future is not None:
                self.packer.free(future._spans)
            return
        answer = self._answer(ended)
        self.lease.release(ended.task)
        future._record = (
            ended.worker, ended.pid, ended.start, ended.stop, State.NAMES.get(ended.state, "failed"), ended.deaths
        )
        if answer.error is not None and ended.state == State.OK:
            future._record = future._record[:4] + ("failed", ended.deaths)
        if not answer.kept:
            self.packer.free(future._spans)
        for stream, text in ((sys.stdout, answer.out), (sys.stderr, answer.err)):
            if text and stream is not None:
                stream.write(text.decode("utf-8", "replace"))
                stream.flush()
        self._pending.pop(ended.key, None)
        if answer.broken is not None:
            _base.LOGGER.critical("Exception in initializer:\n%s", answer.broken)
            broken = self._error("the initializer has failed in a worker, so the executor can't be used")
            broken.__cause__ = remote_traceback(answer.broken)
            if future._finish(None, broken):
                ends.append(future)
            ends += self.fail_all(str(broken), broken.__cause__)
            return
        if ended.state == State.CANCELLED:
            future._end_cancelled()
        elif future._feed is not None:
            future._finish(answer, None)
            ends.append(future)
        elif future._finish(answer.value, answer.error):
            ends.append(future)

    def _answer(self, ended: Ended) -> Answer:
        if ended.state == State.LOST:
            return Answer(None, self._lost(ended))
        if ended.state == State.CANCELLED:
            return Answer(None, None)
        if ended.state != State.OK:
            text = bytes(ended.data).decode("utf-8", "replace")
            return Answer(None, TaskError(text or f"the task has failed ({ended.failure})"))
        try:
            return read(ended.data, self.packer.results)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # What a result does when it is unpickled is the task's own.
            return Answer(None, error)

    def _lost(self, ended: Ended) -> WorkerLost:
        kind, number = ended.failure >> 16, ended.failure & 0xFFFF
        who = f"the worker process {ended.pid} ended while it ran this task"
        if kind == 3:
            return WorkerLost(f"{who}: the kernel killed it for want of memory", ended.pid, signal=9, out_of_memory=True)
        if kind == 2:
            return WorkerLost(f"{who}, with exit code {number}", ended.pid, exit_code=number)
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = str(number)
        lost = WorkerLost(f"{who}, by signal {name}", ended.pid, signal=number)
        trace = self._crash_text()
        if trace:
            lost.__cause__ = remote_traceback(trace)
        return lost

    def keep_crashes(self, descriptor: int) -> None:
        """Has what faulthandler writes in workers stand with the tasks that are lost."""
        self._crashes = descriptor

    def _crash_text(self) -> str:
        if self._crashes is None:
            return ""
        size = os.lseek(self._crashes, 0, os.SEEK_END)
        text = os.pread(self._crashes, min(size, 1 << 16), 0)
        os.ftruncate(self._crashes, 0)
        return text.decode("utf-8", "replace")

    # The end.

    def fail_all(self, reason: str, cause: Optional[BaseException] = None) -> List[Future]:
        """Nothing is done any more. Returns who is to be told."""
        with self._lock:
            self.broken = self.broken or reason
            futures = [future for future in self._pending.values() if future._state not in _DONE]
            self._pending.clear()
            self._waiting.clear()
            feeds, self._feeds = self._feeds, []
        for feed in feeds:
            feed.drop()
        ends = []
        for future in futures:
            error = self._error(reason)
            error.__cause__ = cause
            if future._feed is not None:
                future._finish(Answer(None, error), None)
                ends.append(future)
            elif future._finish(None, error):
                ends.append(future)
        return ends

    def add_feed(self, feed: Any) -> None:
        with self._lock:
            self.check()
            self._feeds.append(feed)

    def remove_feed(self, feed: Any) -> None:
        with self._lock:
            if feed in self._feeds:
                self._feeds.remove(feed)

    def shutdown(self, wait: bool, cancel: bool) -> None:
        if os.getpid() != self._owner:
            return
        with self._lock:
            self.is_over = True
            feeds = list(self._feeds)
        if cancel:
            for feed in feeds:
                feed.drop()
            for future in list(self._pending.values()):
                future.cancel()
        if not wait:
            if self._pending or self._feeds:
                self.collect()
            else:
                self.close()
            return
        while self._feeds or any(future._state not in _DONE for future in list(self._pending.values())):
            for feed in list(self._feeds):
                feed.go_on()
            for future in list(self._pending.values()):
                try:
                    future.exception()
                except _base.CancelledError:
                    pass
        self.close()

    def kill(self, reason: str) -> None:
        """Ends the lease with all that runs."""
        with self._lock:
            self.is_over = True
        ends = self.fail_all(reason)
        self._tell(ends)
        self.close()

    def close(self) -> None:
        """Gives the workers back, and keeps the receipt."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        self._wanted.set()
        try:
            self.receipt = self.lease.finish(_RECEIPT_PATIENCE)
        except LeaseOver:
            pass
        # Who takes comes back from it, as the lease is over.
        with self._pump:
            pass
        if self._collector is not None and self._collector is not threading.current_thread():
            self._collector.join()
        self.packer.close()
        if self._crashes is not None:
            os.close(self._crashes)
        # It goes with the last who uses it.
        self.lease = Over()


#: Whether the interpreter is about to end.
_exiting = False


def begin_exit() -> None:
    global _exiting
    _exiting = True
