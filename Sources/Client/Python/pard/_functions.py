"""How functions go to workers: by reference where they can be imported there, else by value, with cloudpickle."""

from __future__ import annotations

import pickle
import sys
import types
from typing import Any, Dict, List, Optional, Tuple
from weakref import WeakKeyDictionary

from . import _wire
from ._errors import FunctionError
from ._memory import Area, Span
#: In place of a variable that isn't there.
_MISSING = object()

__all__ = ["Functions", "by_value", "is_of_main"]

#: A function by value up to this size goes with each call, a larger one stands in memory once.
_INLINE = 100
#: Values that can't change. A function that looks at nothing else needs to be pickled once only.
_CONSTANTS = (type(None), bool, int, float, complex, str, bytes, types.ModuleType, types.BuiltinFunctionType)


def by_value(thing: Any, what: str) -> bytes:
    """Pickles by value, or raises a `FunctionError` that says what else would do."""
    try:
        import cloudpickle  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        raise FunctionError(
            f"{what} can't be imported by a worker, and cloudpickle, which would send it by value, is not installed: "
            f"pip install cloudpickle, or move it to a module that workers can import"
        ) from None
    data: bytes = cloudpickle.dumps(thing, 5)
    return data


def is_of_main(function: Any) -> bool:
    return getattr(function, "__module__", None) == "__main__"


def name_of(function: Any) -> str:
    module = getattr(function, "__module__", None)
    name = getattr(function, "__qualname__", None) or repr(function)
    return f"{module}.{name}" if module else name


class Functions:
    """What stands for the functions of an executor in its tasks' inputs."""

    def __init__(self, area: Area) -> None:
        self._area = area
        #: Whether functions stand in inputs, however large, as workers can't open this process's memory.
        self.is_inline = False
        self._known: "WeakKeyDictionary[Any, _Known]" = WeakKeyDictionary()
        self._builtins: Dict[Any, bytes] = {}

    def set_inline(self) -> None:
        self.is_inline = True
        self._known.clear()

    def text(self, function: Any) -> Optional[bytes]:
        """The function's text; None for what is better pickled with its arguments, as a method with its object.

        Raises FunctionError where it can't be sent.
        """
        kind = type(function)
        if kind is not types.FunctionType:
            if kind is type or (kind is types.BuiltinFunctionType and type(function.__self__) in (types.ModuleType, type(None))):
                found = self._builtins.get(function)
                if found is None:
                    if is_of_main(function):
                        return None
                    found = self._builtins[function] = b"R" + pickle.dumps(function)
                return found
            return None
        known = self._known.get(function)
        if known is not None and known.is_valid():
            return known.text
        known = self._pickle(function)
        if known.checks is not None:
            self._known[function] = known
        return known.text

    def _pickle(self, function: types.FunctionType) -> "_Known":
        if not is_of_main(function):
            try:
                return _Known(b"R" + pickle.dumps(function), [])
            except (pickle.PicklingError, AttributeError, TypeError):
                pass
        data = by_value(function, f"the function {name_of(function)}")
        checks = _what_it_looks_at(function)
        if len(data) <= _INLINE or checks is None or self.is_inline:
            # What may have changed the next time is not kept, either.
            return _Known(b"V" + data, checks)
        span = self._area.put(data)
        return _Known(b"S" + span.packed(), checks, span)


class _Known:
    """A function's text, and what must be as it was for it to be true."""

    __slots__ = ("checks", "span", "text")

    def __init__(self, text: bytes, checks: Optional[List[Tuple[Any, Any, Any]]], span: Optional[Span] = None) -> None:
        self.text = text
        self.checks = checks
        self.span = span

    def is_valid(self) -> bool:
        for place, name, value in self.checks or ():
            if name is None:
                if place.cell_contents is not value:
                    return False
            elif place.get(name, _MISSING) is not value:
                return False
        return True


def _what_it_looks_at(function: types.FunctionType) -> Optional[List[Tuple[Any, Any, Any]]]:
    """All variables by which the function's value may differ, with what they are now; None where one may change in itself."""
    checks: List[Tuple[Any, Any, Any]] = []
    seen = set()
    todo = [function]
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if one.__dict__ or not all(map(_is_constant, (one.__defaults__ or ()) + tuple((one.__kwdefaults__ or {}).values()))):
            return None
        found: List[Tuple[Any, Any, Any]] = []
        for cell in one.__closure__ or ():
            try:
                found.append((cell, None, cell.cell_contents))
            except ValueError:
                return None
        names = one.__globals__
        found += [(names, name, names.get(name, _MISSING)) for name in _names(one.__code__)]
        for check in found:
            value = check[2]
            if type(value) is types.FunctionType:
                if is_of_main(value) or value.__closure__:
                    todo.append(value)
            elif not _is_constant(value):
                return None
        checks += found
    return checks


def _is_constant(value: Any) -> bool:
    if value is _MISSING:
        return True
    if type(value) is tuple:
        return all(map(_is_constant, value))
    if isinstance(value, type):
        return not is_of_main(value)
    return type(value) in _CONSTANTS


def _names(code: types.CodeType) -> List[str]:
    names = list(code.co_names)
    for constant in code.co_consts:
        if type(constant) is types.CodeType:
            names += _names(constant)
    return names


def has_main(data: bytes) -> bool:
    """Whether a pickle names something of the caller's main program, which no worker has."""
    return b"__main__" in data and "__main__" in sys.modules
