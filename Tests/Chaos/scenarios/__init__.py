"""All scenarios by name, in the order in which they are run."""
import importlib

NAMES = (
    "kills", "queues", "zygotes", "daemons", "commands", "frames", "connections", "readers", "halfframes", "faults", "descriptors",
    "users", "leases", "interpreters", "scripts", "rates",
)
ALL = {name: importlib.import_module(f"scenarios.{name}") for name in NAMES}
