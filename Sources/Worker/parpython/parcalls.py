# What a worker of Python does for the tasks of a lease of the package `pard`: it unpickles a call, calls, and pickles what came
# of it. The package's other half is in Sources/Client/Python; `_wire.py` there says what the bytes mean. For CPython 3.9 and later;
# nothing but the standard library.
#
# A worker calls `call` for each task, on its own thread, and `end` after the lease.

import ctypes
import faulthandler
import fcntl
import gc
import io
import mmap
import os
import pickle
import struct
import sys
import threading
import traceback
import weakref

# Clients that use it are known by a key that their lease's workers need.
import multiprocessing.process

# Of both halves: `_wire.py` has the same.
VERSION = 1
HEAD = struct.Struct("<BBHIIQ")
SPAN = struct.Struct("<IIQQQ")
PLACE = struct.Struct("<IIQQQ")
FULL = struct.Struct("<BBHIIIQ")
COUNT = struct.Struct("<I")
PROBE, CALL, KEYWORDS, EACH, EACH_OF_MANY, WHOLE = 0, 1, 2, 3, 4, 5
HAS_BUFFERS, HAS_SETUP, IN_MEMORY = 1, 2, 4
BUFFERS_THERE, BODY_THERE = 1, 2
PART = b"pardpart"
PART_HEAD = struct.Struct("<8sQQ")
PART_HEAD_SIZE = 64
VALUE, ERROR, PARTIAL, INITIALIZER, UNREACHABLE, FUNCTION = 1, 2, 3, 4, 5, 6
SHARED_TO_READ, SHARED_TO_WRITE = 1, 2
MEMORY = b"pardmem1"
MEMORY_HEAD = struct.Struct("<8sQQQ")
PAGE = 4096
# A buffer below this size is copied with the pickle.
LEAST_BUFFER = 16384
LARGE_PICKLE = 262144
ALIGNMENT = 64
# How much of a region may be free and have its pages, for the next results.
KEPT = 512 << 20

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")

# What a thread is at; `session` is its lease.
here = threading.local()
gate = threading.Lock()
# The leases that threads of this process work for, by their keys: the one that began last comes last. They have results and
# outputs of their own; what a process has only one of, such as its directory, is as the last one wants it.
sessions = {}
# sys.path as it is where there is none.
own_path = []


def watch_crashes():
    """Has crashes be told as before a lease. A runtime of the daemon's has its own way."""
    faulthandler.disable()


class Unreachable(Exception):
    """The client's memory can't be had from this process."""


class Memory:
    """Memory files of the client's that this process has mapped."""

    def __init__(self):
        self.maps = {}

    def map(self, pid, descriptor, token, writable=True):
        found = self.maps.get((token, writable))
        if found is not None:
            return found
        self.drop_closed()
        try:
            opened = os.open(f"/proc/{pid}/fd/{descriptor}", (os.O_RDWR if writable else os.O_RDONLY) | os.O_CLOEXEC)
            try:
                access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
                found = mmap.mmap(opened, os.fstat(opened).st_size, access=access)
            finally:
                os.close(opened)
            magic, own, _, _ = MEMORY_HEAD.unpack_from(found)
        except (OSError, ValueError, struct.error) as error:
            raise Unreachable(str(error)) from None
        if magic != MEMORY or own != token:
            raise Unreachable("another file has its number")
        self.maps[token, writable] = found
        return found

    def drop_closed(self):
        """Lets go what the client has. What a task has kept of it stays for as long as it is kept."""
        for key, mapped in list(self.maps.items()):
            if MEMORY_HEAD.unpack_from(mapped)[2]:
                self.maps.pop(key, None)


memory = Memory()


class Region:
    """The part of the client's memory file for results that is this process's, as long as it lives."""

    def __init__(self, pid, descriptor, token, size, count):
        self.file = os.open(f"/proc/{pid}/fd/{descriptor}", os.O_RDWR | os.O_CLOEXEC)
        self.lock = threading.Lock()
        self.size = size
        self.parts = []
        self.end = 0
        try:
            for number in range(count):
                try:
                    fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
                except OSError:
                    continue
                self.begin = PAGE + number * size
                self.map = mmap.mmap(self.file, size, offset=self.begin)
                break
            else:
                raise OSError("no region is free")
        except (OSError, ValueError):
            os.close(self.file)
            raise
        # What a process that had it before has left: the client may have it still.
        while self.end < size:
            word, room, _ = PART_HEAD.unpack_from(self.map, self.end)
            if word != PART or not 0 < room <= size - self.end:
                break
            self.parts.append((room, self.end))
            self.end += room

    def take(self, byte_count):
        """Takes so much room: where it begins in the region; None where there is none."""
        room = (PART_HEAD_SIZE + byte_count + PAGE - 1) // PAGE * PAGE
        with self.lock:
            free = [part for part in self.parts if not PART_HEAD.unpack_from(self.map, part[1])[2]]
            fitting = [part for part in free if room <= part[0] <= 2 * room]
            if fitting:
                own, offset = min(fitting)
            else:
                self.give_pages_back(free)
                if room > self.size - self.end:
                    return None
                own, offset = room, self.end
                self.end += room
                self.parts.append((own, offset))
            PART_HEAD.pack_into(self.map, offset, PART, own, 1)
            return offset + PART_HEAD_SIZE

    def give_pages_back(self, free):
        if sum(room for room, _ in free) <= KEPT:
            return
        for room, offset in free:
            if room > PAGE:
                try:
                    self.map.madvise(mmap.MADV_REMOVE, offset + PAGE, room - PAGE)
                except (OSError, ValueError):
                    return

    def close(self):
        self.map.close()
        os.close(self.file)


class Session:
    """A lease as one process sees it."""

    def __init__(self, pid, descriptor, token, setup):
        self.key = (pid, descriptor, token)
        self.setup = setup
        # Threads that are at it.
        self.threads = 0
        self.modules = set(sys.modules)
        self.is_as_new = setup["initializer"] is None
        self.output = None
        self.region = None
        self.crashes = None

    def enter(self):
        """Begins it: has the process be where the client is."""
        setup = self.setup
        if setup["version"] != VERSION:
            raise RuntimeError("the package pard and the daemon are of different versions: install those of one")
        if not sessions:
            own_path[:] = sys.path
        self.output = Output(setup["threads"] > 0)
        if setup["results"] is not None:
            try:
                self.region = Region(self.key[0], *setup["results"])
            except (OSError, ValueError):
                pass  # Results stand in the lease's memory then.
        if setup["crashes"] is not None:
            try:
                self.crashes = open(f"/proc/{self.key[0]}/fd/{setup['crashes']}", "ab", buffering=0)
            except OSError:
                pass
        self.take_over()
        numpy = sys.modules.get("numpy.random")
        if numpy is not None:
            numpy.seed()

    def take_over(self):
        """Has all that the process has one of be as the client has it."""
        setup = self.setup
        given = setup["path"]
        sys.path[:] = given + [entry for entry in own_path if entry not in given]
        for action, value in ((os.chdir, setup["directory"]), (os.umask, setup["umask"])):
            try:
                action(value)
            except OSError:
                pass
        own, wanted = os.environ, setup["environment"]
        for name in [name for name in own if name not in wanted and name not in THREAD_VARIABLES]:
            del own[name]
        for name, value in wanted.items():
            if own.get(name) != value:
                own[name] = value
        multiprocessing.process.current_process().authkey = setup["authkey"]
        if self.crashes is not None:
            faulthandler.enable(self.crashes, all_threads=False)

    def initialize(self):
        """What each worker does before its first task."""
        if self.setup["initializer"] is not None:
            function, arguments = pickle.loads(self.setup["initializer"])
            function(*arguments)

    def leave(self):
        """Ends it, once it is none of `sessions` any more. Returns whether the process is as it was before."""
        others = list(sessions.values())
        if self.output is not None:
            self.output.close(is_last=not others)
        if self.crashes is not None:
            watch_crashes()
            self.crashes.close()
        if self.region is not None:
            self.region.close()
        if others:
            others[-1].take_over()
        else:
            sys.path[:] = own_path
            memory.maps.clear()
        return self.is_as_new and not any(
            is_own(sys.modules[name]) for name in set(sys.modules) - self.modules if name in sys.modules
        )


def is_own(module):
    """Whether a module is neither Python's nor installed."""
    path = getattr(module, "__file__", None)
    if not isinstance(path, str):
        return False
    library = os.path.dirname(os.__file__) + os.sep
    return not (path.startswith(library) or "/site-packages/" in path or "/dist-packages/" in path)


class Output:
    """Keeps what tasks print. Of processes all that goes to descriptors 1 and 2, of threads what goes through sys.stdout."""

    LIMIT = 1 << 20

    def __init__(self, has_threads):
        self.streams = (sys.stdout, sys.stderr)
        self.saved = ()
        self.files = ()
        if has_threads:
            if not isinstance(sys.stdout, ThreadOutput):
                sys.stdout, sys.stderr = (ThreadOutput(index, stream) for index, stream in enumerate(self.streams))
            return
        for stream in self.streams:
            flush(stream)
        self.files = tuple(os.memfd_create(f"pard-output-{number}", os.MFD_CLOEXEC) for number in (1, 2))
        self.saved = tuple(os.dup(number) for number in (1, 2))
        for number, file in zip((1, 2), self.files):
            os.dup2(file, number)
        sys.stdout, sys.stderr = (
            io.TextIOWrapper(
                io.FileIO(number, "wb", closefd=False), "utf-8", "backslashreplace", write_through=True
            )
            for number in (1, 2)
        )

    def take(self):
        """What has been printed since the last time: two texts in bytes, or None."""
        if not self.files:
            pieces = getattr(here, "printed", None)
            if not pieces:
                return None
            here.printed = None
            return tuple(
                "".join(text for own, text in pieces if own == index).encode("utf-8", "backslashreplace")
                for index in (0, 1)
            )
        if os.lseek(1, 0, os.SEEK_CUR) == 0 and os.lseek(2, 0, os.SEEK_CUR) == 0:
            return None
        return tuple(self.read(file) for file in self.files)

    def read(self, file):
        size = os.lseek(file, 0, os.SEEK_CUR)
        text = os.pread(file, min(size, self.LIMIT), 0)
        os.lseek(file, 0, os.SEEK_SET)
        os.ftruncate(file, 0)
        return text if size <= self.LIMIT else text + f"\n[and {size - self.LIMIT} bytes more]\n".encode()

    def close(self, is_last):
        """is_last: whether no other lease of this process has its output kept."""
        if not self.files:
            if is_last and isinstance(sys.stdout, ThreadOutput):
                sys.stdout, sys.stderr = sys.stdout.stream, sys.stderr.stream
            return
        sys.stdout, sys.stderr = self.streams
        for number, saved in zip((1, 2), self.saved):
            os.dup2(saved, number)
            os.close(saved)
        for file in self.files:
            os.close(file)


class ThreadOutput(io.TextIOBase):
    """Stands in for sys.stdout or sys.stderr: keeps apart what each thread at a task prints."""

    def __init__(self, index, stream):
        self.index = index
        self.stream = stream

    def writable(self):
        return True

    def write(self, text):
        pieces = getattr(here, "printed", None)
        if pieces is None:
            pieces = here.printed = []
        pieces.append((self.index, text))
        return len(text)


def flush(stream):
    try:
        stream.flush()
    except (OSError, ValueError, AttributeError):
        pass


def call(view):
    """Does one task. Its input may be gone once this has returned. Returns the result's bytes."""
    length = HEAD.size + (view[2] | view[3] << 8)
    head = view[:length].tobytes()
    try:
        function = here.known.get(head)
    except AttributeError:
        function = here.known = {}
        function = None
    if function is None:
        try:
            function = get_ready(view, head)
        except Refusal as refusal:
            return full(*refusal.args)
    output = here.session.output
    # The usual call comes first: positional arguments without large buffers, and a small result.
    if head[1] == 0 and head[0] == CALL:
        try:
            value = function(*pickle.loads(view[length:]))
            data = dump(value)
            if type(data) is bytes:
                printed = output.take()
                if printed is None and len(data) < LARGE_PICKLE:
                    return data
                return full(VALUE, data, printed=printed)
            value = None
            result = (VALUE, *data)
        except BaseException as error:
            result = (ERROR, explain(error))
        return write(result, False, output.take())
    spans = []
    result = perform(function, view, head, length, spans)
    kept = any(span() is not None for span in spans)
    if kept:
        # Maybe by what only a collection finds.
        gc.collect()
        kept = any(span() is not None for span in spans)
    return write(result, kept, output.take())


def perform(function, view, head, length, spans):
    """Does a task of any kind: its status, and the result's pickle with its buffers."""
    kind, flags = head[0], head[1]
    try:
        if flags & HAS_SETUP:
            length += COUNT.size + COUNT.unpack_from(view, length)[0]
        buffers = None
        if flags & HAS_BUFFERS:
            (count,) = COUNT.unpack_from(view, length)
            length += COUNT.size
            buffers = [borrow(*SPAN.unpack_from(view, length + index * SPAN.size), spans) for index in range(count)]
            length += count * SPAN.size
        data = view[length:]
        if flags & IN_MEMORY:
            # Kept by nobody: what it is unpickled to is a copy.
            descriptor, _, token, offset, size = SPAN.unpack_from(data)
            data = memoryview(memory.map(here.session.key[0], descriptor, token))[offset : offset + size]
        given = pickle.loads(data, buffers=buffers)
        buffers = data = None
        if kind in (EACH, EACH_OF_MANY):
            return call_each(function, given, kind == EACH)
        if kind == WHOLE:
            function, positional, keywords = given
        elif kind == KEYWORDS:
            positional, keywords = given
        else:
            positional, keywords = given, {}
        given = None
        value = function(*positional, **keywords)
        positional = keywords = None
        data = dump(value)
        return (VALUE, data) if type(data) is bytes else (VALUE, *data)
    except Unreachable as error:
        return UNREACHABLE, str(error).encode()
    except BaseException as error:
        return ERROR, explain(error)


def call_each(function, items, is_single):
    """Calls the function for each item, up to the first one that fails."""
    values = []
    add = values.append
    try:
        if is_single:
            for item in items:
                add(function(item))
        else:
            for item in items:
                add(function(*item))
    except BaseException as error:
        return partial(values, explain(error))
    try:
        data = dump(values)
        return (VALUE, data) if type(data) is bytes else (VALUE, *data)
    except BaseException as error:
        for index, value in enumerate(values):
            try:
                dump(value)
            except BaseException as own:
                return partial(values[:index], explain(own))
        return ERROR, explain(error)


def partial(values, explanation):
    try:
        return PARTIAL, pickle.dumps((pickle.dumps(values, 5), explanation))
    except BaseException as error:
        return ERROR, explain(error)


def borrow(descriptor, flags, token, offset, size, spans):
    """A buffer of the client's memory. What is this task's own is watched, for it may keep it."""
    mapped = memory.map(here.session.key[0], descriptor, token, flags != SHARED_TO_READ)
    if flags:
        return memoryview(mapped)[offset : offset + size]
    own = (ctypes.c_char * size).from_buffer(mapped, offset)
    spans.append(weakref.ref(own))
    return memoryview(own).cast("B")


class Refusal(Exception):
    """Why a task can't be begun: arguments of `full`."""


def get_ready(view, head):
    """What a call needs that this thread has not had before: the lease's settings, and the function."""
    kind, flags, length, pid, descriptor, token = HEAD.unpack_from(head)
    key = (pid, descriptor, token)
    if kind == PROBE:
        try:
            memory.map(pid, descriptor, token)
        except Unreachable as error:
            raise Refusal(UNREACHABLE, str(error).encode()) from None
        raise Refusal(VALUE, pickle.dumps(VERSION))
    last = getattr(here, "session", None)
    if last is not None and last.key != key:
        end()
        last = None
    if last is None:
        with gate:
            session = sessions.get(key)
            if session is None:
                session = begin(key, view, head)
            session.threads += 1
        here.known = {}
        here.printed = None
        here.session = session
        here.failure = None
        try:
            session.initialize()
        except BaseException as error:
            here.failure = text_of(error)
    if here.failure is not None:
        # Each task hears of it: nothing runs on a worker that is not as it should be.
        raise Refusal(INITIALIZER, here.failure.encode("utf-8", "backslashreplace"))
    if kind == WHOLE:
        function = call
    else:
        try:
            function = find_function(head[HEAD.size :])
        except Unreachable as error:
            raise Refusal(UNREACHABLE, str(error).encode()) from None
        except BaseException as error:
            raise Refusal(FUNCTION, explain(error)) from None
    if not flags & HAS_SETUP:
        here.known[head] = function
    return function


def begin(key, view, head):
    """Has this process work for a lease."""
    try:
        session = Session(*key, read_setup(view, head))
    except Unreachable as error:
        raise Refusal(UNREACHABLE, str(error).encode()) from None
    try:
        session.enter()
    except BaseException as error:
        text = text_of(error).encode("utf-8", "backslashreplace")
        session.leave()
        raise Refusal(INITIALIZER, text) from None
    sessions[key] = session
    return session


def read_setup(view, head):
    _, flags, _, pid, descriptor, token = HEAD.unpack_from(head)
    if flags & HAS_SETUP:
        begin = len(head) + COUNT.size
        return pickle.loads(view[begin : begin + COUNT.unpack_from(view, len(head))[0]])
    mapped = memory.map(pid, descriptor, token)
    return pickle.loads(mapped[PAGE : PAGE + MEMORY_HEAD.unpack_from(mapped)[3]])


def find_function(text):
    """The function that a text stands for: its pickle, or where that stands."""
    if text[:1] == b"R":
        return pickle.loads(text[1:])
    here.session.is_as_new = False
    if text[:1] == b"V":
        return pickle.loads(text[1:])
    descriptor, _, token, offset, size = PLACE.unpack_from(text, 1)
    mapped = memory.map(here.session.key[0], descriptor, token)
    return pickle.loads(mapped[offset : offset + size])


def dump(value):
    """A value's pickle, or the pickle and its large buffers."""
    buffers = []

    def add(buffer):
        if buffer.raw().nbytes < LEAST_BUFFER:
            return True
        buffers.append(buffer.raw())
        return False

    try:
        data = pickle.dumps(value, 5, buffer_callback=add)
    except (pickle.PicklingError, AttributeError, TypeError):
        # What has been sent by value can be sent back so.
        cloudpickle = sys.modules.get("cloudpickle")
        if cloudpickle is None:
            raise
        buffers.clear()
        try:
            data = cloudpickle.dumps(value, 5, buffer_callback=add)
        except BaseException:
            cloudpickle = None
        if cloudpickle is None:
            raise
    return (data, buffers) if buffers else data


def text_of(error):
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals is globals():
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))


def explain(error):
    """An exception as bytes: itself where it can be pickled and unpickled, its type, its text, its traceback."""
    try:
        trace = text_of(error)
    except BaseException:
        trace = f"{type(error).__name__} (its traceback can't be written)\n"
    try:
        text = str(error)
    except BaseException:
        text = "(it has no text)"
    try:
        data = dump(error.with_traceback(None))
        data = data if type(data) is bytes else pickle.dumps(error, 5)
        if not isinstance(pickle.loads(data), BaseException):
            data = None
    except BaseException:
        data = None
    return pickle.dumps((data, type(error).__module__, type(error).__qualname__, text, trace))


def full(status, body, buffers=(), kept=False, printed=None):
    """A result with all that may belong to one."""
    out, err = printed or (b"", b"")
    there = 0
    session = getattr(here, "session", None)
    region = None if session is None else session.region
    if region is not None and (buffers or len(body) >= LARGE_PICKLE):
        put, there = ([memoryview(body)], BODY_THERE) if not buffers else (buffers, BUFFERS_THERE)
        spans, size = lay_out(put, 0)
        place = region.take(size)
        if place is None:
            there = 0
        else:
            for buffer, (begin, size) in zip(put, spans):
                region.map[place + begin : place + begin + size] = buffer
            spans = [(region.begin + place + begin, size) for begin, size in spans]
            body = body if buffers else b""
            buffers = ()
    if not there:
        spans, offset = lay_out(buffers, FULL.size + 16 * len(buffers) + len(body) + len(out) + len(err))
    head = FULL.pack(status, kept, there, len(spans), len(out), len(err), len(body))
    head += b"".join(struct.pack("<QQ", *span) for span in spans) + body + out + err
    if not buffers:
        return head
    target = bytearray(offset)
    target[: len(head)] = head
    for buffer, (begin, size) in zip(buffers, spans):
        target[begin : begin + size] = buffer
    return bytes(target)


def lay_out(buffers, offset):
    """Where buffers stand one behind the other, each aligned: their places and the end."""
    spans = []
    for buffer in buffers:
        offset = (offset + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
        spans.append((offset, buffer.nbytes))
        offset += buffer.nbytes
    return spans, offset


def write(result, kept, printed):
    status, body, *buffers = result
    if status == VALUE and not kept and printed is None and not buffers and len(body) < LARGE_PICKLE:
        return body
    return full(status, body, buffers[0] if buffers else (), kept, printed)


def end():
    """Ends what a lease has begun on this thread. Returns whether the process can serve another one as if it were new."""
    session = getattr(here, "session", None)
    here.__dict__.clear()
    with gate:
        if session is None:
            return True
        session.threads -= 1
        if session.threads > 0:
            return True
        del sessions[session.key]
        return session.leave()
