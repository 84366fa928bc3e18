"""Futures that help themselves: who waits for a result takes it from the workers, with no other thread between."""

from __future__ import annotations

import time
from concurrent.futures import _base
from typing import TYPE_CHECKING, Any, Callable, List, NamedTuple, Optional, Sequence

if TYPE_CHECKING:
    from ._stream import Stream

__all__ = ["Future", "Record"]

_DONE = (_base.FINISHED, _base.CANCELLED, _base.CANCELLED_AND_NOTIFIED)


class Record(NamedTuple):
    """How a task went. Of a map, where many calls are one task, that task."""

    #: The worker's number in the executor, from 0, and its process.
    worker: int
    pid: int
    #: When it began and ended, in nanoseconds of `time.monotonic_ns()`; both 0 where it never began.
    start: int
    stop: int
    #: "ok", "failed", "lost" (with its worker) or "cancelled".
    status: str
    #: How many workers have died of it.
    deaths: int

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.stop - self.start) / 1e9


class _Waiters(List[Any]):
    """Who waits for a future by `wait` or `as_completed`: neither takes results by itself."""

    stream: "Stream"

    def append(self, waiter: Any) -> None:
        super().append(waiter)
        self.stream.collect()


class Future(_base.Future):  # type: ignore[type-arg]
    """A `concurrent.futures.Future` of a warm worker's task."""

    def __init__(self, stream: "Stream") -> None:
        super().__init__()
        self._stream: Optional["Stream"] = stream
        #: The task's number in the lease; None before it is there.
        self._task: Optional[int] = None
        self._spans: Any = ()
        #: How far its end has been taken in, so that an interrupt has nothing done twice: what it is, the parts of memory in which
        #: it stands, and whether what the task has printed was written.
        self._answer: Any = None
        self._buffers: Sequence[Any] = ()
        self._is_printed = False
        self._record: Any = None
        #: Of a chunk of a map: who is told of its end, and is given what there is of it.
        self._feed: Any = None
        self._size = 1
        waiters = _Waiters()
        waiters.stream = stream
        self._waiters = waiters

    @property
    def record(self) -> Optional[Record]:
        """How the task went; None before its end.

        >>> future = executor.submit(sum, [1, 2])
        >>> future.result(), future.record.seconds < 1
        (3, True)
        """
        self.done()
        found = self._record
        return found if found is None else Record(*found)

    def cancel(self) -> bool:
        stream = self._stream
        if stream is not None and self._state == _base.PENDING and not stream.cancel(self):
            return False
        if not super().cancel():
            return False
        self._tell_cancelled()
        return True

    def running(self) -> bool:
        stream = self._stream
        if stream is not None and self._state == _base.PENDING:
            stream.look()
            if self._state == _base.PENDING:
                return stream.has_begun(self)
        return super().running()

    def done(self) -> bool:
        if self._stream is not None:
            self._stream.look()
        return super().done()

    def result(self, timeout: Optional[float] = None) -> Any:
        try:
            if self._state not in _DONE:
                timeout = self._help(timeout)
            return super().result(timeout)
        finally:
            # The frame is in the traceback of what is raised.
            self = None  # type: ignore[assignment]

    def exception(self, timeout: Optional[float] = None) -> Optional[BaseException]:
        if self._state not in _DONE:
            timeout = self._help(timeout)
        return super().exception(timeout)

    def add_done_callback(self, fn: Callable[[Any], object]) -> None:
        super().add_done_callback(fn)
        stream = self._stream
        if stream is not None and self._state not in _DONE:
            stream.collect()

    def _help(self, timeout: Optional[float]) -> Optional[float]:
        """Takes results until this one is there. Returns how much of the time is left."""
        stream = self._stream
        if stream is None:
            return timeout
        if timeout is None:
            stream.help(self, None)
            return None
        end = time.monotonic() + timeout
        stream.help(self, end)
        return max(0, end - time.monotonic())

    def _finish(self, value: Any, error: Optional[BaseException]) -> bool:
        """Ends it, but for the callbacks. Returns whether it has some."""
        with self._condition:
            if self._state in _DONE:
                return False
            self._stream = None
            self._result = value
            self._exception = error
            self._state = _base.FINISHED
            for waiter in self._waiters:
                if error is None:
                    waiter.add_result(self)
                else:
                    waiter.add_exception(self)
            self._condition.notify_all()
            return self.has_callbacks()

    def has_callbacks(self) -> bool:
        callbacks: List[Any] = self._done_callbacks  # type: ignore[attr-defined]
        return bool(callbacks)

    def run_callbacks(self) -> None:
        self._invoke_callbacks()  # type: ignore[attr-defined]

    def _tell_cancelled(self) -> None:
        """Tells those who wait for it that it was cancelled."""
        self._stream = None
        if self._state == _base.CANCELLED:
            self.set_running_or_notify_cancel()

    def _end_cancelled(self) -> None:
        """It won't be done, as the lease says."""
        super().cancel()
        self._tell_cancelled()
