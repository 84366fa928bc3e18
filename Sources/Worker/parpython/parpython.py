# What a Python interpreter does to be a runtime of pard: it loads the modules that its workers are to have, tells of them, and
# hands over to the library, which forks workers and calls functions. For CPython 3.9 and later; nothing but the standard library.
#
# Run by a line of the daemon's, which has loaded the library: `library` is there.

import _thread
import ctypes
import faulthandler
import gc
import importlib
import importlib.util
import io
import json
import os
import signal
import sys
import time
import traceback
import types


class Runtime:
    """What the runtime has loaded: the modules that were asked for, and the functions in them."""

    def __init__(self, directory, target, preload):
        self.directory = directory
        self.target = target
        self.preload = preload
        self.reads = {}
        self.module = None
        self.warnings = []

    def load(self):
        """Imports everything, and notes which variables of the environment that has read."""
        kind = os.environ.__class__
        os.environ.__class__ = recorder(kind, self.reads)
        try:
            for name in self.preload:
                importlib.import_module(name)
            if self.target:
                self.module = load_target(self.target)
        finally:
            os.environ.__class__ = kind
        refuse_threads()
        refuse_cuda()
        # Before the heap is frozen, which nobody sees from then on.
        self.warnings = warnings()

    def report(self, begun, error=None):
        """All that the daemon is told: lines of words."""
        lines = [("begun", begun), ("loaded", time.monotonic_ns())]
        lines.append(("version", "Python " + sys.version.split()[0]))
        if getattr(sys, "_is_gil_enabled", lambda: True)():
            lines.append(("turns",))
        lines += [("read", name, reader) for name, reader in self.reads.items()]
        lines += [("read", name, library) for name, library in thread_variables()]
        lines += [("source", path, stamp(path)) for path in sources(self.target, error)]
        lines += [("warning", text) for text in self.warnings]
        if error is not None:
            lines.append(("refusal", describe(error)))
        text = "".join("".join(str(word).replace("\0", "") + "\0" for word in line if word != "") + "\0" for line in lines)
        return text.encode("utf-8", "surrogateescape")


def recorder(kind, reads):
    """A class of os.environ that notes who reads what first."""

    def note(name):
        if name in reads:
            return
        frame = sys._getframe(2)
        while frame is not None and frame.f_globals.get("__name__") in ("os", "_collections_abc", "collections.abc", "parpython"):
            frame = frame.f_back
        reads[name] = str(frame.f_globals.get("__name__")) if frame is not None else "?"

    class Recorder(kind):
        def __getitem__(self, name):
            note(name)
            return super().__getitem__(name)

        def __contains__(self, name):
            note(name)
            return super().__contains__(name)

        def __iter__(self):
            note("*")
            return super().__iter__()

    return Recorder


def load_target(target):
    """The module in which functions are looked for: by its file, or by its name."""
    if target == "parcalls":
        return load_calls()
    if target == "parscript":
        return load_scripts()
    if not target.endswith(".py") and os.sep not in target:
        return importlib.import_module(target)
    name = os.path.basename(target)
    name = name[:-3] if name.endswith(".py") else name
    # A file is loaded as itself, whatever else has its name.
    if name in sys.modules or not name.isidentifier():
        name = "file_" + name
    spec = importlib.util.spec_from_file_location(name, target)
    if spec is None:
        raise ImportError(f"{target} is no Python source")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def load_calls():
    """What workers do for the tasks of leases, which comes with the library."""
    library.parpython_calls.restype = ctypes.c_char_p
    module = types.ModuleType("parcalls")
    exec(compile(library.parpython_calls(), "parcalls", "exec"), module.__dict__)
    module.watch_crashes = watch_crashes
    sys.modules["parcalls"] = module
    return module


def load_scripts():
    """How scripts are run, which comes with the library: the text of all its parts, one after the other."""
    library.parpython_scripts.restype = ctypes.c_char_p
    module = types.ModuleType("parscript")
    exec(compile(library.parpython_scripts(), "parscript", "exec"), module.__dict__)
    return module


def refuse_threads():
    """A thread would not be in the workers, and what it holds would be held in them for ever."""
    threading = sys.modules.get("threading")
    if threading is None:
        return
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    if others:
        names = ", ".join(f"{thread.name} ({type(thread).__module__}.{type(thread).__qualname__})" for thread in others)
        raise RuntimeError(
            f"threads are left running by what is loaded, and no worker can be forked beside them: {names}. "
            "Start them in the function instead"
        )


def refuse_cuda():
    """CUDA can't be used in a process that was forked from one which has begun to."""
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    if getattr(cuda, "is_initialized", bool)():
        raise RuntimeError(
            "what is loaded has begun to use CUDA, which no forked worker can go on with. Use it in the function first"
        )


def warnings():
    """What workers won't have as it is here, or have in common."""
    texts = []
    names = []
    own = _thread.get_native_id()
    for task in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{task}/comm", encoding="utf-8", errors="replace") as comm:
                name = comm.read().strip()
        except OSError:
            continue
        if int(task) != own and not thread_variables():
            names.append(name)
    if names:
        texts.append(
            f"what is loaded has left {len(names)} thread{'s' if len(names) > 1 else ''} of C code ({', '.join(sorted(set(names)))}) "
            "that no worker has"
        )
    events = sys.modules.get("asyncio.events")
    loops = [thing for thing in gc.get_objects() if events and isinstance(thing, events.AbstractEventLoop)]
    if any(not loop.is_closed() for loop in loops):
        texts.append("what is loaded has made an event loop, which all workers have in common: make one in the function instead")
    return texts


def thread_variables():
    """The variables that libraries with threads of their own have read without Python."""
    wanted = ("libopenblas", "libscipy_openblas", "libmkl", "libgomp", "libomp", "libiomp", "libblis")
    found = set()
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
            for line in maps:
                name = line.rsplit("/", 1)[-1].strip()
                if name.startswith(wanted):
                    found.add(name)
    except OSError:
        return []
    if not found:
        return []
    library = sorted(found)[0]
    return [(name, library) for name in THREAD_VARIABLES]


THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")


def stamp(path):
    try:
        status = os.stat(path)
    except OSError:
        return "gone"
    return f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"


def sources(target, error):
    """The files that have been loaded and are a user's own, and the directories that packages are installed in.

    After a failure, all that has been looked through and every file of the traceback as well: what is put there may mend it.
    """
    own = os.path.dirname(os.__file__)
    found = {sys.executable: 0, os.path.realpath(sys.executable): 0} if sys.executable else {}
    for directory in (sys.prefix, os.path.dirname(os.path.dirname(sys.executable or ""))):
        if os.path.exists(os.path.join(directory, "pyvenv.cfg")):
            found[os.path.join(directory, "pyvenv.cfg")] = 0
    if target.endswith(".py"):
        found[target] = 0
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and os.path.isabs(path) and not is_installed(path, own):
            found[path] = 0
    for path in sys.path:
        if os.path.isdir(path) and (is_installed(path + os.sep, own) or error is not None):
            found[path] = 0
    while error is not None:
        if isinstance(error, SyntaxError) and error.filename and os.path.isabs(error.filename):
            found[error.filename] = 0
        for frame, _ in traceback.walk_tb(error.__traceback__):
            path = frame.f_code.co_filename
            if os.path.isabs(path) and not is_installed(path, own):
                found[path] = 0
        error = error.__cause__ or error.__context__
    return found


def is_installed(path, own):
    return path.startswith(own + os.sep) or "/site-packages/" in path or "/dist-packages/" in path


LIMIT = 60_000
IMPORTS = ("parpython", "importlib", "importlib._bootstrap", "importlib._bootstrap_external")


def describe(error):
    """What was raised in one line, then where."""
    first = "".join(traceback.format_exception_only(type(error), error)).strip().split("\n")[-1]
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get("__name__") in IMPORTS:
        trace = trace.tb_next
    text = "".join(traceback.format_exception(type(error), error, trace))
    if len(text) > LIMIT:
        text = text[: LIMIT // 2] + "\n[…]\n" + text[-LIMIT // 2 :]
    text = text.rstrip("\n")
    return first if text == first else first + "\n" + text


class Helper:
    """What workers call; every method takes a list of texts."""

    def __init__(self, runtime):
        self.runtime = runtime
        self.place = None
        self.functions = {}
        self.is_alone = False
        # Workers of this process.
        self.workers = 0
        self.gate = _thread.allocate_lock()
        self.own = None
        # The modules that were loaded before the fork, and what functions have imported since of the user's own, with its stamps.
        self.known = set(sys.modules)
        self.late = {}

    def rehearse(self, words):
        """Nothing: it is the call that counts."""

    def begin_worker(self, words):
        """Gets a thread, or a process's only one, ready to be a worker."""
        self.is_alone = words[0] == "process"
        if self.is_alone:
            own_crashes()
        else:
            watch_crashes()
        with self.gate:
            self.workers += 1

    def end_worker(self, words):
        threading = sys.modules.get("threading")
        if self.is_alone and threading is not None:
            threading._shutdown()
        flush()
        with self.gate:
            self.workers -= 1
            is_last = self.workers == 0
        if is_last:
            end_multiprocessing()

    def begin_printing(self, output, errors, address):
        """Has what is printed go to two files: in a process, whoever prints it; in a thread, by Python's streams."""
        if output < 0:
            output = errors = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            local.nowhere = output
        mark = (ctypes.c_uint8 * 1).from_address(address) if address else [0]
        if self.is_alone:
            flush()
            self.own = (os.dup(1), os.dup(2))
            os.dup2(output, 1)
            os.dup2(errors, 2)
        local.mark = mark
        local.streams = (writer(output), writer(errors))

    def end_job(self, words):
        """Ends what `begin_job` has begun. Returns whether the worker is as new."""
        self.note_late()
        calls = sys.modules.get("parcalls")
        is_as_new = calls is None or calls.end()
        flush()
        local.streams = None
        local.mark = None
        if self.own is not None:
            for place, own in zip((1, 2), self.own):
                os.dup2(own, place)
                os.close(own)
            self.own = None
        nowhere = getattr(local, "nowhere", None)
        if nowhere is not None:
            os.close(nowhere)
            local.nowhere = None
        return is_as_new

    def begin_job(self, words):
        """Gets a worker ready for a job.

        Returns the function, what makes its argument of an input's text, what makes bytes of its result, what makes bytes of an
        exception, and what writes all that was printed.
        """
        name, items, results, output, errors, address, *place = words
        self.begin_printing(int(output), int(errors), int(address))
        self.drop_changed()
        if place != self.place:
            enter(*place)
            self.place = place
        function = self.functions.get(name)
        if function is None:
            function = self.functions[name] = self.find(name)
        decode = json.loads if items == "json" else None
        return function, decode, ENCODERS[results], self.explain, flush

    def note_late(self):
        """Notes what functions have imported by themselves: the daemon knows nothing of it."""
        if len(sys.modules) == len(self.known):
            return
        library = os.path.dirname(os.__file__)
        for name in set(sys.modules) - self.known:
            self.known.add(name)
            path = getattr(sys.modules.get(name), "__file__", None)
            if isinstance(path, str) and os.path.isabs(path) and not is_installed(path, library):
                self.late[name] = (path, stamp(path))

    def drop_changed(self):
        """Has what functions have imported be imported again, where one of its sources is another since."""
        if all(stamp(path) == own for path, own in self.late.values()):
            return
        for name in self.late:
            sys.modules.pop(name, None)
            self.known.discard(name)
        self.late.clear()
        importlib.invalidate_caches()

    def find(self, name):
        """The function called `module:function` or `FILE.py:function`."""
        _, _, path = name.rpartition(":")
        found = self.runtime.module
        for part in path.split("."):
            try:
                found = getattr(found, part)
            except AttributeError:
                names = [key for key, value in vars(self.runtime.module).items() if callable(value) and key[0] != "_"]
                has = ", ".join(sorted(names)[:8]) or "none"
                raise AttributeError(f"{self.runtime.target} has no function {path}: it has {has}") from None
        if not callable(found):
            raise TypeError(f"{path} in {self.runtime.target} is no function: it is of type {type(found).__name__}")
        return found

    @staticmethod
    def explain(error):
        return describe(error).encode("utf-8", "backslashreplace")


# The file in which processes say where they were when they crashed, and how much of it each has, by its number.
CRASHES = 7
CRASH_BYTES = 1 << 16
# The descriptor by which this process writes there, and the process that has opened it; faulthandler keeps its number.
crash_file = -1
crash_process = 0


def watch_crashes():
    """Has faulthandler write where the daemon reads it. Called on each thread of a process, and where tasks have had it otherwise."""
    try:
        if own_crashes():
            faulthandler.enable(crash_file, all_threads=False)
    except (OSError, ValueError, RuntimeError):
        faulthandler.disable()


def own_crashes():
    """Gets this process its own place in the file. Opened anew: forked processes have the place in a file in common.

    Returns whether it has one; nothing is written where not.
    """
    global crash_file, crash_process
    pid = os.getpid()
    if pid == crash_process:
        return True
    try:
        file = os.open(f"/proc/self/fd/{CRASHES}", os.O_WRONLY | os.O_CLOEXEC)
        os.lseek(file, pid * CRASH_BYTES, os.SEEK_SET)
        if crash_process:
            os.dup2(file, crash_file, False)
            os.close(file)
        else:
            crash_file = file
    except OSError:
        faulthandler.disable()
        return False
    crash_process = pid
    return True


def end_multiprocessing():
    """Ends what functions have left of multiprocessing, which does so itself only where Python ends: servers, pools, folders."""
    util = sys.modules.get("multiprocessing.util")
    if util is None:
        return
    server = getattr(sys.modules.get("multiprocessing.forkserver"), "_forkserver", None)
    try:
        if server is not None:
            server._stop()
    except ChildProcessError:
        pass  # It is the zygote's.
    try:
        util._run_finalizers()
        # Where other workers come, they have a folder of their own.
        sys.modules["multiprocessing.process"].current_process()._config.pop("tempdir", None)
    except Exception as error:
        print(f"pard: {error}", file=sys.__stderr__)


class Cancelled(BaseException):
    """Raised in a task that nobody waits for any more."""

    def __init__(self, text="nobody waits for the task any more"):
        super().__init__(text)


class TimedOut(BaseException):
    """Raised in a task that takes longer than it may."""

    def __init__(self, text="the task took longer than its timeout"):
        super().__init__(text)


for exception in (Cancelled, TimedOut):
    exception.__module__ = "pard"


def interrupt(number, frame):
    """The handler of the signal by which a process's task is interrupted."""
    why = library.par_python_interrupted()
    if why:
        raise (Cancelled if why == 1 else TimedOut)()


local = _thread._local()


def writer(descriptor):
    """A text stream that adds to a file which is open already."""
    return open(descriptor, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)


def flush():
    for stream in getattr(local, "streams", None) or ():
        try:
            stream.flush()
        except (OSError, ValueError):
            pass


class Printer(io.TextIOBase):
    """sys.stdout or sys.stderr of workers: what a thread writes goes to its own file while it is at a job."""

    def __init__(self, stream):
        self._stream = stream
        self._place = 1 if stream is sys.stderr else 0

    def _own(self):
        streams = getattr(local, "streams", None)
        if streams is None:
            return self._stream
        local.mark[0] = 1
        return streams[self._place]

    def write(self, text):
        return self._own().write(text)

    def writelines(self, lines):
        self._own().writelines(lines)

    def flush(self):
        self._own().flush()

    def writable(self):
        return True

    def isatty(self):
        return False

    def fileno(self):
        return self._own().fileno()

    @property
    def buffer(self):
        stream = self._own()
        stream.flush()
        return stream.buffer

    @property
    def encoding(self):
        return "utf-8"

    @property
    def errors(self):
        return "backslashreplace"

    def reconfigure(self, **options):
        """Nothing: the file is read by others."""


def enter(directory, umask, *environment):
    """Has this process be where the run's caller is, with the caller's variables."""
    os.chdir(directory)
    os.umask(int(umask))
    wanted = dict(variable.split("=", 1) for variable in environment if "=" in variable)
    zone = os.environ.get("TZ")
    for name in [name for name in os.environ if name not in wanted]:
        del os.environ[name]
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    if os.environ.get("TZ") != zone:
        time.tzset()


def plain(value):
    """What JSON has instead of a value of a type that it doesn't know."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return value.item()
    raise TypeError


JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=plain).encode


def encode_json(value):
    """JSON where there is such; else what repr() says, marked: no JSON begins so."""
    try:
        return JSON(value).encode("utf-8")
    except (TypeError, ValueError, RecursionError):
        pass
    return b"repr:" + repr(value).replace("\n", "\\n").encode("utf-8", "backslashreplace")


def encode_pickle(value):
    import pickle

    return pickle.dumps(value)


ENCODERS = {"json": encode_json, "pickle": encode_pickle}


def flush_all():
    """What is written but not yet out would be written by every child."""
    logging = sys.modules.get("logging")
    if logging is not None:
        for reference in list(logging._handlerList):
            handler = reference() if isinstance(reference, types.FunctionType) or callable(reference) else reference
            try:
                handler.flush()
            except Exception:
                pass
    for thing in gc.get_objects():
        if type(thing) in (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom):
            try:
                thing.flush()
            except Exception:
                pass


def renew_child():
    """What must not be the same in two processes, or was the zygote's only."""
    random = sys.modules.get("numpy.random")
    if random is not None:
        random.seed()
    tracker = sys.modules.get("multiprocessing.resource_tracker")
    if tracker is not None:
        tracker._resource_tracker._fd = None
        tracker._resource_tracker._pid = None


def rehearse():
    """Does once what each worker does, so that what is only done the first time is done before they are forked."""
    renew_child()
    printer = Printer(writer(1))
    printer.isatty()
    printer._stream.flush()
    encode_json({"a": [1, None, "b"]})
    encode_json(object)
    json.loads("1")
    try:
        raise ValueError
    except ValueError as error:
        describe(error)


def settle(has_workers):
    """Gets the process ready to be forked: what each worker would do the same way is done here, once."""
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    # Who presses Ctrl-C ends his run; the workers stay.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.register_at_fork(after_in_child=renew_child)
    if has_workers:
        signal.signal(signal.SIGURG, interrupt)
        sys.stdout, sys.stderr = Printer(sys.stdout), Printer(sys.stderr)
        watch_crashes()
    rehearse()
    flush_all()
    gc.collect()
    gc.freeze()


def main():
    begun = time.monotonic_ns()
    words = sys.argv[2:]
    array = (ctypes.c_char_p * len(words))(*[os.fsencode(word) for word in words])
    skipped = ctypes.c_int32(0)
    code = library.parpython_begin(array, len(words), ctypes.byref(skipped))
    if code:
        os._exit(code)
    os.environ.pop("SWIFT_BACKTRACE", None)
    root, target, preload = words[skipped.value :]
    runs_scripts = target == "parscript"
    sys.argv[:] = [target]
    if not runs_scripts:
        sys.modules["__main__"] = types.ModuleType("__main__")
    if sys.path and sys.path[0] == "":
        sys.path[0] = root
        # Scripts have a place of their own there, and most interpreters nothing beforehand.
        if runs_scripts and root == "/":
            del sys.path[0]
    library.par_python_exceptions(ctypes.py_object(Cancelled), ctypes.py_object(TimedOut))
    runtime = Runtime(root, target, [name for name in preload.split(",") if name])
    try:
        runtime.load()
        if runs_scripts:
            if root != "/" and sys.path[:1] == [root]:
                del sys.path[0]
            runtime.module.prepare(library, early)
        settle(not runs_scripts)
    except BaseException as error:
        send(runtime.report(begun, error))
        library.parpython_refuse(describe(error).split("\n")[0].encode("utf-8", "backslashreplace")[:900])
        os._exit(1)
    send(runtime.report(begun))
    place = ctypes.c_int32(-1)
    code = library.parpython_serve(ctypes.py_object(Helper(runtime)), ctypes.byref(place))
    if code == SCRIPT:
        return runtime.module, place.value
    os._exit(code)


# What the library hands back in a process that is to run a script.
SCRIPT = 1000


def send(report):
    library.parpython_report(report, ctypes.c_size_t(len(report)))


# From here on there are few frames below a script's own.
scripts, place = main()
scripts.run(place)
