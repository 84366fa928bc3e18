# How an interpreter looks as if it had been started with the script's command line.

import importlib.machinery
import io
import os
import sys
import types


def take_line(order):
    """Has the interpreter look as if it had been started with this command line."""
    if order.kind == "command":
        try:
            order.script.encode("utf-8")
        except UnicodeEncodeError:
            raise Unfit("the command is no UTF-8") from None
    if hasattr(sys, "orig_argv"):
        sys.orig_argv = order.line
    first = {"command": ["-c"], "module": ["-m"], "file": [order.script], "input": ["-"]}[order.kind]
    if order.kind == "input" and order.line[-1:] != ["-"] and not order.own:
        first = [""]
    sys.argv = first + order.own
    path = first_place(order)
    places = ([path] if path is not None else []) + own_places()
    shadow(places)
    make_streams(order.unbuffered)
    main = types.ModuleType("__main__")
    main.__dict__.clear()
    main.__dict__.update(State.main)
    if "__annotations__" in State.main:
        main.__dict__["__annotations__"] = {}
    sys.modules["__main__"] = main
    sys.setrecursionlimit(State.recursion + depth())
    return path


def depth():
    frame, count = sys._getframe(), 0
    while frame is not None:
        frame, count = frame.f_back, count + 1
    # Three of them are of this call; below the script stand two of its beginning instead. Before CPython 3.12, each call
    # of exec() counts by itself.
    return count - 3 + 2 + (2 if sys.version_info < (3, 12) else 0)


def first_place(order):
    if getattr(sys.flags, "safe_path", False):
        return None
    if order.kind == "module":
        return os.getcwd()
    if order.kind == "file":
        if os.path.isfile(order.script):
            return os.path.dirname(os.path.realpath(order.script))
        return absolute(order.script)
    return ""


def own_places():
    """What stands before the standard library in the path."""
    library = os.path.dirname(os.__file__)
    places = []
    for place in sys.path:
        if place.startswith(library) or place.endswith(".zip"):
            break
        places.append(place)
    return places


def shadow(places):
    """Refuses where a script would find another module by the name of one that is loaded."""
    for place in places:
        try:
            names = {name.partition(".")[0] for name in os.listdir(place or ".")}
        except OSError:
            continue
        for name in names & State.loaded:
            spec = importlib.machinery.PathFinder.find_spec(name, [place or os.getcwd()])
            own = getattr(sys.modules.get(name), "__file__", None)
            if spec is not None and spec.loader is not None and spec.origin != own:
                raise Unfit(f"{spec.origin} stands before the module {name} that is loaded")


def make_streams(unbuffered):
    """The standard streams, as an interpreter makes them."""
    made = []
    for place, name in enumerate(("<stdin>", "<stdout>", "<stderr>")):
        writes = place > 0
        stream = io.open(place, "wb" if writes else "rb", 0 if unbuffered and writes else -1, None, None, None, False)
        raw = stream if unbuffered and writes else stream.raw
        raw.name = name
        encoding, errors = State.encodings[place]
        lines = not unbuffered and (raw.isatty() or place == 2)
        text = io.TextIOWrapper(stream, encoding, errors, "\n", lines, unbuffered)
        text.mode = "w" if writes else "r"
        made.append(text)
    sys.stdin, sys.stdout, sys.stderr = made
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = made
