"""What can go wrong that the standard library has no word for."""

from __future__ import annotations

from concurrent.futures import process
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Optional

__all__ = ["FunctionError", "PardError", "TaskError", "WorkerLost"]


class PardError(Exception):
    """The daemon can't be had, or has refused something. The text says what and what to do."""


class WorkerLost(BrokenProcessPool):
    """The worker process that ran the task has ended. Only this task is lost; the executor goes on, with another worker.

    >>> try:
    ...     executor.submit(os._exit, 3).result()
    ... except pard.WorkerLost as lost:
    ...     print(lost.exit_code)
    3
    """

    def __init__(
        self, message: str, pid: int = 0, *, signal: int = 0, exit_code: Optional[int] = None, out_of_memory: bool = False
    ) -> None:
        super().__init__(message)
        #: The process that has ended.
        self.pid = pid
        #: The signal that has ended it; 0 where none did.
        self.signal = signal
        #: Its exit code; None where a signal has ended it.
        self.exit_code = exit_code
        #: Whether the kernel has ended it for want of memory.
        self.out_of_memory = out_of_memory


class TaskError(RuntimeError):
    """A task has raised what can't be handed over as it is. The text has its type and its words; the cause has its traceback."""


class FunctionError(TypeError):
    """A function can't be sent to the workers, or can't be found there. The text says why, and what would do."""


def remote_traceback(text: str) -> BaseException:
    """What the standard library has as the cause of an exception that comes from another process."""
    kind: Any = process._RemoteTraceback  # type: ignore[attr-defined,unused-ignore]
    made: BaseException = kind(f'\n"""\n{text}"""')
    return made
