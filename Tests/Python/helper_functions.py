"""What the tests have workers call."""

import ctypes
import faulthandler
import os
import sys
import threading
import time

_local = threading.local()
_held = None


class Boom(Exception):
    pass


class Unsendable(Exception):
    """Can't be pickled."""

    def __init__(self, words):
        super().__init__(words)
        self.lock = threading.Lock()


class NeverBack(Exception):
    """Can be pickled, and not unpickled."""

    def __init__(self, words, kind=None):
        super().__init__(words)
        self.kind = kind

    def __reduce__(self):
        return NeverBack, ()


def square(x):
    return x * x


def total(values):
    return sum(values) if isinstance(values, list) else float(values.sum())


def boom(words, kind=Boom):
    raise kind(words)


def recurse():
    return recurse()


def refuse_pickling():
    return threading.Lock()


def crash():
    faulthandler._sigsegv()


def nap(seconds):
    time.sleep(seconds)
    return os.getpid()


def slowly(x):
    time.sleep(0.002)
    return x


def say(words):
    print(words)
    return words


def say_of(data):
    """Says how much it was given, and returns its two ends."""
    print(len(data))
    return data[:1] + data[-1:]


def hold(value, path):
    """Returns the value once a FIFO has been read to its end."""
    with open(path, "rb") as fifo:
        fifo.read()
    return value


def place(name):
    return os.getcwd(), os.environ.get(name)


def initialize(word):
    _local.count = getattr(_local, "count", 0) + 1


def count_of_initializations(seconds):
    time.sleep(seconds)
    return _local.count


def printing(out, err):
    print(out)
    print(err, file=sys.stderr)


def note(folder):
    open(os.path.join(folder, f"{os.getpid()}-{threading.get_ident()}-{time.monotonic_ns()}"), "x").close()


def keep(array):
    """Keeps an array, and returns the sum of the one that it has kept."""
    global _held
    if array is None:
        return float(_held.sum())
    _held = array


def held_by_worker(value):
    return threading.Lock() if value is None else value


def bump(array):
    array += 1
    return float(array.sum())


def is_read_only(array):
    return not array.flags.writeable


def cpu_heavy(n):
    count = 0
    for i in range(n):
        count += i
    return count


def noop(i):
    return i


def array_first(array):
    return float(array[0])


def array_double(array):
    return array * 2


def kill_self(number):
    os.kill(os.getpid(), number)
    time.sleep(60)


def tell_pid(folder):
    with open(os.path.join(folder, "part"), "w", encoding="ascii") as file:
        file.write(str(os.getpid()))
    os.rename(os.path.join(folder, "part"), os.path.join(folder, "pid"))


def tell_pid_and_sleep(folder, seconds):
    tell_pid(folder)
    time.sleep(seconds)


def tell_pid_and_loop(folder):
    tell_pid(folder)
    while True:
        pass


def tell_pid_and_hold_the_gil(folder):
    """A loop in C that lets no other thread run, and hears of no signal."""
    tell_pid(folder)
    return sum(range(10**13))


def processors_seen():
    """Of each processor that this thread may use: its number, and the one that the C library finds it on."""
    library = ctypes.CDLL(None)
    allowed = os.sched_getaffinity(0)
    seen = []
    try:
        for processor in sorted(allowed):
            os.sched_setaffinity(0, {processor})
            seen.append((processor, library.sched_getcpu()))
    finally:
        os.sched_setaffinity(0, allowed)
    return seen


def die_of_every(count, number):
    if number % count == 0:
        os._exit(1)
    return number
