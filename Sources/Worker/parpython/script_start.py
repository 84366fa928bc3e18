# How a script is found and run.

import importlib.machinery
import linecache
import os
import runpy
import sys


def absolute(path):
    """As CPython makes a script's path absolute: nothing else of it is changed."""
    if path.startswith("/"):
        return path
    return os.path.join(os.getcwd(), path)


def start(order, path):
    if path is not None and order.kind != "file":
        sys.path.insert(0, path)
    main = sys.modules["__main__"].__dict__
    if order.kind == "module":
        return runpy._run_module_as_main(order.script)
    if order.kind == "command":
        text = order.script + "\n"
        if sys.version_info >= (3, 14):
            import textwrap

            text = textwrap.dedent(text)
        code = compile(text, "<string>", "exec", dont_inherit=True)
        if sys.version_info >= (3, 13):
            linecache._register_code(code if hasattr(linecache, "_interactive_cache") else "<string>", text, "<string>")
        del text
        return exec(code, main)
    if order.kind == "input":
        main["__file__"] = "<stdin>"
        if sys.version_info < (3, 15):
            main["__cached__"] = None
        return exec(compile(read_input(), "<stdin>", "exec", dont_inherit=True), main)
    name = absolute(order.script)
    if importer(name):
        sys.path.insert(0, name)
        return runpy._run_module_as_main("__main__", False)
    if path is not None:
        sys.path.insert(0, path)
    try:
        with open(name, "rb", 0) as file:
            text = file.readall()
    except OSError as error:
        sys.stderr.write(f"{order.line[0]}: can't open file {name!r}: [Errno {error.errno}] {error.strerror}\n")
        raise SystemExit(2) from None
    main["__file__"] = name
    if sys.version_info < (3, 15):
        main["__cached__"] = None
    main["__loader__"] = importlib.machinery.SourceFileLoader("__main__", name)
    code = compile(text, name, "exec", dont_inherit=True)
    del text
    exec(code, main)


def importer(name):
    """Whether modules can be loaded from the script, as it is a directory or an archive."""
    for hook in sys.path_hooks:
        try:
            sys.path_importer_cache[name] = hook(name)
            return True
        except ImportError:
            pass
    sys.path_importer_cache[name] = None
    return False


def read_input():
    pieces = []
    while True:
        piece = os.read(0, 1 << 16)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
