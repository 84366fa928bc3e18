"""What a run of one no-op costs over an open connection, alone and among many clients; a client in C, see client.c."""
import contextlib
import json
import statistics
import subprocess

from daemon import Daemon
from figures import spread, time_text

SUMMARY = "runs a second of 64 clients, their fairness, and a run's time beside a ping's"

CLIENTS = 64
# What a run may take in pings, how fair clients have to be treated (deviation over mean), and how much more than other
# programs' is expected where there are some beside.
PINGS, FAIRNESS, GAIN = 4.0, 0.05, 3.0
# The same where there is no time for counts that are large enough to tell.
FAIRNESS_SHORT = 0.15
PATIENCE = 120.0


def run(stage, report):
    rounds, count = stage.size(7, 3), stage.size(4000, 1000)
    seconds = 2.0 if not stage.is_short else 0.7
    with contextlib.ExitStack() as stack:
        daemons = {"": stack.enter_context(Daemon(stage))}
        if stage.beside:
            daemons["beside "] = stack.enter_context(
                Daemon(stage, socket=stage.path("beside.sock"), programs=stage.beside))
        pairs, loads, crowds = ({name: [] for name in daemons} for _ in range(3))
        for _ in range(rounds):
            for name, daemon in daemons.items():
                pairs[name].append(ask(stage, "pair", daemon.socket, str(count)))
                loads[name].append(ask(stage, "load", daemon.socket, str(CLIENTS), str(seconds)))
                crowds[name].append(ask(stage, "crowd", daemon.socket, str(CLIENTS), str(seconds)))
        told = {name: tell(report, name, pairs[name], loads[name], crowds[name]) for name in daemons}
    single, rate, fairness = told[""]
    report.check(single <= PINGS, f"a run takes {single:.1f} pings, more than {PINGS:.0f}")
    report.check(fairness <= (FAIRNESS_SHORT if stage.is_short else FAIRNESS), f"clients' counts deviate by {fairness * 100:.1f} % of their mean")
    refused = sum(load["refused"] for load in loads[""] + crowds[""])
    report.check(not refused, f"{refused} runs did not end ok")
    if stage.beside:
        gain = rate / told["beside "][1]
        report.tell("gain", gain, f"{gain:.2f} times as many runs a second")
        report.check(gain >= GAIN, f"{gain:.2f} times as many runs a second as beside, less than {GAIN:.0f}")


def ask(stage, *words):
    """The line of figures that the client answers with."""
    done = subprocess.run([stage.tool("client"), *words], capture_output=True, text=True, timeout=PATIENCE,
                          env=stage.environment(), check=False)
    if done.returncode != 0:
        raise RuntimeError(f"client {' '.join(words)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def tell(report, name, pairs, loads, crowds):
    """Tells the medians of all rounds; returns a run's time in pings, runs a second, and the deviation of counts."""
    ping = statistics.median(pair["ping"]["p50"] for pair in pairs) / 1e9
    run_time = statistics.median(pair["run"]["p50"] for pair in pairs) / 1e9
    ratio = statistics.median(pair["run"]["p50"] / pair["ping"]["p50"] for pair in pairs)
    rate, apart = (statistics.median(load["total"] / load["seconds"] for load in some) for some in (loads, crowds))
    fairness = statistics.median(spread(load["counts"]) for load in loads)
    p99 = statistics.median(load["run"]["p99"] for load in loads) / 1e9
    report.tell(
        name.strip() or "own",
        {"ping_p50": ping, "run_p50": run_time, "ratio": ratio, "rate": rate, "rate_of_processes": apart,
         "fairness": fairness, "load_p99": p99},
        f"{name}one client: ping {time_text(ping)}, run {time_text(run_time)}, {ratio:.1f}×; {CLIENTS} in one process "
        f"{rate:,.0f} runs/s, fair to {fairness * 100:.1f} %, p99 {time_text(p99)}, in {CLIENTS} processes {apart:,.0f}")
    return ratio, rate, fairness
