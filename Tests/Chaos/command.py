"""The command line: which scenarios, how large, and what is printed."""
import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback

import scenarios
from daemon import END_PATIENCE
from report import Report, Skipped
from stage import SOURCES, Stage

ROOT = os.path.dirname(os.path.dirname(SOURCES))
PROGRAMS = ("pard", "parctl", "parzygote", "parzygote-library")


def parser():
    width = max(len(name) for name in scenarios.ALL)
    listed = "\n".join(f"  {name:<{width}}  {module.SUMMARY}" for name, module in scenarios.ALL.items())
    parser = argparse.ArgumentParser(
        prog="Tests/chaos", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Tries hard to break pard from outside, and says of each scenario what was measured.",
        epilog=f"""scenarios:
{listed}

examples:
  Tests/chaos --short                   all of them, scaled down: within a minute on two cores
  Tests/chaos kills frames              two of them, in full
  Tests/chaos kills --scale 0.1         a tenth of the full size
  Tests/chaos --seed 7 frames           the same choices again
  Tests/chaos rates --beside ../old     the same with other programs, in turns
  Tests/chaos --json > chaos.json       everything that was measured

The choices that a seed stands for are what is sent and done, and in which order; when the kernel lets whom run is not
among them. Exit status: 0 all ok, 1 something failed, 2 wrong usage.""")
    parser.add_argument("scenario", nargs="*", help="which, by name (default: all)")
    parser.add_argument("--short", action="store_true", help="the short form")
    parser.add_argument("--seed", type=int, help="repeat the choices of another run")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies every size (default: 1)")
    parser.add_argument("--bin", metavar="DIR", help="where the programs are (default: .build/release)")
    parser.add_argument("--beside", metavar="DIR", help="other programs, that rates measures in turns with these")
    parser.add_argument("--json", action="store_true", help="print JSON rather than lines")
    parser.add_argument("-v", "--verbose", action="store_true", help="tell on standard error what is being done")
    return parser


def programs(given, usage):
    """The directory of the programs, absolute; ends with a message where one of them is not there."""
    folder = os.path.abspath(given or os.path.join(ROOT, ".build", "release"))
    for name in PROGRAMS:
        if not os.access(os.path.join(folder, name), os.X_OK):
            usage.error(f"{name} is not in {folder}: swift build -c release --static-swift-stdlib makes it")
    return folder


def attempt(name, stage, is_verbose):
    """Runs a scenario to its end, whatever happens, and clears up behind it."""
    report = Report(name, is_verbose)
    begin = time.monotonic()
    with stage:
        try:
            scenarios.ALL[name].run(stage, report)
        except Skipped as reason:
            report.skipped = str(reason)
        except Exception as error:
            places = traceback.extract_tb(error.__traceback__)
            where = [place for place in places if os.path.basename(place.filename) == name + ".py"][-1]
            report.check(False, f"{type(error).__name__}: {error} (at {where.filename}:{where.lineno}, {where.line})")
            if is_verbose:
                traceback.print_exc()
        if report.failures and stage.daemons:
            daemon = stage.daemons[-1]
            report.log = [f"({daemon.end_text()}, {daemon.log.lines} lines in all)", *daemon.log.last()]
    for daemon in stage.deaf:
        report.check(False, f"a daemon that was told to stop was still there after {END_PATIENCE:.0f} s")
    report.check(not stage.left_processes, f"processes left behind by a daemon that had ended: {stage.left_processes}")
    report.check(not stage.left_files, f"files left in TMPDIR by a daemon that had ended: {stage.left_files}")
    report.seconds = time.monotonic() - begin
    return report


def interrupted(number, _):
    raise KeyboardInterrupt(signal.Signals(number).name)


def main():
    # Whoever is started here hears Ctrl-C, also where a shell runs this in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    usage = parser()
    options = usage.parse_args()
    unknown = [name for name in options.scenario if name not in scenarios.ALL]
    if unknown:
        usage.error(f"no scenario {', '.join(unknown)}; there are {', '.join(scenarios.ALL)}")
    if options.scale <= 0:
        usage.error("--scale: above 0")
    folder = programs(options.bin, usage)
    beside = options.beside and programs(options.beside, usage)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGHUP, interrupted)
    if not options.json:
        print(f"seed {seed} · {'short' if options.short else 'full'} form · {folder}", flush=True)
    reports = []
    try:
        with tempfile.TemporaryDirectory(prefix="pard-chaos-tools-", dir="/tmp") as tools:
            for name in options.scenario or scenarios.ALL:
                stage = Stage(name, folder, tools, seed, options.short, options.scale, beside)
                report = attempt(name, stage, options.verbose)
                reports.append(report)
                if not options.json:
                    print("\n".join(report.lines()), flush=True)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    failed = [report.name for report in reports if report.failures]
    if options.json:
        print(json.dumps({"seed": seed, "short": options.short, "scale": options.scale, "programs": folder,
                          "scenarios": [report.json() for report in reports]}, indent=1))
    else:
        total = sum(report.seconds for report in reports)
        print(f"{len(reports) - len(failed)} of {len(reports)} scenarios without a fault, in {total:.0f} s"
              + (f"; again: Tests/chaos --seed {seed} {' '.join(failed)}" if failed else ""))
    return 1 if failed else 0
