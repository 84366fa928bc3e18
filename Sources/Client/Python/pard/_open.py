"""How a lease is had."""

from __future__ import annotations

from typing import Any

from ._errors import PardError
from ._lease import LeaseOptions

__all__ = ["lease"]


def lease(options: LeaseOptions) -> Any:
    """Leases workers of the daemon's."""
    raise PardError("there are no leases yet")
