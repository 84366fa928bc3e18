"""`map`: many small calls as few tasks, of a size that their own times tell."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from concurrent.futures import CancelledError
from typing import Any, Callable, Deque, Iterator, List, Optional

from . import _wire
from ._future import Future
from ._stream import Stream

__all__ = ["Feed", "with_progress"]

#: What a task of many calls is to take, in nanoseconds: far more than handing it out costs, far less than anybody waits.
_TARGET = 500_000
#: The most calls in a task.
_MOST = 4096
#: How many tasks for each worker are on their way at a time.
_WINDOW = 8
#: The longest wait at a time, in seconds.
_PATIENCE = 1.0
#: How long `map` waits for its first results, by whose times it cuts the others, in seconds.
_FIRST = 0.001


class Feed:
    """The items of one map: what is done, on its way, and yet to come."""

    def __init__(
        self,
        stream: Stream,
        function: Callable[..., Any],
        items: List[Any],
        kind: int,
        workers: int,
        chunk: Optional[int],
    ) -> None:
        self._stream = stream
        self._function = function
        self._text = stream.packer.text(function)
        self._items = items
        self._kind = kind
        self._workers = workers
        self._chunk = 1 if self._text is None else chunk
        self._position = 0
        #: What a call takes, as the quickest tasks of late say, in nanoseconds; 0 before one has ended.
        self._mean = 0.0
        self._on_their_way = 0
        self._is_dropped = False
        self._lock = threading.RLock()
        #: Another task has ended, or nothing else is begun.
        self._changed = threading.Condition(self._lock)
        self._chunks: Deque[Future] = deque()

    def start(self) -> None:
        """Puts the first tasks in, and as many of the others as may be on their way."""
        self._stream.add_feed(self)
        first = 2 * self._workers if self._chunk is None else self._chunk
        self.go_on(most=first)
        if self._chunk is None and self._chunks and self._position < len(self._items):
            self._stream.help(self._chunks[0], time.monotonic() + _FIRST)
            self.go_on()
        if self._position < len(self._items):
            # It goes on, too, where nobody takes results yet.
            self._stream.collect()

    def go_on(self, most: Optional[int] = None) -> None:
        """Puts in what may be."""
        with self._lock:
            end = len(self._items) if most is None else min(most, len(self._items))
            while self._position < end and self._on_their_way < _WINDOW * self._workers and not self._is_dropped:
                count = self._size() if most is None else self._chunk or 1
                begin, self._position = self._position, self._position + count
                self._put(begin, self._items[begin : self._position])
            is_fed = self._position >= len(self._items) or self._is_dropped
        if is_fed:
            self._stream.remove_feed(self)

    def _size(self) -> int:
        """How many calls the next task has: fewer towards the end, so that all workers end together."""
        if self._chunk is not None:
            return self._chunk
        if not self._mean:
            return 1
        share = -(-(len(self._items) - self._position) // (2 * self._workers))
        return max(1, min(int(_TARGET / self._mean), share, _MOST))

    def _put(self, begin: int, items: List[Any]) -> None:
        try:
            if self._text is None:
                arguments = tuple(items) if self._kind == _wire.EACH else items[0]
                packed = self._stream.packer.call(self._function, arguments, {})
            else:
                packed = self._stream.packer.calls(self._function, self._text, items, self._kind)
        except Exception as error:
            return self._refuse(begin, items, error)
        try:
            future = self._stream.put(packed, self)
        except ValueError as error:
            # It is larger than all the room that there is.
            return self._refuse(begin, items, error)
        except Exception:
            # The executor has broken meanwhile: the items go with it.
            self._is_dropped = True
            self._position = min(self._position, begin)
            if begin == 0:
                raise
            return
        future._size = len(items)
        self._on_their_way += 1
        self._chunks.append(future)

    def _refuse(self, begin: int, items: List[Any], error: Exception) -> None:
        if len(items) == 1:
            self._chunks.append(self._stream.refused(error))
            return
        # It is one of them that can't be sent.
        for index, item in enumerate(items):
            self._put(begin + index, [item])

    def went(self, future: Future) -> None:
        """A task has ended."""
        record = future._record
        with self._lock:
            self._on_their_way -= 1
            self._changed.notify_all()
            if record is not None and record[3] > record[2]:
                own = (record[3] - record[2]) / future._size
                # The first tasks load the function: the quickest tell. Later the times may grow.
                self._mean = own if not self._mean or own < self._mean else (3 * self._mean + own) / 4
        self.go_on()

    def drop(self) -> None:
        """Nothing else is begun."""
        with self._lock:
            self._is_dropped = True
            self._changed.notify_all()
        self._stream.remove_feed(self)
        for future in list(self._chunks):
            future.cancel()

    def _next(self) -> Optional[Future]:
        """The task whose results come next; None after the last one."""
        # With the lock: another thread may be about to put one in.
        with self._lock:
            while not self._chunks:
                if self._position >= len(self._items):
                    return None
                if self._is_dropped:
                    raise CancelledError
                self.go_on()
                if not self._chunks:
                    self._changed.wait(_PATIENCE)
            return self._chunks.popleft()

    def results(self, end: Optional[float]) -> Iterator[Any]:
        """The results in the order of the items, up to the first failure."""
        try:
            while True:
                future = self._next()
                if future is None:
                    return
                try:
                    answer = future.result(None if end is None else end - time.monotonic())
                except BaseException:
                    future.cancel()
                    raise
                error = answer.error
                if self._text is None:
                    values = [] if error is not None else [answer.value]
                else:
                    values = answer.value or []
                del answer, future
                values.reverse()
                while values:
                    yield values.pop()
                if error is not None:
                    try:
                        raise error
                    finally:
                        del error
        finally:
            self.drop()
            self._items = []


def with_progress(results: Iterator[Any], total: int) -> Iterator[Any]:
    """Passes results on and says on standard error how many there are, several times a second."""
    begun = time.monotonic()
    told = begun
    is_terminal = sys.stderr.isatty()
    done = 0

    def tell(is_last: bool) -> None:
        elapsed = time.monotonic() - begun
        rate = done / elapsed if elapsed > 0 else 0.0
        text = f"{done}/{total} ({100 * done // total if total else 100} %), {elapsed:.1f} s"
        if done and done < total:
            text += f", {(total - done) / rate:.1f} s left"
        begin, finish = ("\r\033[K", "\n" if is_last else "") if is_terminal else ("", "\n")
        sys.stderr.write(begin + text + finish)
        sys.stderr.flush()

    try:
        for value in results:
            done += 1
            yield value
            now = time.monotonic()
            if now - told >= (0.1 if is_terminal else 10):
                told = now
                tell(False)
    finally:
        tell(True)
