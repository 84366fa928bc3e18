"""A lease as the package sees it: put tasks in, take what has ended. By libparlease, which comes with the daemon."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import struct
from typing import Any, Deque, Dict, List, NamedTuple, Optional

from ._errors import PardError

__all__ = ["Ended", "Lease", "LeaseOptions", "LeaseOver", "Over", "State"]


class State:
    """How a task has ended."""

    OK, FAILED, LOST, CANCELLED = 2, 3, 4, 5
    NAMES = {OK: "ok", FAILED: "failed", LOST: "lost", CANCELLED: "cancelled"}


class Ended(NamedTuple):
    """A task that has ended, and what it has handed back."""

    key: int
    task: int
    state: int
    failure: int
    pid: int
    worker: int
    deaths: int
    start: int
    stop: int
    data: bytes


class LeaseOver(Exception):
    """The lease has ended: the daemon has, or has ended it."""


class LeaseOptions(NamedTuple):
    """What a lease is to have."""

    workers: int
    has_threads: bool
    interpreter: Optional[str]
    preload: List[str]
    max_tasks: Optional[int]


class _COptions(ctypes.Structure):
    """par_lease_options"""

    _fields_ = [
        ("version", ctypes.c_uint32),
        ("attempts", ctypes.c_uint32),
        ("socket", ctypes.c_char_p),
        ("workload", ctypes.c_char_p),
        ("arguments", ctypes.POINTER(ctypes.c_char_p)),
        ("processes", ctypes.c_uint32),
        ("threads", ctypes.c_uint32),
        ("tasks", ctypes.c_uint32),
        ("unused", ctypes.c_uint32),
        ("input_bytes", ctypes.c_uint64),
        ("result_bytes", ctypes.c_uint64),
        ("timeout", ctypes.c_int64),
    ]


#: par_result: address and size of the bytes, id, user, value, start, stop, cpu, cpu_tasks, pid, failure, worker, state, deaths.
_RESULT = struct.Struct("<QQQQqQQQIIIHBB")
#: Where a result has its task's number, and what stands there once it is taken.
_TASK_PLACE, _NO_TASK = 16, bytes(8)
_VERSION = 1
#: Results taken at a time.
_ROOM = 256
_RECEIPT_ROOM = 1 << 20
#: How long the daemon may take to say why a lease is over.
_REASON_PATIENCE = 10_000_000_000
#: How long workers may take to be there, which have an interpreter to start and modules to load: nanoseconds.
_PATIENCE = 120_000_000_000

_libraries: Dict[str, "_Library"] = {}


class _Library:
    """libparlease. What may wait is called without the GIL, everything else takes less than letting it go."""

    def __init__(self, path: str) -> None:
        try:
            self._bind(ctypes.CDLL(path), ctypes.PyDLL(path))
        except OSError as error:
            raise PardError(f"libparlease, which comes with the daemon, can't be loaded: {error}") from None
        except AttributeError as error:
            raise PardError(f"the daemon is of another version than this package: {error}") from None

    def _bind(self, waiting: ctypes.CDLL, quick: ctypes.PyDLL) -> None:
        handle, task, nanoseconds = ctypes.c_void_p, ctypes.c_uint64, ctypes.c_int64
        self.open = waiting.par_lease_open
        self.open.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
        self.take = waiting.par_lease_take
        self.take.argtypes = (handle, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, nanoseconds)
        self.take.restype = ctypes.c_long
        self.look = quick.par_lease_take
        self.look.argtypes = self.take.argtypes
        self.look.restype = ctypes.c_long
        self.wait = waiting.par_lease_wait
        self.wait.argtypes = (handle, task, ctypes.c_void_p, nanoseconds)
        self.finish = waiting.par_lease_finish
        self.finish.argtypes = (handle, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, nanoseconds)
        self.close = waiting.par_lease_close
        self.close.argtypes = (handle,)
        self.close.restype = None
        self.put = quick.par_lease_put
        self.put.argtypes = (handle, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64, ctypes.c_void_p)
        self.release = quick.par_lease_release
        self.release.argtypes = (handle, task)
        self.release.restype = None
        self.cancel = quick.par_lease_cancel
        self.cancel.argtypes = (handle, task)
        self.begun = quick.par_lease_begun
        self.begun.argtypes = (handle, task)

    @classmethod
    def at(cls, path: str) -> "_Library":
        found = _libraries.get(path)
        if found is None:
            found = _libraries[path] = cls(path)
        return found


class Lease:
    """Workers of the daemon's, as long as this is there."""

    def __init__(
        self,
        library: str,
        socket: str,
        workload: str,
        arguments: Dict[str, str],
        *,
        processes: int = 0,
        threads: int = 0,
    ) -> None:
        self._handle: Optional[int] = None
        self._library = _Library.at(library)
        words = [os.fsencode(word) for pair in arguments.items() for word in pair]
        options = _COptions(
            version=_VERSION,
            attempts=1,
            socket=os.fsencode(socket),
            workload=workload.encode(),
            arguments=(ctypes.c_char_p * (len(words) + 1))(*words, None),
            processes=processes,
            threads=threads,
            timeout=_PATIENCE,
        )
        handle = ctypes.c_void_p()
        text = ctypes.create_string_buffer(2048)
        code = self._library.open(ctypes.addressof(options), ctypes.addressof(handle), text, len(text))
        if code < 0:
            raise PardError(_refusal(text.value.decode("utf-8", "replace"), code))
        self._handle = handle.value
        self._results = ctypes.create_string_buffer(_RESULT.size * _ROOM)
        self._place = ctypes.addressof(self._results)
        self._view = memoryview(self._results).cast("B")
        #: Whether results may stand there that nobody has: an interrupt came as they were being taken.
        self._is_taking = False
        self._task = ctypes.c_uint64()
        self._task_place = ctypes.addressof(self._task)

    def put(self, data: bytes, key: int) -> Optional[int]:
        """Puts a task in and returns its number; None where there is no room for it now. One thread at a time."""
        code = self._library.put(self._handle, data, len(data), key, self._task_place)
        if code == 0:
            return self._task.value
        if code == -errno.EAGAIN:
            return None
        if code == -errno.E2BIG:
            raise ValueError(f"an input of {len(data)} bytes is larger than the lease has room for")
        raise LeaseOver("the daemon has ended the lease")

    def take(self, taken: Deque[Ended], nanoseconds: int, task: Optional[int] = None) -> None:
        """Takes what has ended, waiting for so long for the first. One thread at a time.

        What an interrupt keeps from it is there at the next call. A task may come twice then.

        task: the one that is waited for, awake for the first moments.
        """
        if self._is_taking and self._move(taken, _ROOM):
            return
        self._is_taking = True
        count = 0
        if task is not None and nanoseconds > 0:
            count = self._library.wait(self._handle, task, self._place, 1) == 0
        if not count:
            taker = self._library.take if nanoseconds > 0 else self._library.look
            count = taker(self._handle, self._place, _ROOM, 1, nanoseconds)
        self._move(taken, count)
        if count == -errno.EPIPE:
            raise LeaseOver(self.reason())

    def _move(self, taken: Deque[Ended], count: int) -> bool:
        """Hands on what stands among the first so many results; whether something did."""
        found = False
        for offset in range(0, count * _RESULT.size, _RESULT.size):
            address, size, task, key, _, start, stop, _, _, pid, failure, worker, state, deaths = _RESULT.unpack_from(
                self._view, offset
            )
            # No task has this number.
            if task:
                data = ctypes.string_at(address, size) if size else b""
                taken.append(Ended(key, task, state, failure, pid, worker, deaths, start, stop, data))
                self._view[offset + _TASK_PLACE : offset + _TASK_PLACE + 8] = _NO_TASK
                found = True
        self._is_taking = False
        return found

    def release(self, task: int) -> None:
        """Frees a task that has been taken, with its result."""
        self._library.release(self._handle, task)

    def cancel(self, task: int) -> bool:
        """Whether the task won't be begun. It is taken as cancelled then."""
        return bool(self._library.cancel(self._handle, task) == 0)

    def has_begun(self, task: int) -> bool:
        return bool(self._library.begun(self._handle, task) > 0)

    def finish(self, nanoseconds: int) -> Dict[str, Any]:
        """Gives the workers back and returns the receipt. Who waits in `take` hears that the lease is over.

        Raises LeaseOver with the reason where there is none.
        """
        room = ctypes.create_string_buffer(_RECEIPT_ROOM)
        size = ctypes.c_size_t()
        if self._library.finish(self._handle, room, len(room), ctypes.addressof(size), nanoseconds) < 0:
            raise LeaseOver("the daemon has ended the lease without a receipt")
        try:
            receipt: Dict[str, Any] = json.loads(room.value)
        except ValueError:
            raise LeaseOver("the daemon has ended the lease with a receipt that can't be read") from None
        if "error" in receipt:
            raise LeaseOver(_in_words(receipt["error"], receipt.get("parameters") or {}))
        return receipt

    def reason(self) -> str:
        """Why the lease is over, or can't be used."""
        try:
            self.finish(_REASON_PATIENCE)
        except LeaseOver as over:
            return str(over)
        return "the daemon has ended the lease"

    def __del__(self) -> None:
        # Not before: another thread may be in one of the library's functions.
        if self._handle is not None:
            self._library.close(self._handle)


class Over:
    """In the place of a lease that has ended."""

    def put(self, data: bytes, key: int) -> Optional[int]:
        raise LeaseOver("the lease has ended")

    def take(self, taken: Deque[Ended], nanoseconds: int, task: Optional[int] = None) -> None:
        pass

    def release(self, task: int) -> None:
        pass

    def cancel(self, task: int) -> bool:
        return False

    def has_begun(self, task: int) -> bool:
        return False

    def reason(self) -> str:
        return "the lease has ended"


def _refusal(text: str, code: int) -> str:
    """An answer of the daemon's in words."""
    name, _, rest = text.partition(" ")
    if not name.startswith("org.pard."):
        return text or os.strerror(-code)
    try:
        parameters = json.loads(rest)
    except ValueError:
        parameters = {}
    return _in_words(name, parameters)


def _in_words(name: str, parameters: Dict[str, Any]) -> str:
    if parameters.get("reason"):
        return str(parameters["reason"])
    details = ", ".join(f"{key}: {value}" for key, value in parameters.items() if value is not None)
    return f"the daemon refuses the lease: {name.rpartition('.')[2]}" + (f" ({details})" if details else "")
