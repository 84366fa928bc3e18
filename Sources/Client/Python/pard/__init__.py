"""Executors on workers that are warm already, of the daemon pard.

>>> import pard
>>> with pard.WarmProcesses(2) as executor:
...     print(list(executor.map(abs, range(-3, 3))))
[3, 2, 1, 0, 1, 2]
"""

from ._article import multiprocessing, multithreading
from ._errors import FunctionError, PardError, TaskError, WorkerLost
from ._executors import WarmProcesses, WarmThreads
from ._future import Future, Record
from ._memory import share

__version__ = "0.1.0"
__all__ = [
    "FunctionError",
    "Future",
    "PardError",
    "Record",
    "TaskError",
    "WarmProcesses",
    "WarmThreads",
    "WorkerLost",
    "multiprocessing",
    "multithreading",
    "share",
]
