"""`python -m pard`: what was found of the daemon, the interpreter and the pools."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Any, Dict, List, Optional

from . import _daemon, _open, __version__
from ._errors import PardError


def lines() -> List[str]:
    """All there is to say."""
    said = [f"package      pard {__version__}, {os.path.dirname(os.path.abspath(__file__))}"]
    turns = getattr(sys, "_is_gil_enabled", lambda: True)()
    said.append(
        f"interpreter  {_open.interpreter()}, Python {sys.version.split()[0]}, "
        + ("threads take turns (GIL)" if turns else "threads run at the same time (no GIL)")
    )
    for name, use in (("cloudpickle", "functions of the main program, lambdas and closures can be sent"),
                      ("numpy", "arrays can be shared"), ("joblib", "pard.joblib"), ("distributed", "pard.dask")):
        said.append(f"             {name}: " + (use if _has(name) else "not installed"))
    daemon = _daemon.find(may_start=False)
    if daemon is None:
        said.append(f"daemon       none at {' or '.join(_daemon.places())}: each program starts one of its own")
        return said
    status = daemon.status()
    said.append(
        f"daemon       {daemon.path}, pard {status['version']}, {status['state']}, process {status['pid']}, "
        f"{status['workers']} workers, {status['workers_busy']} of them busy"
    )
    said.append(f"             library {daemon.library('libparlease.so')}")
    said += [_pool(pool) for pool in daemon.call("ListPools")["pools"]]
    said += [f"runtime      {one['name']}: {one['state']}" + (f", {one['reason']}" if one.get("reason") else "")
             for one in status.get("runtimes", [])]
    return said


def _has(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _pool(pool: Dict[str, Any]) -> str:
    return f"pool         {pool['name']}: {pool['ready']} of {pool['size']} {pool['unit']} ready, {pool['busy']} busy"


def main(arguments: Optional[List[str]] = None) -> int:
    if arguments if arguments is not None else sys.argv[1:]:
        print("usage: python -m pard   (says what was found of the daemon, the interpreter and the pools)", file=sys.stderr)
        return 64
    try:
        print("\n".join(lines()))
    except PardError as error:
        print(f"pard: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
