"""How a lease is had for an executor."""

from __future__ import annotations

import os
import sys
from typing import Any, Optional

from . import _daemon
from ._lease import Lease, LeaseOptions

__all__ = ["interpreter", "lease"]


def interpreter(given: Optional[str] = None) -> str:
    """The path of the workers' interpreter, as it finds its virtual environment by it: not resolved."""
    path = given or sys.executable
    return os.path.abspath(path) if os.sep in path else path


def lease(options: LeaseOptions) -> Any:
    """Leases workers of the daemon's."""
    daemon = _daemon.find()
    assert daemon is not None
    arguments = {
        "function": "parcalls:call",
        "python": interpreter(options.interpreter),
        "preload": ",".join(options.preload),
    }
    if options.max_tasks is not None:
        arguments["max-tasks-per-worker"] = str(options.max_tasks)
    count = options.workers
    return Lease(
        daemon.library("libparlease.so"),
        daemon.path,
        "python",
        arguments,
        processes=0 if options.has_threads else count,
        threads=count if options.has_threads else 0,
    )
