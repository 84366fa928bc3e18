# How a process that was forked from a warm interpreter runs a script as that interpreter would: as if it had been started for it.
#
# What can't be had is found out before the script begins: then the process says why and ends, and nothing has happened.
# `prepare` is called in the zygote, `run` in the fork, where three frames stand below the script's own.

import atexit
import builtins
import ctypes
import gc
import importlib._bootstrap
import importlib.machinery
import io
import linecache
import os
import random
import resource
import runpy
import signal
import socket
import sys
import time
import types
import weakref

# Of RLIMIT_LOCKS the daemon makes use; nothing else does.
UNUSED_LIMIT = 10
NOTE_SECONDS = 10
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
    main = None
    # The type of what sys.unraisablehook is given, which has no name anywhere.
    ignored = None


def prepare(library, early):
    """Gets the zygote ready. What is done for the first time here is not done by each script."""
    State.library = library
    library.parpython_print.argtypes = [ctypes.py_object]
    library.parpython_print.restype = None
    State.early = frozenset(name.partition(".")[0] for name in early)
    State.encodings = tuple((stream.encoding, stream.errors) for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__))
    State.flush_c = ctypes.CDLL(None).fflush
    main = sys.modules["__main__"].__dict__
    State.main = {name: main[name] for name in main if name.startswith("__")}
    State.ignored = kind_of_ignored()
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


# What stands in an order, see ScriptOrder.swift.


class Order:
    def __init__(self, file):
        size = os.fstat(file).st_size
        parts = os.pread(file, size, 0).split(b"\0")
        words = iter(parts)
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
    """What the daemon is told."""

    def __init__(self, order):
        self.order = order

    def send(self, *words):
        """By a socket that is there for that long only: a script has none of ours open."""
        text = b"\0".join([self.order.ticket, *(str(word).encode("utf-8", "backslashreplace") for word in words)])
        try:
            end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                # Where many are told at once, there may be no room for a moment.
                end.settimeout(NOTE_SECONDS)
                end.sendto(text[:4000], b"\0" + self.order.address)
            finally:
                end.close()
        except OSError:
            pass  # It hears of the end all the same.


class Unfit(Exception):
    """Why the script can't be run here."""


def run(files):
    """Is the script."""
    claim, order_file = files[4:]
    order = Order(order_file)
    note = Note(order)
    try:
        path = become(order, files)
    except Unfit as error:
        note.send("refused", error)
        os._exit(0)
    except Exception as error:
        note.send("refused", f"{type(error).__name__}: {error}")
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
    note.send("begun")
    raised = begin(order, path)
    interrupted = type(raised) is KeyboardInterrupt
    # Not while it is handled: it would be the context of what its own hook raises.
    code = 0 if raised is None else exit_code(raised) if isinstance(raised, SystemExit) else show(raised)
    del raised
    code = finish(code)
    end(note if os.getpid() == pid else None, code, interrupted, imports)


def begin(order, path):
    """Runs the script. Returns what it has raised."""
    try:
        start(order, path)
    except BaseException as error:
        return error


# Becoming the script's process.


def become(order, files):
    """Takes over what the caller has. Returns the first place where the script's modules are; None for none."""
    os.setpgid(0, 0)
    os.fchdir(files[3])
    for place in range(3):
        os.dup2(files[place], place)
    # What modules have opened as they were loaded is theirs.
    for number in (*ZYGOTE_FILES, *files[:4], files[5]):
        try:
            os.close(number)
        except OSError:
            pass
    with open("/proc/self/comm", "wb", 0) as name:
        name.write(os.fsencode(os.path.basename(sys.executable))[:15])
    os.umask(order.umask)
    take_environment(order.environment)
    take_signals(order)
    take_limits(order)
    return take_line(order)


def take_environment(wanted):
    environment = os.environb
    zone = environment.get(b"TZ")
    for name in [name for name in environment if name not in wanted]:
        del environment[name]
    for name, value in wanted.items():
        if environment.get(name) != value:
            environment[name] = value
    if environment.get(b"TZ") != zone:
        time.tzset()


def take_signals(order):
    if signal.SIGINT not in order.ignored:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in order.ignored:
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, order.blocked)


def take_limits(order):
    for which in range(len(order.limits) // 2):
        if which == UNUSED_LIMIT:
            continue
        wanted = tuple(order.limits[2 * which : 2 * which + 2])
        if which == resource.RLIMIT_AS and wanted[0] >= 0:
            with open("/proc/self/statm", "rb") as memory:
                if int(memory.read().split()[0]) * resource.getpagesize() > wanted[0]:
                    raise Unfit("the limit of the address space is below what the warm interpreter has")
        if resource.getrlimit(which) != wanted:
            try:
                resource.setrlimit(which, wanted)
            except (ValueError, OSError):
                raise Unfit(f"limit {which} is above the daemon's") from None
    try:
        for wanted in order.policy:
            if os.sched_getscheduler(0) != wanted:
                os.sched_setscheduler(0, wanted, os.sched_param(0))
        if order.cpus and os.sched_getaffinity(0) != set(order.cpus):
            os.sched_setaffinity(0, order.cpus)
    except OSError:
        raise Unfit("it is scheduled as the daemon may not have it") from None
    for wanted in order.nice:
        if os.getpriority(os.PRIO_PROCESS, 0) != wanted:
            try:
                os.setpriority(os.PRIO_PROCESS, 0, wanted)
            except OSError:
                raise Unfit("its nice value is below the daemon's") from None


def take_line(order):
    """Has the interpreter look as if it had been started with this command line."""
    if order.kind == "command":
        try:
            order.script.encode("utf-8")
        except UnicodeEncodeError:
            raise Unfit("the command is no UTF-8") from None
    sys.orig_argv = order.line
    first = {"command": ["-c"], "module": ["-m"], "file": [order.script], "input": ["-"]}[order.kind]
    if order.kind == "input" and order.line[-1:] != ["-"] and not order.own:
        first = [""]
    sys.argv = first + order.own
    path = first_place(order)
    places = ([path] if path is not None else []) + own_places()
    shadow(places)
    make_streams(order.unbuffered)
    main = types.ModuleType("__main__")
    main.__dict__.clear()
    main.__dict__.update(State.main)
    if "__annotations__" in State.main:
        main.__dict__["__annotations__"] = {}
    sys.modules["__main__"] = main
    sys.setrecursionlimit(sys.getrecursionlimit() + depth())
    return path


def depth():
    frame, count = sys._getframe(), 0
    while frame is not None:
        frame, count = frame.f_back, count + 1
    # Three of them are of this call; below the script stand two of its beginning instead. Each call of exec() counts by itself in
    # CPython 3.11.
    return count - 3 + 2 + (2 if sys.version_info[:2] == (3, 11) else 0)


def first_place(order):
    if getattr(sys.flags, "safe_path", False):
        return None
    if order.kind == "module":
        return os.getcwd()
    if order.kind == "file":
        if os.path.isfile(order.script):
            return os.path.dirname(os.path.realpath(order.script))
        return absolute(order.script)
    return ""


def own_places():
    """What stands before the standard library in the path."""
    library = os.path.dirname(os.__file__)
    places = []
    for place in sys.path:
        if place.startswith(library) or place.endswith(".zip"):
            break
        places.append(place)
    return places


def shadow(places):
    """Refuses where a script would find another module by the name of one that is loaded."""
    for place in places:
        try:
            names = {name.partition(".")[0] for name in os.listdir(place or ".")}
        except OSError:
            continue
        for name in names & State.loaded:
            spec = importlib.machinery.PathFinder.find_spec(name, [place or os.getcwd()])
            own = getattr(sys.modules.get(name), "__file__", None)
            if spec is not None and spec.loader is not None and spec.origin != own:
                raise Unfit(f"{spec.origin} stands before the module {name} that is loaded")


def make_streams(unbuffered):
    """The standard streams, as an interpreter makes them."""
    made = []
    for place, name in enumerate(("<stdin>", "<stdout>", "<stderr>")):
        writes = place > 0
        stream = io.open(place, "wb" if writes else "rb", 0 if unbuffered and writes else -1, None, None, None, False)
        raw = stream if unbuffered and writes else stream.raw
        raw.name = name
        encoding, errors = State.encodings[place]
        lines = not unbuffered and (raw.isatty() or place == 2)
        text = io.TextIOWrapper(stream, encoding, errors, "\n", lines, unbuffered)
        text.mode = "w" if writes else "r"
        made.append(text)
    sys.stdin, sys.stdout, sys.stderr = made
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = made


# Running it.


def absolute(path):
    """As CPython makes a script's path absolute: nothing else of it is changed."""
    if path.startswith("/"):
        return path
    return os.path.join(os.getcwd(), path)


def start(order, path):
    if path is not None and order.kind != "file":
        sys.path.insert(0, path)
    main = sys.modules["__main__"].__dict__
    if order.kind == "module":
        return runpy._run_module_as_main(order.script)
    if order.kind == "command":
        text = order.script + "\n"
        if sys.version_info >= (3, 14):
            import textwrap

            text = textwrap.dedent(text)
        code = compile(text, "<string>", "exec", dont_inherit=True)
        if sys.version_info >= (3, 13):
            linecache._register_code(code if hasattr(linecache, "_interactive_cache") else "<string>", text, "<string>")
        del text
        return exec(code, main)
    if order.kind == "input":
        main["__file__"] = "<stdin>"
        if sys.version_info < (3, 15):
            main["__cached__"] = None
        return exec(compile(read_input(), "<stdin>", "exec", dont_inherit=True), main)
    name = absolute(order.script)
    if importer(name):
        sys.path.insert(0, name)
        return runpy._run_module_as_main("__main__", False)
    if path is not None:
        sys.path.insert(0, path)
    try:
        with open(name, "rb", 0) as file:
            text = file.readall()
    except OSError as error:
        sys.stderr.write(f"{order.line[0]}: can't open file {name!r}: [Errno {error.errno}] {error.strerror}\n")
        raise SystemExit(2) from None
    main["__file__"] = name
    if sys.version_info < (3, 15):
        main["__cached__"] = None
    main["__loader__"] = importlib.machinery.SourceFileLoader("__main__", name)
    code = compile(text, name, "exec", dont_inherit=True)
    del text
    exec(code, main)


def importer(name):
    """Whether modules can be loaded from the script, as it is a directory or an archive."""
    for hook in sys.path_hooks:
        try:
            sys.path_importer_cache[name] = hook(name)
            return True
        except ImportError:
            pass
    sys.path_importer_cache[name] = None
    return False


def read_input():
    pieces = []
    while True:
        piece = os.read(0, 1 << 16)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


# How it ends.


def exit_code(error):
    code = error.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF if -(1 << 63) <= code < 1 << 63 else 0xFF
    try:
        sys.stderr.write(str(code))
        sys.stderr.write("\n")
    except BaseException:
        pass
    return 1


def show(error):
    """Prints what the script has raised, with its own frames only."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == "parscript":
        trace = trace.tb_next
    State.library.parpython_print(error.with_traceback(trace))
    return 1


def finish(code):
    """What an interpreter does at its end, in that order; without giving memory back, which the process's end does sooner."""
    threading = sys.modules.get("threading")
    if threading is not None:
        guard(threading._shutdown, threading)
    guard(atexit._run_exitfuncs, None)
    status = flush_streams()
    forget()
    status = flush_streams() and status
    State.flush_c(None)
    return code if status else 120


def guard(body, place):
    error = raised_by(body)
    if error is not None:
        ignore(error, error.__traceback__, place)


def raised_by(body):
    """What it has raised, from its own frames on."""
    try:
        body()
    except BaseException as error:
        # This function's frame, and then those of what was called.
        trace = error.__traceback__
        return error.with_traceback(trace and trace.tb_next)


def ignore(error, trace, place):
    """Tells of an exception that can't be raised any more, by what the script has for that."""
    sys.unraisablehook(State.ignored((type(error), error, trace, None, place)))


def flush_streams():
    """Returns whether all could be written."""
    is_done = True
    for stream, is_told in ((sys.stdout, True), (sys.stderr, False)):
        if stream is None or getattr(stream, "closed", False):
            continue
        error = raised_by(stream.flush)
        if error is not None:
            is_done = False
            if is_told:
                # Its own frames, if it has any.
                ignore(error, error.__traceback__, stream)
    return is_done


def forget():
    """Lets go of all that the script has made, so that it ends as its makers want it to."""
    sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            setattr(sys, name, None)
    own = [name for name in sys.modules if name not in State.modules or name == "__main__"]
    left = []
    for name in own:
        module = sys.modules.pop(name, None)
        if isinstance(module, types.ModuleType):
            left.append(weakref.ref(module))
        del module
    gc.collect()
    for reference in reversed(left):
        module = reference()
        if module is not None:
            clear(module.__dict__)
    if left:
        gc.collect()


def clear(names):
    """As modules are cleared: first what begins with one underscore, then the rest."""
    for name in list(names):
        if name[:1] == "_" and name[:2] != "__":
            names[name] = None
    for name in list(names):
        if name != "__builtins__":
            names[name] = None


def end(note, code, interrupted, imports):
    """Ends the process. What it had open is given back before anybody is told; what is left then is memory."""
    if note is None:
        os._exit(code)
    if sys.version_info >= (3, 10):
        os.closerange(0, (1 << 31) - 1)
    else:
        # It would close each number by itself.
        for number in os.listdir("/proc/self/fd"):
            try:
                os.close(int(number))
            except OSError:
                pass
    words = ["signal", int(signal.SIGINT)] if interrupted else ["ended", code]
    for name, taken in longest(imports):
        words += [name, taken]
    note.send(*words)
    if interrupted:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(code)


# What loading modules takes, for those who ask.

WATCHED = """
def _find_and_load(name, import_):
    begun = clock()
    try:
        return inner(name, import_)
    finally:
        if name in modules and name not in found:
            found[name] = clock() - begun, getattr(modules[name], "__file__", None)
"""


def watch_imports(found):
    """Notes how long each module takes. The frames of it are taken for the interpreter's own, which no traceback shows."""
    names = {
        "clock": time.monotonic_ns,
        "inner": importlib._bootstrap._find_and_load,
        "modules": sys.modules,
        "found": found,
    }
    exec(compile(WATCHED, "<frozen importlib._bootstrap>", "exec"), names)
    importlib._bootstrap._find_and_load = names["_find_and_load"]


LEAST_TOLD = 1_000_000
MOST_TOLD = 8


def longest(imports):
    """The modules of packages and of the standard library that took longest."""
    library = os.path.dirname(os.__file__)
    told = []
    for name, (taken, place) in sorted(imports.items(), key=lambda item: -item[1][0]):
        if taken < LEAST_TOLD or len(told) == MOST_TOLD:
            break
        if place is None or place.startswith(library) or "-packages/" in place:
            told.append((name, taken))
    return told
