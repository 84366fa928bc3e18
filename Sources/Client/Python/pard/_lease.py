"""A lease as the package sees it: put tasks in, take what has ended. By libparlease, which comes with the daemon."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional

__all__ = ["Ended", "LeaseOptions", "LeaseOver", "State"]


class State:
    """How a task has ended."""

    OK, FAILED, LOST, CANCELLED = 2, 3, 4, 5
    NAMES = {OK: "ok", FAILED: "failed", LOST: "lost", CANCELLED: "cancelled"}


class Ended(NamedTuple):
    """A task that has ended. `data` stands in the lease's memory where it is no bytes object."""

    key: int
    task: int
    state: int
    failure: int
    pid: int
    worker: int
    deaths: int
    start: int
    stop: int
    data: Any


class LeaseOver(Exception):
    """The lease has ended: the daemon has, or has ended it."""


class LeaseOptions(NamedTuple):
    """What a lease is to have."""

    workers: int
    has_threads: bool
    interpreter: Optional[str]
    preload: List[str]
    max_tasks: Optional[int]
