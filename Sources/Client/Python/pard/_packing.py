"""Calls as inputs of tasks, and results of tasks as values."""

from __future__ import annotations

import ctypes
import os
import pickle
import struct
import weakref
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from . import _wire
from ._errors import FunctionError, TaskError, remote_traceback
from ._functions import Functions, by_value, has_main, name_of
from ._memory import Area, MemoryFile, Span, find_shared

__all__ = ["Answer", "Packer", "Unreachable", "read"]


class Packed(NamedTuple):
    """An input, and the parts of memory that it names."""

    data: bytes
    spans: Tuple[Span, ...] = ()


class Packer:
    """Makes inputs for the tasks of one lease."""

    def __init__(self, settings: bytes) -> None:
        self.area = Area()
        self._settings = settings
        self._file = MemoryFile(0, settings)
        self._functions = Functions(self.area)
        self.results: Optional[MemoryFile] = None
        #: The beginnings of inputs, by kind and function's text.
        self._heads: Dict[Tuple[int, bytes], bytes] = {}
        self.is_inline = False

    def call(self, function: Any, arguments: Tuple[Any, ...], keywords: Dict[str, Any]) -> Packed:
        """One call. Raises what pickling raises."""
        text = self._functions.text(function)
        if text is None:
            return self._pack(_wire.WHOLE, b"", (function, arguments, keywords), function)
        if keywords:
            return self._pack(_wire.KEYWORDS, text, (arguments, keywords), function)
        return self._pack(_wire.CALL, text, arguments, function)

    def probe(self) -> bytes:
        """An input that asks whether workers can open this process's memory."""
        return self._head(_wire.PROBE, 0, b"")

    def text(self, function: Any) -> Optional[bytes]:
        """What stands for a function; None where it can't stand apart from its arguments."""
        return self._functions.text(function)

    def calls(self, function: Any, text: bytes, items: List[Any], kind: int) -> Packed:
        """A call of the function, for which `text` stands, for each item."""
        return self._pack(kind, text, items, function)

    def set_inline(self) -> None:
        """Has all stand in the inputs from now on."""
        self.is_inline = True
        self._functions.set_inline()

    def _pack(self, kind: int, text: bytes, given: Any, function: Any) -> Packed:
        large: List[memoryview] = []

        def add(buffer: pickle.PickleBuffer) -> bool:
            raw = buffer.raw()
            if raw.nbytes < _wire.LEAST_BUFFER:
                return True
            large.append(raw)
            return False

        callback = None if self.is_inline else add
        try:
            data = pickle.dumps(given, 5, buffer_callback=callback)
            if has_main(data):
                raise pickle.PicklingError("it names something of the main program")
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            large.clear()
            data = self._by_value(given, callback, function, error)
        if not large and len(data) < _wire.LARGE_PICKLE and not self.is_inline:
            head = self._heads.get((kind, text))
            if head is None:
                head = self._remember(kind, text)
            return Packed(head + data)
        return self._pack_large(kind, text, large, data)

    def _by_value(self, given: Any, callback: Any, function: Any, error: Exception) -> bytes:
        try:
            import cloudpickle  # type: ignore[import-untyped,import-not-found,unused-ignore]
        except ImportError:
            if "main program" not in str(error):
                raise error from None
            by_value(given, f"what {name_of(function)} is called with is of a class of the main program: it")
            raise
        try:
            data: bytes = cloudpickle.dumps(given, 5, buffer_callback=callback)
            return data
        except Exception:
            raise error from None

    def _remember(self, kind: int, text: bytes) -> bytes:
        if len(self._heads) > 1000:
            self._heads.clear()
        head = self._heads[kind, text] = self._head(kind, 0, text)
        return head

    def _head(self, kind: int, flags: int, text: bytes) -> bytes:
        if len(text) > 0xFFFF:
            raise FunctionError(f"a function of {len(text)} bytes is too large to be sent")
        place = (os.getpid(), self._file.descriptor, self._file.token)
        return _wire.HEAD.pack(kind, flags, len(text), *place) + text

    def _pack_large(self, kind: int, text: bytes, large: Sequence[memoryview], data: bytes) -> Packed:
        if self.is_inline:
            head = self._head(kind, _wire.HAS_SETUP, text)
            return Packed(head + _wire.COUNT.pack(len(self._settings)) + self._settings + data)
        spans = tuple(find_shared(raw) or self.area.put(raw) for raw in large)
        flags = _wire.HAS_BUFFERS
        table = b"".join(span.packed() for span in spans)
        count = _wire.COUNT.pack(len(spans))
        if len(data) >= _wire.LARGE_PICKLE:
            span = self.area.put(data)
            flags |= _wire.IN_MEMORY
            spans += (span,)
            data = span.packed()
        return Packed(self._head(kind, flags, text) + count + table + data, spans)

    def free(self, spans: Sequence[Span]) -> None:
        """The task that was given these has ended and kept none."""
        for span in spans:
            if span.flags == _wire.OWN:
                self.area.give(span)

    def close(self) -> None:
        self._file.close()
        self.area.close()


class Unreachable(Exception):
    """Workers can't open this process's memory."""


class Answer(NamedTuple):
    """What came of a task: its value, or an exception; of many calls the values before it."""

    value: Any
    error: Optional[BaseException]
    kept: bool = False
    out: bytes = b""
    err: bytes = b""
    #: Why nothing can run on the executor any more.
    broken: Optional[str] = None


def read(data: Any, results: Optional[MemoryFile] = None, future: Any = None) -> Answer:
    """Reads a result. Raises what unpickling raises.

    results: the memory file in which workers put what is large. A value that has buffers looks at them there.
    future: keeps these buffers meanwhile, and may have them from an earlier call, which was interrupted.
    """
    if data[0] == _wire.PICKLE:
        return Answer(pickle.loads(data), None)
    view = memoryview(data)
    status, kept, there, count, out, err, size = _wire.FULL.unpack_from(view)
    begin = _wire.FULL.size + count * _wire.RESULT_SPAN.size
    body = view[begin : begin + size]
    begin += size
    printed = (bytes(view[begin : begin + out]), bytes(view[begin + out : begin + out + err]))
    if status == _wire.VALUE:
        table = [_wire.RESULT_SPAN.unpack_from(view, _wire.FULL.size + index * 16) for index in range(count)]
        if there and results is not None:
            buffers: List[Any] = _borrow(results, table, future)
            if there == _wire.BODY_THERE:
                # It has no buffers: what it is unpickled to is a copy.
                body = buffers.pop()
        else:
            buffers = [bytearray(view[offset : offset + length]) for offset, length in table]
        return Answer(pickle.loads(body, buffers=buffers), None, bool(kept), *printed)
    if there and results is not None:
        body = _borrow(results, [_wire.RESULT_SPAN.unpack_from(view, _wire.FULL.size)], future)[0]
    if status == _wire.PARTIAL:
        values, explanation = pickle.loads(body)
        return Answer(pickle.loads(values), _exception(pickle.loads(explanation)), bool(kept), *printed)
    if status == _wire.ERROR:
        return Answer(None, _exception(pickle.loads(body)), bool(kept), *printed)
    if status == _wire.FUNCTION:
        return Answer(None, _missing(pickle.loads(body)))
    if status == _wire.INITIALIZER:
        return Answer(None, None, broken=bytes(body).decode("utf-8", "replace"))
    raise Unreachable(bytes(body).decode("utf-8", "replace"))


def _borrow(results: MemoryFile, table: Sequence[Tuple[int, int]], future: Any) -> List[Any]:
    """The buffers where they stand. With the last of them to go, the worker may use their place again."""
    if future._buffers:
        return list(future._buffers)
    # One more until all are held: where an interrupt comes before, the place is lost rather than used by two.
    left = [len(table) + 1]
    mapped, head = results.map, table[0][0] - _wire.PART_HEAD_SIZE
    owner = os.getpid()

    def gone() -> None:
        left[0] -= 1
        # A forked child has the same memory, and nothing to say in it.
        if not left[0] and os.getpid() == owner:
            _, room, _ = _wire.PART_HEAD.unpack_from(mapped, head)
            _wire.PART_HEAD.pack_into(mapped, head, _wire.PART, room, 0)

    buffers = []
    for offset, length in table:
        buffer = (ctypes.c_char * length).from_buffer(mapped, offset)
        weakref.finalize(buffer, gone).atexit = False
        buffers.append(memoryview(buffer).cast("B"))
    future._buffers = tuple(buffers)
    gone()
    return buffers


def _exception(explanation: Tuple[Optional[bytes], str, str, str, str]) -> BaseException:
    """What the task has raised, with the worker's traceback as its cause."""
    data, module, name, text, trace = explanation
    error: BaseException
    try:
        if data is None:
            raise TypeError("it can't be pickled")
        error = pickle.loads(data)
    except Exception as failure:
        where = "" if module == "builtins" else f"{module}."
        error = TaskError(f"{where}{name}: {text} (the exception itself can't be handed over: {failure})")
    error.__cause__ = remote_traceback(trace)
    return error


def _missing(explanation: Tuple[Optional[bytes], str, str, str, str]) -> BaseException:
    _, _, name, text, trace = explanation
    ways = "it has to be in a module that is in sys.path or installed there"
    if "cloudpickle" in text:
        ways = "install cloudpickle for the workers' interpreter, of the same version as here, or " + ways
    error = FunctionError(f"a worker can't find the function: {name}: {text}; {ways}")
    error.__cause__ = remote_traceback(trace)
    return error


def settings(**entries: Any) -> bytes:
    """What workers have to know of a lease."""
    return pickle.dumps(dict(entries, version=_wire.VERSION))


assert struct.calcsize("P") == 8, "for 64-bit systems"
