"""Varlink as any client may speak it: JSON objects, each ended by a NUL, over a stream socket."""
import array
import json
import socket
import struct

INTERFACE = "org.pard.Control"
# How long an answer may take where a scenario doesn't say otherwise, in seconds.
PATIENCE = 30.0
# The longest frame that is read, in bytes.
FRAME_LIMIT = 64 << 20
# What a wait that took too long raises: one and the same from Python 3.10 on.
TIMEOUTS = (TimeoutError, socket.timeout)


class CallError(Exception):
    """The daemon answered with an error: its name without the interface, and its parameters."""

    def __init__(self, name, parameters):
        super().__init__(f"{name} {parameters}")
        self.name = name.rpartition(".")[2]
        self.parameters = parameters


class Gone(Exception):
    """The daemon closed the connection instead of answering."""


def call(method, parameters=None, **flags):
    """A call as bytes, its NUL included. A method without a dot is one of pard's own."""
    message = {"method": method if "." in method else f"{INTERFACE}.{method}", **flags}
    if parameters is not None:
        message["parameters"] = parameters
    return json.dumps(message).encode() + b"\0"


PING = call("Ping")


def connect(path, patience=PATIENCE):
    """A connected socket whose every wait ends after `patience` seconds.

    Where the queue of those who wait to be accepted is full it waits, too, which a socket that doesn't block would not.
    """
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", max(int(patience), 1), 0))
        link.connect(path)
        link.settimeout(patience)
    except BlockingIOError as error:
        link.close()
        raise TimeoutError("not accepted") from error
    except BaseException:
        link.close()
        raise
    return link


class Connection:
    """An open connection. Every wait has `patience` seconds, and then raises TimeoutError."""

    def __init__(self, path, patience=PATIENCE):
        self.link = connect(path, patience)
        self.held = bytearray()
        self.searched = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.link.close()

    def send(self, data):
        try:
            self.link.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Gone(str(error)) from error

    def send_descriptors(self, data, descriptors):
        """Sends bytes, and open descriptors with the first of them."""
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        try:
            sent = self.link.sendmsg([data], rights)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Gone(str(error)) from error
        if sent < len(data):
            self.send(data[sent:])

    def frame(self):
        """The next frame, without its NUL."""
        while True:
            end = self.held.find(0, self.searched)
            if end >= 0:
                frame = bytes(self.held[:end])
                del self.held[: end + 1]
                self.searched = 0
                return frame
            self.searched = len(self.held)
            if self.searched > FRAME_LIMIT:
                raise Gone("a frame above the limit")
            try:
                data = self.link.recv(1 << 18)
            except ConnectionResetError as error:
                raise Gone(str(error)) from error
            if not data:
                raise Gone("closed")
            self.held += data

    def reply(self):
        """The next reply as (parameters, whether more follow). Raises CallError."""
        message = json.loads(self.frame())
        if "error" in message:
            raise CallError(message["error"], message.get("parameters", {}))
        return message.get("parameters", {}), message.get("continues", False)

    def call(self, method, **parameters):
        """Calls a method and returns its reply's parameters."""
        self.send(call(method, parameters))
        return self.reply()[0]

    def each(self, method, **parameters):
        """Calls a method with more, and yields the parameters of each reply."""
        self.send(call(method, parameters, more=True))
        continues = True
        while continues:
            parameters, continues = self.reply()
            yield parameters


def once(path, method, patience=PATIENCE, **parameters):
    """One call over a connection of its own."""
    with Connection(path, patience) as connection:
        return connection.call(method, **parameters)


class Inputs:
    """What tasks are given, in the form that a daemon's interface asks for."""

    def __init__(self, path):
        reply = once(path, "org.varlink.service.GetInterfaceDescription", interface=INTERFACE)
        self.is_bare = "[][]string" in reply["description"].replace(" ", "")

    def __call__(self, commands):
        """`commands`: a list of words for each task."""
        return commands if self.is_bare else [{"words": words} for words in commands]
