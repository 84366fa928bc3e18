"""Scripts, and how they are started: python3 and parctl python must do the same with each."""

# Files that the cases use, by name.
FILES = {
    "place.py": """
        import sys
        print(sys.argv, sys.path[0], __name__, __file__, __package__, __spec__, __doc__, __loader__.__class__.__name__)
        print(sorted(name for name in globals() if name.startswith("_")))
    """,
    "raises.py": """
        def inner(value):
            raise ValueError(f"no {value}")


        def outer():
            inner("luck")


        outer()
    """,
    "chain.py": """
        try:
            {}["missing"]
        except KeyError as error:
            raise RuntimeError("the second") from error
    """,
    "context.py": """
        try:
            int("seven")
        except ValueError:
            len(5)
    """,
    "syntax.py": "total = (1 +\nprint total\n",
    "indent.py": "if True:\nprint(1)\n",
    "status.py": "import sys\nprint('before')\nsys.exit(3)\n",
    "message.py": "import sys\nsys.exit('it went wrong')\n",
    "large_status.py": "import sys\nsys.exit(519)\n",
    "abrupt.py": "import os, sys\nsys.stdout.write('lost')\nos._exit(9)\n",
    "killed.py": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "crash.py": "import ctypes, sys\nprint('here', flush=True)\nctypes.string_at(1)\n",
    "at_end.py": "import atexit\natexit.register(print, 'first registered')\natexit.register(print, 'second')\nprint('body')\n",
    "at_end_raises.py": "import atexit\ndef bad():\n    raise OSError('at the end')\natexit.register(bad)\nprint('body')\n",
    "threads.py": """
        import threading, time

        def late():
            time.sleep(0.05)
            print("a thread ends last")

        threading.Thread(target=late).start()
        print("main has ended")
    """,
    "daemon_thread.py": """
        import threading, time
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        print("nobody waits for it")
    """,
    "thread_raises.py": """
        import threading
        thread = threading.Thread(target=lambda: 1 / 0, name="divider")
        thread.start()
        thread.join()
        print("the others go on")
    """,
    "unflushed.py": "file = open('unflushed.txt', 'w')\nfile.write('kept')\nprint('written')\n",
    "finalizer.py": """
        class Told:
            def __init__(self, name):
                self.name = name

            def __del__(self):
                say(self.name)

        def say(text):
            print("gone:", text)

        one = Told("one")
        two = Told("two")
        print("body")
    """,
    "deep.py": "def down():\n    return down()\ndown()\n",
    "interrupt.py": "print('before')\nraise KeyboardInterrupt\n",
    "processes.py": """
        import multiprocessing, sys

        def square(number):
            return number * number

        if __name__ == "__main__":
            with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
                print(pool.map(square, range(6)))
    """,
    "executor.py": """
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

        def more(number):
            return number + 1

        if __name__ == "__main__":
            with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2) as processes:
                print(list(threads.map(more, range(4))), list(processes.map(more, range(4))))
    """,
    "child.py": """
        import subprocess, sys
        print(subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, text=True).stdout)
        sys.exit(subprocess.run(["sh", "-c", "exit 4"]).returncode)
    """,
    "forks.py": """
        import os
        print("before", flush=True)
        child = os.fork()
        if child:
            print("child ended with", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if hasattr(os, "waitstatus_to_exitcode") else os.waitpid(child, 0)[1])
        else:
            print("in the child")
            raise SystemExit(5)
    """,
    "variables.py": """
        import os, locale, sys
        print(os.environ.get("CASE"), os.environb[b"BYTES"], os.environ["HOME"], len(os.environ) == int(os.environ["COUNT"]))
        print(sys.stdin.encoding, sys.stdout.encoding, sys.stdout.errors, sys.stderr.errors, sys.getfilesystemencoding())
        print(locale.getpreferredencoding(False), sys.flags.utf8_mode, sys.stdout.line_buffering, sys.stderr.line_buffering)
    """,
    "reads.py": "import sys\nprint(sys.stdin.read().upper(), sys.stdin.isatty(), sys.stdin.mode, sys.stdin.name)\n",
    "asks.py": "print(input('name? ') + input())\n",
    "reads_bytes.py": "import sys\nprint(sys.stdin.buffer.readline(), sys.stdin.readline())\n",
    "mask.py": "import os\nmask = os.umask(0)\nprint(oct(mask), os.getcwd())\nopen('made', 'w').close()\nprint(oct(os.stat('made').st_mode))\nos.remove('made')\n",
    "limits.py": """
        import os, resource
        print([resource.getrlimit(getattr(resource, name)) for name in sorted(dir(resource)) if name.startswith("RLIMIT_")])
        print(os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0), open("/proc/self/oom_score_adj").read())
    """,
    "signals.py": """
        import signal
        for number in sorted(signal.valid_signals()):
            handler = signal.getsignal(number)
            if handler is not signal.SIG_DFL and handler is not None:
                print(number, handler)
        print(signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.set_wakeup_fd(-1), signal.getitimer(signal.ITIMER_REAL))
    """,
    "seeded.py": "import random\nrandom.seed(5)\nprint(random.random(), random.sample(range(99), 3))\n",
    "files.py": """
        import os
        files = {int(name): "/proc/self/fd/" + name for name in os.listdir("/proc/self/fd")}
        # Where ctypes is loaded, libffi may have its own open.
        print(sorted(n for n, name in files.items() if os.path.exists(name) and "libffi" not in os.readlink(name)))
    """,
    "loop.py": """
        import asyncio

        async def main():
            process = await asyncio.create_subprocess_exec("echo", "heard", stdout=asyncio.subprocess.PIPE)
            print(await process.communicate(), process.returncode)
            await asyncio.sleep(0.01)

        asyncio.run(main())
    """,
    "pickles.py": "import pickle\nclass Thing:\n    pass\nprint(type(pickle.loads(pickle.dumps(Thing()))), Thing.__module__)\n",
    "annotated.py": """
        from __future__ import annotations
        import dataclasses, typing

        count: int = 5

        @dataclasses.dataclass
        class Point:
            x: int = 1
            y: typing.Optional[Point] = None

        print(Point(), typing.get_type_hints(Point), __annotations__)
    """,
    "warns.py": "import warnings\nwarnings.warn('outdated', DeprecationWarning)\nwarnings.warn('beware')\n",
    "source.py": "import inspect\ndef one():\n    return 1\nprint(inspect.getsource(one), inspect.stack()[0].filename, inspect.getmodule(one))\n",
    "hook.py": "import sys\nsys.excepthook = lambda kind, value, trace: print('hooked', kind, value, trace.tb_lineno)\n1 / 0\n",
    "bad_hook.py": "import sys\ndef hook(*words):\n    raise TypeError('the hook itself')\nsys.excepthook = hook\n1 / 0\n",
    "collector.py": "import gc\nprint(gc.isenabled(), gc.get_threshold(), gc.callbacks)\n",
    "neighbour.py": "import beside\nprint(beside.VALUE, beside.__name__)\n",
    "beside.py": "VALUE = 7\n",
    "replaced.py": "import os, sys\nsys.stdout.flush()\nos.execv(sys.executable, [sys.executable, '-c', 'print(\"another program\")'])\n",
    "flags.py": "import sys\nprint(sys.flags, getattr(sys, 'orig_argv', None), sys.executable, sys.dont_write_bytecode, sys.getrecursionlimit() >= 1000)\n",
    "no_newline.py": "import sys\nsys.stdout.write('no end of line')\n",
    "logs.py": "import logging\nlogging.basicConfig(level='INFO', format='%(levelname)s %(message)s')\nlogging.info('told')\n",
    "full.py": "import sys\nsys.stdout = open('/dev/full', 'w')\nprint('nobody has room')\n",
    "fails_to_flush.py": "import sys\nprint('said')\nsys.stdout.flush = lambda: 1 / 0\n",
    "closes.py": "import sys\nprint('said')\nsys.stdout.close()\n",
    "exit_hook.py": "import sys\ntry:\n    sys.exit('told by the handler')\nfinally:\n    print('last words')\n",
    "profile.py.txt": "print('a script by any name', __file__.rsplit('/', 1)[-1])\n",
    "coded.py": "# -*- coding: latin-1 -*-\nprint('caf\\u00e9' == 'caf\\xe9')\n",
    "package/__init__.py": "",
    "package/__main__.py": "import sys\nprint('main of', __package__, sys.argv[1:], __spec__.name, sys.path[0])\n",
    "package/part.py": "import sys\nprint(sys.argv[0].rsplit('/', 1)[-1], sys.argv[1:], __name__, __package__)\n[][1]\n",
    "application/__main__.py": "import sys\nprint('an application', sys.path[0], __name__, __file__)\n",
    "empty/nothing.txt": "",
    "parent.py": "import os\nprint(os.getppid() == int(os.environ['CALLER']))\n",
    "modules.py": "import sys\nprint(sorted(sys.modules))\n",
    "hashes.py": "print(hash('a text'))\n",
    "frozen.py": "import gc\nprint(gc.get_freeze_count())\n",
    "frames.py": "import inspect\nprint(len(inspect.stack()))\n",
}

# Each as python3 has it behind its name.
CASES = [
    ["place.py", "a", "-b", "--why"],
    ["./place.py"],
    ["-c", "import sys; print(sys.argv, repr(sys.path[0]), sorted(globals()))", "x", "-y"],
    ["-c1/0"],
    ["-c", "raise SystemExit"],
    ["-c", "import sys\nif True:\n  print('lines')\nsys.exit(True)"],
    ["raises.py"],
    ["chain.py"],
    ["context.py"],
    ["syntax.py"],
    ["indent.py"],
    ["status.py"],
    ["message.py"],
    ["large_status.py"],
    ["abrupt.py"],
    ["killed.py"],
    ["crash.py"],
    ["at_end.py"],
    ["at_end_raises.py"],
    ["threads.py"],
    ["daemon_thread.py"],
    ["thread_raises.py"],
    ["unflushed.py"],
    ["finalizer.py"],
    ["deep.py"],
    ["interrupt.py"],
    ["processes.py", "fork"],
    ["processes.py", "spawn"],
    ["processes.py", "forkserver"],
    ["executor.py"],
    ["child.py"],
    ["forks.py"],
    ["variables.py"],
    ["reads.py"],
    ["-u", "asks.py"],
    ["reads_bytes.py"],
    ["mask.py"],
    ["limits.py"],
    ["signals.py"],
    ["seeded.py"],
    ["files.py"],
    ["loop.py"],
    ["pickles.py"],
    ["annotated.py"],
    ["warns.py"],
    ["source.py"],
    ["hook.py"],
    ["bad_hook.py"],
    ["collector.py"],
    ["neighbour.py"],
    ["replaced.py"],
    ["flags.py"],
    ["no_newline.py"],
    ["logs.py"],
    ["full.py"],
    ["closes.py"],
    ["fails_to_flush.py"],
    ["exit_hook.py"],
    ["profile.py.txt"],
    ["coded.py"],
    ["-m", "package", "z"],
    ["-m", "package.part", "q"],
    ["-m", "no_such_module"],
    ["-m", "json.tool", "-h"],
    ["application"],
    ["empty"],
    ["no_such_script.py"],
    ["-", "k"],
    [],
]

# What differs, and is in the manual.
DIFFERENT = [["parent.py"], ["modules.py"], ["hashes.py"], ["frozen.py"], ["frames.py"]]
