"""`parctl python` beside python3: both run the same scripts, and everything that can be seen of them must be the same."""
import os
import subprocess
import unittest

import script_cases
from script_stage import PATIENCE, ScriptTests, plain


def add(words, number):
    def test(self):
        real, warm = plain(self.stage.real(words)), plain(self.stage.warm(words))
        for place, name in ((1, "standard output"), (2, "standard error"), (0, "status")):
            self.assertEqual(warm[place], real[place], name)
        self.assertWarm(words)

    test.__doc__ = f"python3 and parctl python do the same with: {' '.join(words) or 'standard input'}"
    setattr(CaseTests, f"test_{number:02}_{'_'.join(word for word in words[:2] if word.isidentifier() or '.' in word)}", test)


class CaseTests(ScriptTests):
    """The cases."""

    def test_what_differs_does(self):
        """The differences that the manual names are there: one that has gone is to be taken out of it."""
        for words in script_cases.DIFFERENT:
            if words == ["hashes.py"]:
                self.assertEqual(self.stage.warm(words), self.stage.warm(words), "one seed for all scripts of an interpreter")
            else:
                self.assertNotEqual(self.stage.real(words), self.stage.warm(words), words)


for number, words in enumerate(script_cases.CASES):
    add(words, number)


class IsolationTests(ScriptTests):
    """Nothing of one script is seen by the next."""

    def test_nothing_is_left(self):
        """Environment, directory, modules, path, umask, signals, limits and names of one script are none of the next."""
        look = (
            "import os,sys,signal,resource,builtins;m=os.umask(0);print(os.environ.get('LEFT'),os.getcwd(),sorted(sys.modules)"
            ",sys.path,m,signal.getsignal(15),resource.getrlimit(7),hasattr(builtins,'left'),sys.argv)")
        before = self.stage.warm(["-c", look])
        self.stage.warm(["-c", (
            "import os,sys,signal,resource,builtins,json,wave;os.environ['LEFT']='1';os.chdir('/');sys.path.append('/left')"
            ";os.umask(0o77);signal.signal(15,signal.SIG_IGN);resource.setrlimit(7,(64,64));builtins.left=1")])
        self.assertEqual(self.stage.warm(["-c", look]), before)

    def test_random_numbers(self):
        """Two scripts draw different numbers."""
        self.assertNotEqual(
            self.stage.warm(["-c", "import random; print(random.random())"])[1],
            self.stage.warm(["-c", "import random; print(random.random())"])[1])

    def test_buffered_output(self):
        """What a script has not flushed as its reader went is not written by another."""
        pipe = subprocess.PIPE
        first = self.stage.begin(["-c", "import sys,time\nprint('first', flush=True)\nsys.stdout.write('x' * 100)\ntime.sleep(0.3)"])
        first.stdout.readline()
        first.stdout.close()
        self.assertEqual(first.wait(PATIENCE), 120)
        self.assertIn(b"BrokenPipeError", first.stderr.read())
        first.stderr.close()
        self.assertEqual(self.stage.warm(["-c", "print('second')"]), (0, b"second\n", b""))

    def test_environment_reaches_the_script(self):
        """A variable that a script's caller sets is the script's, whatever the interpreter was started with."""
        for value in (b"one", b"two"):
            self.assertEqual(
                self.stage.warm(["-c", "import os; print(os.environ['FRESH'])"], environment={b"FRESH": value}),
                (0, value + b"\n", b""))

    def test_time_zone(self):
        """TZ is the caller's."""
        words = ["-c", "import time; print(time.strftime('%Z'))"]
        for zone in (b"UTC", b"XYZ-3"):
            self.assertEqual(self.stage.warm(words, environment={b"TZ": zone}), self.stage.real(words, environment={b"TZ": zone}))

    def test_locale(self):
        """Another locale is another interpreter, again and again, and each keeps its own."""
        words = ["-c", "import sys,locale; print(sys.stdout.encoding, locale.getpreferredencoding(False), sys.flags.utf8_mode)"]
        for more in ({b"LC_ALL": b"C"}, {b"LC_ALL": b"C.UTF-8"}, {b"LC_ALL": b"C"}, {b"PYTHONIOENCODING": b"latin-1:replace"}):
            self.assertEqual(self.stage.warm(words, environment=more), self.stage.real(words, environment=more), more)

    def test_preloaded_generator(self):
        """A preloaded module that is the script's neighbour is that of its own directory."""
        for name, value in (("one", "1"), ("two", "2")):
            folder = os.path.join(self.stage.folder, name)
            os.makedirs(folder)
            with open(os.path.join(folder, "settings_of_case.py"), "w", encoding="ascii") as file:
                file.write(f"VALUE = {value}\n")
            with open(os.path.join(folder, "main.py"), "w", encoding="ascii") as file:
                file.write("import settings_of_case\nprint(settings_of_case.VALUE)\n")
        for name, value in (("one", b"1\n"), ("two", b"2\n"), ("one", b"1\n")):
            words = [os.path.join(self.stage.folder, name, "main.py")]
            self.assertEqual(self.stage.warm(words, ["--preload", "settings_of_case"])[:2], (0, value))

    def test_changed_sources(self):
        """A preloaded module that has changed is loaded anew, and --why says so."""
        path = os.path.join(self.stage.files, "changing.py")
        words, options = ["-c", "import changing; print(changing.VALUE)"], ["--preload", "changing"]
        for value in ("1", "22"):
            with open(path, "w", encoding="ascii") as file:
                file.write(f"VALUE = {value}\n")
            result = self.stage.why(words, options)
            self.assertEqual(result[1], value.encode() + b"\n")
        self.assertIn(b"sources changed: ", result[2])
        os.remove(path)

    def test_changed_variables(self):
        """A variable that a preloaded module has read makes another interpreter, and --why names both."""
        with open(os.path.join(self.stage.files, "reading.py"), "w", encoding="ascii") as file:
            file.write("import os\nVALUE = os.environ.get('READ_BY_CASE')\n")
        words, options = ["-c", "import reading; print(reading.VALUE)"], ["--preload", "reading"]
        self.stage.why(words, options, environment={b"READ_BY_CASE": b"a"})
        result = self.stage.why(words, options, environment={b"READ_BY_CASE": b"b"})
        self.assertEqual(result[1], b"b\n")
        self.assertIn(b"environment changed: READ_BY_CASE, read by reading", result[2])

    def test_preload_that_fails(self):
        """What can't be preloaded is said by --why, and the script runs all the same."""
        result = self.stage.why(["-c", "print('ran')"], ["--preload", "no_such_module_here"])
        self.assertEqual(result[:2], (0, b"ran\n"))
        self.assertCold(result, b"No module named 'no_such_module_here'")

    def test_shadowed_module(self):
        """A file beside the script with the name of a module that is loaded is the script's."""
        folder = os.path.join(self.stage.folder, "shadow")
        os.makedirs(folder, exist_ok=True)
        # What an installation loads by itself at each start is loaded there as well.
        early = self.stage.real(["-c", "import sys; print(*sys.modules)"])[1].decode().split()
        name = next(name for name in ("random", "ctypes") if name not in early)
        with open(os.path.join(folder, f"{name}.py"), "w", encoding="ascii") as file:
            file.write("VALUE = 'mine'\n")
        with open(os.path.join(folder, "main.py"), "w", encoding="ascii") as file:
            file.write(f"import {name}\nprint({name}.VALUE)\n")
        result = self.stage.why([os.path.join(folder, "main.py")])
        self.assertEqual(result[:2], (0, b"mine\n"))
        self.assertCold(result, b"stands before the module " + name.encode())

    def test_first_line(self):
        """A script whose first line names parctl python just runs."""
        path = os.path.join(self.stage.files, "direct")
        with open(path, "w", encoding="ascii") as file:
            file.write("#!/usr/bin/env -S parctl python --preload decimal\nimport sys\nprint('decimal' in sys.modules, sys.argv)\n")
        os.chmod(path, 0o755)
        self.assertEqual(self.stage.run(["./direct", "a", "--why", "-c"])[:2], (0, b"True ['./direct', 'a', '--why', '-c']\n"))


if __name__ == "__main__":
    unittest.main()
