"""What /proc tells of processes, and how to end those that are ours."""
import os
import signal
import time

TICKS = os.sysconf("SC_CLK_TCK")
# What a question of eventually() counts for at most, in seconds.
LONGEST_QUESTION = 0.2


def read(path):
    """A file of /proc; empty where the process is gone or nobody's to read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def stat(pid):
    """The fields of /proc/PID/stat from the state on; empty where the process is gone."""
    text = read(f"/proc/{pid}/stat")
    return text[text.rfind(b")") + 2 :].split()


def is_alive(pid):
    """Whether a process is there. A zombie has ended: it only waits for its parent to be told."""
    fields = stat(pid)
    return bool(fields) and fields[0] not in (b"Z", b"X")


def name(pid):
    return read(f"/proc/{pid}/comm").strip().decode(errors="replace")


def threads(pid):
    """The thread IDs of a process."""
    try:
        return [int(thread) for thread in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []


def children(pid, prefix=""):
    """The living children of a process whose names begin with `prefix`."""
    found = []
    for thread in threads(pid):
        for child in read(f"/proc/{pid}/task/{thread}/children").split():
            if name(int(child)).startswith(prefix) and is_alive(int(child)):
                found.append(int(child))
    return found


def descriptors(pid):
    """How many descriptors a process has open."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def memory(pid):
    """Resident bytes of a process by kind: all, anon, file, shmem."""
    kinds = {b"VmRSS": "all", b"RssAnon": "anon", b"RssFile": "file", b"RssShmem": "shmem"}
    found = dict.fromkeys(kinds.values(), 0)
    for line in read(f"/proc/{pid}/status").splitlines():
        key, _, value = line.partition(b":")
        if key in kinds:
            found[kinds[key]] = int(value.split()[0]) << 10
    return found


def processor_seconds(pid):
    """The processor time that a process has taken, its children apart."""
    fields = stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS if fields else 0.0


def holding(token):
    """The living processes in whose arguments or environment `token` stands, as {pid: arguments}."""
    wanted, found, own = token.encode(), {}, os.getpid()
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == own:
            continue
        line = read(f"/proc/{entry}/cmdline")
        if wanted not in line and wanted not in read(f"/proc/{entry}/environ"):
            continue
        if is_alive(entry):
            found[int(entry)] = line.rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
    return found


def send_signal(pid, number, expected=None):
    """Signals a process through a descriptor of it, so that no other that got its number is hit.

    `expected`: what its parent has to be. Returns whether it was signalled.
    """
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        fields = stat(pid)
        if not fields or fields[0] in (b"Z", b"X") or (expected is not None and int(fields[1]) != expected):
            return False
        signal.pidfd_send_signal(handle, number)
        return True
    except OSError:
        return False
    finally:
        os.close(handle)


def end_holders(token):
    """Kills all processes that hold the token, and waits a moment for their ends. Returns how many were left."""
    for _ in range(100):
        left = holding(token)
        if not left:
            return 0
        for pid in left:
            send_signal(pid, signal.SIGKILL)
        time.sleep(0.02)
    return len(left)


def eventually(condition, within, pause=0.01):
    """Asks until it is so, for at most `within` seconds; returns the last answer.

    A question counts for LONGEST_QUESTION at most: where the machine holds everybody up for longer, the rest is not counted.
    """
    left = within
    while True:
        begin = time.monotonic()
        answer = condition()
        if answer or left < 0:
            return answer
        time.sleep(pause)
        left -= min(time.monotonic() - begin, pause + LONGEST_QUESTION)
