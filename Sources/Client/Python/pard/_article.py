"""The two functions of the article that explains threads and processes by them: the same names, on warm workers."""

from __future__ import annotations

from typing import Any, Callable, Iterable, List

from ._executors import WarmProcesses, WarmThreads

__all__ = ["multiprocessing", "multithreading"]


def multithreading(func: Callable[[Any], Any], args: Iterable[Any], workers: int) -> List[Any]:
    """Calls a function for each argument on so many warm threads, and returns the results in their order.

    >>> from pard import multithreading
    >>> multithreading(len, ["a", "bc"], 2)
    [1, 2]
    """
    with WarmThreads(workers) as executor:
        return list(executor.map(func, args))


def multiprocessing(func: Callable[[Any], Any], args: Iterable[Any], workers: int) -> List[Any]:
    """Calls a function for each argument on so many warm processes, and returns the results in their order.

    >>> from pard import multiprocessing
    >>> multiprocessing(len, ["a", "bc"], 2)
    [1, 2]
    """
    with WarmProcesses(workers) as executor:
        return list(executor.map(func, args))
