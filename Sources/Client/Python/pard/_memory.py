"""Memory files that this process shares with its workers: for large arguments, for functions sent by value, and for arrays that
stay. They have no name, so that nothing is left of them whoever is killed: a worker opens them through /proc."""

from __future__ import annotations

import bisect
import collections
import ctypes
import mmap
import os
import secrets
import threading
import weakref
from typing import Any, Deque, Dict, List, NamedTuple, Optional, Tuple

from . import _wire

__all__ = ["Area", "MemoryFile", "Span", "find_shared", "share"]

#: The least that an area takes at a time, and how much of it that is not in use it keeps for the next tasks.
_STEP = 64 << 20
_KEPT = 512 << 20
_ALIGNMENT = 4096


class MemoryFile:
    """A file in memory, mapped here, which begins with a page that says what it is."""

    def __init__(self, room: int, settings: bytes = b"") -> None:
        size = _wire.PAGE + max(room, len(settings))
        size = (size + _wire.PAGE - 1) // _wire.PAGE * _wire.PAGE
        self.token = secrets.randbits(64)
        self.descriptor = os.memfd_create("pard", os.MFD_CLOEXEC)
        try:
            os.ftruncate(self.descriptor, size)
            self.map = mmap.mmap(self.descriptor, size)
        except BaseException:
            os.close(self.descriptor)
            raise
        self.size = size
        _wire.MEMORY_HEAD.pack_into(self.map, 0, _wire.MEMORY, self.token, 0, len(settings))
        self.map[_wire.PAGE : _wire.PAGE + len(settings)] = settings
        self.close = weakref.finalize(self, _close, self.map, self.descriptor, os.getpid())
        """Lets it go: workers see that, and do so, too."""


def _close(mapped: mmap.mmap, descriptor: int, owner: int) -> None:
    # A forked child has the same memory, and nothing to say in it.
    if os.getpid() == owner:
        _wire.MEMORY_HEAD.pack_into(mapped, 0, _wire.MEMORY, 0, 1, 0)
    os.close(descriptor)
    try:
        mapped.close()
    except BufferError:
        pass  # Somebody still has a part of it, and the memory until then.


class Span(NamedTuple):
    """A part of a memory file, as workers are told of it."""

    file: MemoryFile
    flags: int
    offset: int
    size: int

    def packed(self) -> bytes:
        return _wire.SPAN.pack(self.file.descriptor, self.flags, self.file.token, self.offset, self.size)


class Area:
    """Room for what goes to workers. What was used last is used next, so that its pages are there already."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: List[MemoryFile] = []
        #: Of each file the parts that are free, by their offsets.
        self._free: Dict[int, List[Tuple[int, int]]] = {}

    def put(self, data: Any) -> Span:
        """Copies a buffer of bytes there."""
        size = len(data)
        span = self._take((size + _ALIGNMENT - 1) // _ALIGNMENT * _ALIGNMENT, size)
        span.file.map[span.offset : span.offset + size] = data
        return span

    def _take(self, room: int, size: int) -> Span:
        with self._lock:
            for file in self._files:
                free = self._free[file.token]
                for index, (offset, length) in enumerate(free):
                    if length >= room:
                        if length == room:
                            del free[index]
                        else:
                            free[index] = (offset + room, length - room)
                        return Span(file, _wire.OWN, offset, size)
            file = MemoryFile(max(_STEP, room))
            self._files.append(file)
            rest = file.size - _wire.PAGE - room
            self._free[file.token] = [(_wire.PAGE + room, rest)] if rest else []
            return Span(file, _wire.OWN, _wire.PAGE, size)

    def give(self, span: Span) -> None:
        """Gives a part back."""
        room = (span.size + _ALIGNMENT - 1) // _ALIGNMENT * _ALIGNMENT
        begin, end = span.offset, span.offset + room
        with self._lock:
            free = self._free.get(span.file.token)
            if free is None:
                return
            index = bisect.bisect(free, (begin, 0))
            if index < len(free) and free[index][0] == end:
                end += free.pop(index)[1]
            if index > 0 and sum(free[index - 1]) == begin:
                index -= 1
                begin = free.pop(index)[0]
            free.insert(index, (begin, end - begin))
            if end - begin == span.file.size - _wire.PAGE:
                self._shrink(span.file)

    def _shrink(self, file: MemoryFile) -> None:
        unused = sum(own.size for own in self._files if self._is_unused(own))
        if unused > _KEPT:
            self._files.remove(file)
            del self._free[file.token]
            file.close()

    def _is_unused(self, file: MemoryFile) -> bool:
        return self._free[file.token] == [(_wire.PAGE, file.size - _wire.PAGE)]

    def close(self) -> None:
        with self._lock:
            for file in self._files:
                file.close()
            self._files.clear()
            self._free.clear()


class _Shared:
    """The arrays that are shared, in the order of where they stand."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.places: List[Tuple[int, int, int, "weakref.ref[MemoryFile]"]] = []
        #: Where arrays stood that have gone since: a collection says so at any time, also while the lock is held.
        self.gone: Deque[int] = collections.deque()

    def add(self, begin: int, size: int, flags: int, file: MemoryFile) -> None:
        with self.lock:
            self._forget()
            bisect.insort(self.places, (begin, begin + size, flags, weakref.ref(file)))
        weakref.finalize(file, self.gone.append, begin)

    def find(self, begin: int, size: int) -> Optional[Span]:
        with self.lock:
            self._forget()
            index = bisect.bisect(self.places, (begin + 1,)) - 1
            if index < 0:
                return None
            first, end, flags, reference = self.places[index]
            file = reference()
            if file is None or begin + size > end:
                return None
            return Span(file, flags, _wire.PAGE + begin - first, size)

    def _forget(self) -> None:
        while self.gone:
            begin = self.gone.popleft()
            self.places = [place for place in self.places if place[0] != begin or place[3]() is not None]


_shared = _Shared()

_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.argtypes = (ctypes.py_object, ctypes.c_void_p, ctypes.c_int)
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.argtypes = (ctypes.c_void_p,)
_release_buffer.restype = None
#: More than a Py_buffer takes; its first word is the address.
_ROOM_OF_BUFFER = 20


def _address(view: memoryview) -> int:
    buffer = (ctypes.c_void_p * _ROOM_OF_BUFFER)()
    _get_buffer(view, ctypes.addressof(buffer), 0)
    begin = buffer[0] or 0
    _release_buffer(ctypes.addressof(buffer))
    return begin


def find_shared(view: memoryview) -> Optional[Span]:
    """Where a buffer stands in shared memory, if it does."""
    return _shared.find(_address(view), view.nbytes) if _shared.places else None


class _Holder:
    """Has an array's memory as a buffer of NumPy's, and the file for as long as any array looks at it."""

    def __init__(self, file: MemoryFile, interface: Dict[str, Any]) -> None:
        self.file = file
        self.__array_interface__ = interface


def share(array: Any, *, writable: bool = False) -> Any:
    """Copies an array to memory that workers look at where it is, and returns it there.

    Whatever goes to a worker of it, all or a part that is contiguous, costs no copy, however often it goes. The memory goes with
    the last array that looks at it.

    array: a NumPy array, or what `numpy.asarray` takes. Arrays of Python objects can't be shared.
    writable: whether this process and the workers may write to it, and see what others have written.

    >>> table = pard.share(numpy.random.rand(1000, 1000))
    >>> with pard.WarmProcesses() as executor:
    ...     sums = list(executor.map(numpy.sum, table))
    """
    import numpy

    source = numpy.asarray(array)
    if source.dtype.hasobject:
        raise TypeError(f"an array of {source.dtype} has references to objects of this process, and can't be shared")
    order: Any = "F" if source.flags.f_contiguous and not source.flags.c_contiguous else "C"
    file = MemoryFile(max(source.nbytes, 1))
    begin = _address(memoryview(file.map)) + _wire.PAGE
    flat = numpy.frombuffer(file.map, source.dtype, source.size, _wire.PAGE)
    inside = flat.reshape(source.shape, order=order)
    inside[...] = source
    interface = dict(inside.__array_interface__)
    interface["data"] = (begin, not writable)
    del inside, flat
    _shared.add(begin, source.nbytes, _wire.SHARED_TO_WRITE if writable else _wire.SHARED_TO_READ, file)
    return numpy.asarray(_Holder(file, interface))
