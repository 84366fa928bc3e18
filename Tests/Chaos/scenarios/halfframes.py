"""Clients that send half a frame and wait."""
import select
import time

import procs
import wire
from bystander import Bystander
from daemon import Daemon
from figures import size_text, time_text

SUMMARY = "clients that send half a frame and wait: dropped in time, others served"

# How long the daemon may wait for the rest of a frame, in seconds.
PATIENCE = 75.0
# The same where a test has no time for that; then it is only told how many were dropped.
SHORT = 4.0
SMALL, LARGE = 4096, 12 << 20
# So many send large halves: more than may be on their way at a time.
LARGE_ONES = 12
LIMIT = 0.01
# What a whole call of some size may take meanwhile, in seconds.
CALL_PATIENCE = 20.0
FRAME = b'{"method":"org.pard.Control.Nothing","parameters":{"x":"'


def half(stage, number):
    """A frame's beginning: of a few bytes, or of many."""
    if number < LARGE_ONES:
        return FRAME + b"x" * stage.random.randint(2 << 20, LARGE)
    return (FRAME + b"x" * SMALL)[: stage.random.randint(1, SMALL)]


def run(stage, report):
    clients = stage.size(200, 60)
    with Daemon(stage) as daemon:
        daemon.run(threads=2)
        before = daemon.descriptors()
        links, refused = [], 0
        with Bystander(stage, daemon.socket) as bystander:
            begin = time.monotonic()
            for number in range(clients):
                link = wire.connect(daemon.socket, 5)
                links.append(link)
                try:
                    link.sendall(half(stage, number))
                except OSError:
                    # Whoever is refused room for a large frame is hung up on, or not read from.
                    refused += 1
            large_call(daemon, report)
            dropped = await_drops(links, begin, SHORT if stage.is_short else PATIENCE)
            report.tell("memory", daemon.memory(), f"{size_text(daemon.memory()['anon'])} of its own")
            bystander.judge(report, "bystander", "bystander", stage.time(LIMIT))
        report.tell("dropped", {"count": len(dropped), "first": min(dropped, default=None), "last":
                                max(dropped, default=None), "refused": refused},
                    f"{len(dropped)} of {clients} dropped"
                    + (f" after {time_text(min(dropped))} to {time_text(max(dropped))}" if dropped else ""))
        if not stage.is_short:
            report.check(len(dropped) == clients,
                         f"{clients - len(dropped)} of {clients} were not dropped after {PATIENCE:.0f} s")
        for link in links:
            link.close()
        if not report.check(daemon.is_alive, f"the daemon ended: {daemon.end_text()}"):
            return
        after = procs.eventually(lambda: (count := daemon.descriptors()) <= before and count, 5)
        report.check(after, f"the daemon had {before} descriptors and has {daemon.descriptors()}")


def large_call(daemon, report):
    """Somebody else's large call, in one piece, is answered: halves don't lock it out for longer than their deadline."""
    frame, begin, answer = FRAME + b"x" * (4 << 20) + b'"}}\0', time.monotonic(), None
    while time.monotonic() - begin < CALL_PATIENCE:
        try:
            with daemon.connection(patience=CALL_PATIENCE) as connection:
                connection.send(frame)
                connection.reply()
        except wire.CallError as error:
            answer = error.name
            if answer != "Busy":
                break
        except (wire.Gone, OSError) as error:
            answer = f"{type(error).__name__} {error}"
        time.sleep(0.2)
    took = time.monotonic() - begin
    report.tell("large_call", {"seconds": took, "answer": answer}, f"a 4 MiB call answered after {time_text(took)}")
    report.check(answer == "MethodNotFound", f"a 4 MiB call beside the halves: {answer} after {time_text(took)}")


def await_drops(links, begin, patience):
    """When each was hung up on, in seconds since `begin`."""
    hangups, dropped = select.poll(), []
    for link in links:
        hangups.register(link.fileno(), select.POLLRDHUP)
    while len(dropped) < len(links) and (rest := begin + patience - time.monotonic()) > 0:
        for descriptor, _ in hangups.poll(rest * 1000):
            hangups.unregister(descriptor)
            dropped.append(time.monotonic() - begin)
    return dropped
