"""Where the daemon is: the user's, the system's, or one of this process's own."""

from __future__ import annotations

import atexit
import contextlib
import errno
import os
import stat
import shutil
import socket
import subprocess
import threading
from typing import Any, Dict, Iterator, List, Optional

from ._errors import PardError
from ._varlink import Connection, VarlinkError

__all__ = ["Daemon", "find"]

#: What a private daemon writes on its leash once it serves.
_READY = b"READY\n"
_PATIENCE = 30.0
#: How long a private daemon may take to end before it is killed.
_END_PATIENCE = 10.0
#: Where a daemon's libraries are beside or below its program's folder.
_LIBRARY_FOLDERS = ("", "../lib/pard", "../libexec/pard", "../lib", "../lib/x86_64-linux-gnu", "../lib/aarch64-linux-gnu")


class Daemon:
    """A daemon that answers."""

    def __init__(self, path: str, is_private: bool = False) -> None:
        #: The socket: a path, or `@` and a name.
        self.path = path
        self.is_private = is_private
        self._status: Optional[Dict[str, Any]] = None

    def call(self, method: str, parameters: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Calls a method of org.pard.Control."""
        try:
            with Connection(self.path) as connection:
                return connection.call(f"org.pard.Control.{method}", parameters)
        except VarlinkError as error:
            raise PardError(f"the daemon at {self.path} refuses {method}: {error}") from None
        except OSError as error:
            raise PardError(f"the daemon at {self.path} can't be asked: {error}") from None

    def status(self) -> Dict[str, Any]:
        """What GetStatus says."""
        return self.call("GetStatus")

    def library(self, name: str) -> str:
        """Where a library is that comes with the daemon; only its name where the system is to look for it."""
        for folder in self._folders():
            for below in _LIBRARY_FOLDERS:
                path = os.path.normpath(os.path.join(folder, below, name))
                if os.path.exists(path):
                    return path
        return name

    def _folders(self) -> Iterator[str]:
        """Where the daemon's program may be."""
        # Only root may look: a daemon lets nobody else look into it.
        if self._status is None:
            self._status = self.status()
        with contextlib.suppress(OSError):
            yield os.path.dirname(os.readlink(f"/proc/{self._status['pid']}/exe"))
        with contextlib.suppress(PardError):
            yield os.path.dirname(os.path.realpath(_program()))


def places() -> List[str]:
    """Where a daemon may be, the first that exists to be taken."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    own = f"{runtime}/pard" if runtime else _own_folder()
    return ([f"{own}/pard.sock"] if own else []) + ["/run/pard/pard.sock"]


def _own_folder() -> Optional[str]:
    """Where a user's own daemon is on a host that has no directory for such; None where somebody else has taken the place."""
    folder = f"/tmp/pard-{os.getuid()}"
    try:
        status = os.lstat(folder)
    except OSError:
        return None
    is_own = status.st_uid == os.getuid() and stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o022
    return folder if is_own else None


_lock = threading.Lock()
_private: Optional["_Private"] = None


def find(*, may_start: bool = True) -> Optional[Daemon]:
    """The daemon at $PARD_SOCKET and nowhere else where that is set; else the user's, the system's, or a new one that
    ends with this process.

    may_start: whether one is started where there is none. Without that None is returned then.
    """
    named = os.environ.get("PARD_SOCKET")
    if named:
        return Daemon(named)
    for path in places():
        if os.path.exists(path):
            if _answers(path):
                return Daemon(path)
            break
    global _private
    with _lock:
        if _private is not None and not _private.is_usable():
            _private = None
        if _private is None and may_start:
            _private = _Private(_program())
        return None if _private is None else Daemon(_private.path, is_private=True)


def _answers(path: str) -> bool:
    try:
        Connection(path).close()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ECONNREFUSED):
            return False
        advice = "; 'parctl start' starts one of your own" if error.errno == errno.EACCES else ""
        raise PardError(f"the daemon at {path} can't be reached: {error}{advice}") from None
    return True


def _program() -> str:
    """The daemon's program."""
    found = shutil.which("pard")
    if found is None:
        beside = shutil.which("parctl")
        for folder in ([os.path.dirname(os.path.realpath(beside))] if beside else []) + ["/usr/bin", "/usr/local/bin"]:
            path = os.path.join(folder, "pard")
            if os.access(path, os.X_OK):
                return path
        raise PardError(
            f"there is no daemon at {' or '.join(places())}, and no program pard in $PATH to start one: install pard, "
            "or set PARD_SOCKET to where a daemon is"
        )
    return found


class _Private:
    """A daemon of this process's own: bound to it by a leash, a socket that hangs up when the process ends in whatever way.
    Its socket has a name and no file."""

    def __init__(self, program: str) -> None:
        self._owner = os.getpid()
        listener = socket.socket(socket.AF_UNIX)
        try:
            # A name that the kernel chooses.
            listener.bind("")
            listener.listen(64)
            name: bytes = listener.getsockname()
            self.path = "@" + name[1:].decode()
            self._leash, other = socket.socketpair()
            with other:
                numbers = (other.fileno(), listener.fileno())
                words = [
                    program, "--socket", self.path, "--leash", str(numbers[0]), "--listener", str(numbers[1]),
                    "--floor-threads", "0", "--floor-processes", "0",
                ]
                try:
                    self._process = subprocess.Popen(
                        words, pass_fds=numbers, stdin=subprocess.DEVNULL, stdout=2, start_new_session=True
                    )
                except OSError as error:
                    raise PardError(f"{program} can't be started: {error.strerror}") from None
        finally:
            listener.close()
        try:
            self._await_ready()
        except BaseException:
            self.stop()
            raise
        atexit.register(self.stop)

    def _await_ready(self) -> None:
        self._leash.settimeout(_PATIENCE)
        word = b""
        while word != _READY:
            try:
                piece = self._leash.recv(len(_READY) - len(word))
            except socket.timeout:
                raise PardError("the private daemon was not ready in time") from None
            if not piece:
                raise PardError("the private daemon ended at once; its message is on standard error")
            word += piece
            if not _READY.startswith(word):
                raise PardError("the private daemon did not say READY")

    def is_usable(self) -> bool:
        return self._owner == os.getpid() and self._process.poll() is None

    def stop(self) -> None:
        """Hangs up and waits for the daemon's end."""
        if os.getpid() != self._owner:
            return
        # A process that this one has forked may have it, too.
        with contextlib.suppress(OSError):
            self._leash.shutdown(socket.SHUT_RDWR)
        self._leash.close()
        try:
            self._process.wait(_END_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
