"""A small client of Varlink: a call and its reply are JSON and a NUL byte each."""

from __future__ import annotations

import json
import socket
from typing import Any, Dict, Optional

__all__ = ["Connection", "VarlinkError", "address_of"]

_LONGEST_REPLY = 64 << 20


class VarlinkError(Exception):
    """What a service answers instead of a reply."""

    def __init__(self, name: str, parameters: Dict[str, Any]) -> None:
        details = ", ".join(f"{key}: {value}" for key, value in parameters.items())
        super().__init__(name.rpartition(".")[2] + (f" ({details})" if details else ""))
        self.name = name
        self.parameters = parameters


def address_of(path: str) -> str:
    """A socket's address: a path, or `@` and a name in the abstract namespace."""
    return "\0" + path[1:] if path.startswith("@") else path


class Connection:
    """A connection to a service at a Unix socket.

    >>> with Connection("/run/user/1000/pard/pard.sock") as daemon:
    ...     daemon.call("org.pard.Control.GetStatus")["state"]
    'ready'
    """

    def __init__(self, path: str, timeout: float = 10) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._rest = b""
        try:
            self._socket.connect(address_of(path))
        except BaseException:
            self._socket.close()
            raise

    def call(self, method: str, parameters: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Calls a method with one reply, and returns that. Raises VarlinkError, and OSError where nobody answers."""
        call = {"method": method, "parameters": parameters or {}}
        self._socket.sendall(json.dumps(call).encode() + b"\0")
        while b"\0" not in self._rest:
            piece = self._socket.recv(1 << 16)
            if not piece or len(self._rest) > _LONGEST_REPLY:
                raise ConnectionError("the daemon has hung up")
            self._rest += piece
        text, _, self._rest = self._rest.partition(b"\0")
        reply = json.loads(text)
        if "error" in reply:
            raise VarlinkError(reply["error"], reply.get("parameters") or {})
        found: Dict[str, Any] = reply.get("parameters") or {}
        return found

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *ignored: object) -> None:
        self.close()
