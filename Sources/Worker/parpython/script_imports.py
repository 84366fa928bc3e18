# What loading modules takes, for those who ask.

import importlib._bootstrap
import os
import sys
import time

WATCHED = """
def _find_and_load(name, import_):
    begun = clock()
    try:
        return inner(name, import_)
    finally:
        if name in modules and name not in found:
            found[name] = clock() - begun, getattr(modules[name], "__file__", None)
"""


def watch_imports(found):
    """Notes how long each module takes. The frames of it are taken for the interpreter's own, which no traceback shows."""
    names = {
        "clock": time.monotonic_ns,
        "inner": importlib._bootstrap._find_and_load,
        "modules": sys.modules,
        "found": found,
    }
    exec(compile(WATCHED, "<frozen importlib._bootstrap>", "exec"), names)
    importlib._bootstrap._find_and_load = names["_find_and_load"]


LEAST_TOLD = 1_000_000
MOST_TOLD = 8


def longest(imports):
    """The modules of packages and of the standard library that took longest."""
    library = os.path.dirname(os.__file__)
    told = []
    for name, (taken, place) in sorted(imports.items(), key=lambda item: -item[1][0]):
        if taken < LEAST_TOLD or len(told) == MOST_TOLD:
            break
        if place is None or place.startswith(library) or "-packages/" in place:
            told.append((name, taken))
    return told
