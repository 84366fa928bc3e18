"""What a scenario has measured and whether that is what was promised."""
import sys

# How many failed checks are told of one scenario; the rest is counted.
MOST_TOLD = 12


class Skipped(Exception):
    """The scenario can't be tried here; says why."""


class Report:
    """One scenario's: figures, and checks that hold or don't."""

    def __init__(self, name, is_verbose):
        self.name = name
        self.is_verbose = is_verbose
        self.figures = {}
        self.texts = []
        self.failures = []
        self.checks = 0
        self.log = []
        self.skipped = None
        self.seconds = 0.0

    def tell(self, key, value, text=None):
        """Notes a figure by name; `text` is what the scenario's line says of it."""
        self.figures[key] = value
        if text:
            self.texts.append(text)
        self.note(f"{key} = {value}")

    def check(self, holds, text):
        """Notes a failure unless it holds; `text` says what was seen. Returns whether it held."""
        self.checks += 1
        if not holds:
            self.failures.append(text)
            self.note(f"FAILED: {text}")
        return bool(holds)

    def note(self, text):
        if self.is_verbose:
            print(f"  {self.name}: {text}", file=sys.stderr, flush=True)

    @property
    def verdict(self):
        if self.failures:
            return "FAILED"
        return "skipped" if self.skipped else "ok"

    def lines(self):
        """The scenario's line, and one for each failed check."""
        said = self.skipped if self.skipped and not self.texts else " · ".join(self.texts)
        yield f"{self.name:<12} {self.verdict:<8} {said} ({self.seconds:.1f} s)"
        for failure in self.failures[:MOST_TOLD]:
            yield f"    {failure}"
        if len(self.failures) > MOST_TOLD:
            yield f"    … and {len(self.failures) - MOST_TOLD} more"
        if self.failures and self.log:
            yield "    the daemon's last lines:"
            for line in self.log:
                yield f"      {line[:400]}"

    def json(self):
        return {
            "scenario": self.name, "verdict": self.verdict, "seconds": round(self.seconds, 3), "figures": self.figures,
            "checks": self.checks, "failures": self.failures, "skipped": self.skipped, "log": self.log,
        }
