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
from typing import Any, Deque, Dict, List, Optional, Tuple, Type

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
        #: Whose callbacks and maps are to be told, without the pump.
        self._untold: Deque[Future] = deque()
        #: Whether it was said that what tasks print can't be written.
        self._is_mute = False
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
        taken: Deque[Ended] = deque()
        while True:
            self.lease.take(taken, _SLICE)
            for ended in taken:
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
            # What is left of a map was asked for before the shutdown.
            if feed is None or self.broken is not None:
                self.check()
            self._last_key = key = self._last_key + 1
            self._pending[key] = future
            is_full = bool(self._waiting)
            if not is_full:
                try:
                    task = self.lease.put(packed.data, key)
                except BaseException as error:
                    self._let_go(key, future)
                    if isinstance(error, LeaseOver):
                        self.broken = str(error)
                        raise self._error(self.broken) from None
                    raise
                is_full = task is None
                future._task = task
            if is_full:
                self._waiting.append((key, future, packed.data))
        if is_full:
            try:
                self.collect()
            except RuntimeError:
                # No thread can be started now. Whoever waits for a result puts others in, too.
                pass
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
        refused: List[Tuple[Future, ValueError]] = []
        try:
            with self._lock:
                while self._waiting:
                    key, future, data = self._waiting[0]
                    if key in self._pending and future._state not in _DONE:
                        try:
                            task = self.lease.put(data, key)
                        except ValueError as error:
                            # It is larger than all the room.
                            refused.append((future, error))
                            self._let_go(key, future)
                        else:
                            if task is None:
                                return
                            future._task = task
                    else:
                        self._let_go(key, future)
                    self._waiting.popleft()
        finally:
            # Not with the lock: who waits for several has theirs, and may want it.
            for future, error in refused:
                self._finish(future, Answer(None, error))

    def _let_go(self, key: int, future: Future) -> None:
        self._pending.pop(key, None)
        spans, future._spans = future._spans, ()
        self.packer.free(spans)

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
                self._take(0)
            finally:
                self._pump.release()
            self._tell()

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
                self._take(max(left, 0), future._task)
            finally:
                self._pump.release()
            self._tell()
            if left <= 0:
                return

    def collect(self) -> None:
        """Has the collector take results from now on until there are none to come."""
        self._wanted.set()
        if self._collector is None and not self._is_closed:
            with self._lock:
                if self._collector is None:
                    collector = threading.Thread(target=self._collect, name="pard-collector", daemon=True)
                    # Where it can't be started, the next one who needs it tries again.
                    collector.start()
                    self._collector = collector

    def _collect(self) -> None:
        try:
            self._go_on_collecting()
        except BaseException as error:
            # Nobody would take results for those who wait for one.
            self.fail_all(f"results can't be taken any more: {error!r}")
            self._tell()
            raise

    def _go_on_collecting(self) -> None:
        while not self._is_closed:
            self._wanted.wait()
            self._wanted.clear()
            while (self._pending or self._feeds) and not self._is_closed:
                if not self._pending:
                    # Whoever was to put the next tasks of a map in has not.
                    for feed in list(self._feeds):
                        feed.go_on()
                with self._pump:
                    self._take(_SLICE)
                self._tell()
            if self.is_over:
                self.close()

    def _take(self, nanoseconds: int, task: Optional[int] = None) -> None:
        """With the pump: takes what has ended, waiting for the first. Who is to be told of it is told without the pump."""
        if not self._taken and not self._is_closed:
            try:
                self.lease.take(self._taken, nanoseconds, task)
            except LeaseOver as over:
                self.fail_all(str(over))
        while self._taken:
            # Whatever interrupts it, the next one who takes goes on with it.
            self._end(self._taken[0])
            self._taken.popleft()
        if self._waiting and not self._is_closed:
            try:
                self._refill()
            except LeaseOver as over:
                self.fail_all(str(over))

    def _tell(self) -> None:
        """Runs callbacks, and has maps go on."""
        while self._untold:
            try:
                future = self._untold.popleft()
            except IndexError:
                # Another thread does so, too.
                return
            if future._feed is not None:
                future._feed.went(future)
            future.run_callbacks()

    def _end(self, ended: Ended) -> None:
        future = self._pending.get(ended.key)
        if future is None or future._state in _DONE:
            self.lease.release(ended.task)
            if future is not None:
                self._let_go(ended.key, future)
            return
        answer = future._answer
        if answer is None:
            answer = future._answer = self._answer(ended, future)
        future._buffers = ()
        self.lease.release(ended.task)
        future._record = (
            ended.worker, ended.pid, ended.start, ended.stop, State.NAMES.get(ended.state, "failed"), ended.deaths
        )
        if answer.error is not None and ended.state == State.OK:
            future._record = future._record[:4] + ("failed", ended.deaths)
        spans, future._spans = future._spans, ()
        if not answer.kept:
            self.packer.free(spans)
        if not future._is_printed:
            future._is_printed = True
            self._print(answer)
        if answer.broken is not None:
            _base.LOGGER.critical("Exception in initializer:\n%s", answer.broken)
            broken = self._error("the initializer has failed in a worker, so the executor can't be used")
            broken.__cause__ = remote_traceback(answer.broken)
            self._finish(future, Answer(None, broken))
            self.fail_all(str(broken), broken.__cause__)
        elif ended.state == State.CANCELLED:
            future._end_cancelled()
        else:
            self._finish(future, answer)
        future._answer = None
        self._pending.pop(ended.key, None)

    def _finish(self, future: Future, answer: Answer) -> None:
        if future._feed is not None:
            future._finish(answer, None)
            self._untold.append(future)
        elif future._finish(answer.value, answer.error):
            self._untold.append(future)

    def _print(self, answer: Answer) -> None:
        """Writes what a task has printed. That it can't be written takes no result from anybody."""
        for stream, text in ((sys.stdout, answer.out), (sys.stderr, answer.err)):
            if not text or stream is None:
                continue
            shown = text.decode("utf-8", "replace")
            try:
                try:
                    stream.write(shown)
                except UnicodeEncodeError as error:
                    stream.write(shown.encode(error.encoding, "backslashreplace").decode(error.encoding))
                stream.flush()
            except TimeoutError:
                # A signal's handler has raised it.
                raise
            except (OSError, ValueError) as error:
                if not self._is_mute:
                    self._is_mute = True
                    _base.LOGGER.warning("what tasks print can't be written: %s", error)

    def _answer(self, ended: Ended, future: Future) -> Answer:
        if ended.state == State.LOST:
            return Answer(None, self._lost(ended))
        if ended.state == State.CANCELLED:
            return Answer(None, None)
        if ended.state != State.OK:
            text = bytes(ended.data).decode("utf-8", "replace")
            return Answer(None, TaskError(text or f"the task has failed ({ended.failure})"))
        try:
            return read(ended.data, self.packer.results, future)
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

    def fail_all(self, reason: str, cause: Optional[BaseException] = None) -> None:
        """Nothing is done any more."""
        with self._lock:
            self.broken = self.broken or reason
            futures = [future for future in self._pending.values() if future._state not in _DONE]
            self._pending.clear()
            self._waiting.clear()
            feeds, self._feeds = self._feeds, []
        for feed in feeds:
            feed.drop()
        for future in futures:
            error = self._error(reason)
            error.__cause__ = cause
            self._finish(future, Answer(None, error))

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
        self.fail_all(reason)
        self._tell()
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
