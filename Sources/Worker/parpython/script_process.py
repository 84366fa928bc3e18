# How a process takes over what the script's caller has.

import os
import resource
import signal
import sys
import time

# Of RLIMIT_LOCKS the daemon makes use; nothing else does.
UNUSED_LIMIT = 10


def become(order, files):
    """Takes over what the caller has. Returns the first place where the script's modules are; None for none."""
    os.setpgid(0, 0)
    os.fchdir(files[3])
    for place in range(3):
        os.dup2(files[place], place)
    # What modules have opened as they were loaded is theirs.
    close_all((*files[:4], files[5]))
    with open("/proc/self/comm", "wb", 0) as name:
        name.write(os.fsencode(os.path.basename(sys.executable))[:15])
    os.umask(order.umask)
    take_environment(order.environment)
    take_signals(order)
    take_limits(order)
    return take_line(order)


def take_environment(wanted):
    environment = os.environb
    # As they are, which is compared at once.
    own = environment._data
    if own == wanted:
        return
    zone = own.get(b"TZ")
    for name in own.keys() - wanted.keys():
        del environment[name]
    for name, value in wanted.items():
        if own.get(name) != value:
            environment[name] = value
    if own.get(b"TZ") != zone:
        time.tzset()


def take_signals(order):
    if signal.SIGINT not in order.ignored:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in order.ignored:
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, order.blocked)


def take_limits(order):
    take_oom_score(order)
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


def take_oom_score(order):
    """Gives it the caller's oom_score_adj, as a worker's is higher. Where the system has set a minimum above that, it gets the
    daemon's."""
    try:
        score = os.open("/proc/self/oom_score_adj", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return
    own = int(os.read(score, 16))
    for wanted in order.oom:
        try:
            if own != wanted:
                os.pwrite(score, b"%d" % wanted, 0)
            break
        except OSError:
            continue
    os.close(score)


def close_all(numbers):
    for number in numbers:
        try:
            os.close(number)
        except OSError:
            pass
