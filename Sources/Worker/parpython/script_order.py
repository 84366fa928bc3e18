# What comes for a script, and what the daemon is told of it.

import os
import socket
import sys

# How many descriptors come with a script.
FILES = 6
NOTE_SECONDS = 10


def await_files(place):
    """What comes for the script, see ZygoteProtocol.ScriptFile. Where nothing does, the process is not needed any more."""
    with socket.socket(fileno=place) as end:
        try:
            _, parts, _, _ = end.recvmsg(8, 256, socket.MSG_CMSG_CLOEXEC)
        except OSError:
            os._exit(0)
    files = [int.from_bytes(data[at : at + 4], sys.byteorder) for _, _, data in parts for at in range(0, len(data), 4)]
    if len(files) != FILES:
        os._exit(0)
    return files


# What stands in an order, see ScriptOrder.swift.


class Order:
    def __init__(self, text):
        words = iter(text.split(b"\0"))
        self.address = next(words)
        self.ticket = next(words)
        flags = next(words)
        self.unbuffered = b"u" in flags
        self.why = b"w" in flags
        self.umask = int(next(words))
        self.ignored = numbers(next(words))
        self.blocked = numbers(next(words))
        self.nice = numbers(next(words))
        self.limits = numbers(next(words))
        self.oom = numbers(next(words))
        self.policy = numbers(next(words))
        self.cpus = numbers(next(words))
        self.kind = next(words).decode()
        self.script = os.fsdecode(next(words))
        count, own = int(next(words)), int(next(words))
        line = [os.fsdecode(next(words)) for _ in range(count)]
        self.line = line
        self.own = line[len(line) - own :] if own else []
        self.environment = dict(variable.split(b"=", 1) for variable in words if b"=" in variable[1:])


def numbers(text):
    return [int(word) for word in text.split()]


class Note:
    """What the daemon is told: by sockets that are there for that long only, as a script has none of ours open."""

    def __init__(self):
        self.end = self.socket()

    @staticmethod
    def socket():
        return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def send(self, order, *words):
        text = b"\0".join([order.ticket, *(str(word).encode("utf-8", "backslashreplace") for word in words)])[:4000]
        address = b"\0" + order.address
        try:
            end = self.end or self.socket()
            self.end = None
            try:
                end.sendto(text, socket.MSG_DONTWAIT, address)
            except BlockingIOError:
                # Where many are told at once, there may be no room for a moment.
                end.settimeout(NOTE_SECONDS)
                end.sendto(text, address)
            finally:
                end.close()
        except OSError:
            pass  # It hears of the end all the same.


class Unfit(Exception):
    """Why the script can't be run here."""
