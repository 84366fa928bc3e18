# How a process that was forked from a warm interpreter runs a script as that interpreter would: as if it had been started for it.
#
# What can't be had is found out before the script begins: then the process says why and ends, and nothing has happened.
# `prepare` is called in the zygote, `run` in the fork, which comes ahead of its script and waits for it. Three frames stand below
# the script's own.
#
# This and the other files whose names begin with `script` are one module, `parscript`: see `load_scripts` in parpython.py.

import builtins
import ctypes
import gc
import linecache
import os
import random
import resource
import signal
import socket
import sys

# What the zygote has of the daemon's: ZygoteProtocol.Inherited.
ZYGOTE_FILES = range(3, 8)


class State:
    """What the zygote knows for its scripts."""

    library = None
    # The modules that an interpreter has before it runs anything: no file can stand before these.
    early = frozenset()
    # Top-level modules that were loaded since.
    loaded = frozenset()
    modules = frozenset()
    encodings = ()
    flush_c = None
    pause = None
    main = None
    # The type of what sys.unraisablehook is given, which has no name anywhere.
    ignored = None
    recursion = 0


def prepare(library, early):
    """Gets the zygote ready. What is done for the first time here is not done by each script."""
    State.library = library
    library.parpython_print.argtypes = [ctypes.py_object]
    library.parpython_print.restype = None
    State.early = frozenset(name.partition(".")[0] for name in early)
    State.encodings = tuple((stream.encoding, stream.errors) for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__))
    State.flush_c = ctypes.CDLL(None).fflush
    # With the GIL held: no other thread goes on meanwhile.
    State.pause = ctypes.PyDLL(None).usleep
    main = sys.modules["__main__"].__dict__
    State.main = {name: main[name] for name in main if name.startswith("__")}
    State.ignored = kind_of_ignored()
    State.recursion = sys.getrecursionlimit()
    rehearse()
    State.modules = frozenset(sys.modules)
    State.loaded = frozenset(name.partition(".")[0] for name in sys.modules) - State.early


def kind_of_ignored():
    found = []

    class Raises:
        def __del__(self):
            raise ValueError

    sys.unraisablehook = lambda ignored: found.append(type(ignored))
    Raises()
    sys.unraisablehook = sys.__unraisablehook__
    return found[0]


def rehearse():
    streams = sys.stdin, sys.stdout, sys.stderr
    kept = sys.__stdin__, sys.__stdout__, sys.__stderr__
    make_streams(False)
    code = compile(b"import sys\nx = [place for place in range(3)]\nprint(end='')\n", "<string>", "exec", dont_inherit=True)
    exec(code, {"__builtins__": builtins})
    sys.stdin, sys.stdout, sys.stderr = streams
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = kept
    random.seed()
    shadow([os.getcwd()])
    note = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    note.close()
    State.flush_c(None)
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    linecache.clearcache()
    gc.collect()


def run(place):
    """Is the script that comes through the socket `place`."""
    close_all(ZYGOTE_FILES)
    practise()
    note = Note()
    files = await_files(place)
    claim, order_file = files[4:]
    order = Order(os.pread(order_file, os.fstat(order_file).st_size, 0))
    try:
        path = become(order, files)
    except Unfit as error:
        note.send(order, "refused", error)
        os._exit(0)
    except Exception as error:
        note.send(order, "refused", f"{type(error).__name__}: {error}")
        os._exit(0)
    try:
        is_mine = os.read(claim, 8) != b""
    except OSError:
        is_mine = False
    os.close(claim)
    if not is_mine:
        # Somebody else runs it.
        os._exit(0)
    pid = os.getpid()
    imports = {}
    if order.why:
        watch_imports(imports)
    note.send(order, "begun")
    raised = begin(order, path)
    interrupted = type(raised) is KeyboardInterrupt
    # Not while it is handled: it would be the context of what its own hook raises.
    code = 0 if raised is None else exit_code(raised) if isinstance(raised, SystemExit) else show(raised)
    del raised
    code = finish(code)
    end(note if os.getpid() == pid else None, order, code, interrupted, imports)


def begin(order, path):
    """Runs the script. Returns what it has raised."""
    try:
        start(order, path)
    except BaseException as error:
        return error


def practise():
    """Does what is to be done for a script, as far as that changes nothing: the memory it writes to is a copy of its own then."""
    order = Order(sample())
    take_environment(order.environment)
    for name, value in list(order.environment.items())[:1]:
        os.environb[name] = value
    take_signals(order)
    take_limits(order)
    main = sys.modules["__main__"]
    try:
        take_line(order)
    except Unfit:
        # Something in this directory has the name of a module.
        return
    own = sys.modules["__main__"].__dict__
    sys.modules["__main__"] = main
    exec(compile("pass", "<string>", "exec", dont_inherit=True), own)
    open("/proc/self/comm", "rb", 0).close()
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).close()
    raised_by(gc.isenabled)
    flush_streams()
    clear(own)
    gc.collect()
    gc.collect()
    State.flush_c(None)


def sample():
    """The order of a script that has all as it is here."""
    limits = [number for which in range(16) for number in resource.getrlimit(which)]
    with open("/proc/self/oom_score_adj", "rb", 0) as file:
        oom = int(file.read())
    texts = [
        "address", "1.1", "", 0, int(signal.SIGINT), "",
        os.getpriority(os.PRIO_PROCESS, 0), " ".join(map(str, limits)), oom, os.sched_getscheduler(0),
        " ".join(map(str, os.sched_getaffinity(0))), "command", "pass", 3, 0, sys.executable, "-c", "pass",
    ]
    return b"\0".join([*(os.fsencode(str(text)) for text in texts), *(name + b"=" + value for name, value in os.environb.items())])
