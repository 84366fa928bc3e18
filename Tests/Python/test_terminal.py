"""`parctl python` on a terminal, beside python3: under an interactive bash on a pseudo-terminal."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
import unittest

from script_stage import ScriptTests, Stage

PATIENCE = 15

TICKS = """
import os, signal, time
# Between two writes of print, another one is an error.
signal.signal(signal.SIGWINCH, lambda *a: os.write(1, b'winch %d\\n' % os.get_terminal_size().columns))
for number in range(600):
    print('tick', number, flush=True)
    time.sleep(0.05)
"""


class Terminal:
    """An interactive bash whose $PY is the command under test."""

    def __init__(self, stage, command):
        self.text = ""
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.chdir(stage.files)
            environment = {**stage.environment, b"PS1": b"$ ", b"PY": command.encode(), b"TERM": b"dumb", b"LANG": b"C.UTF-8"}
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], environment)
        self.size(80)
        self.expect(r"\$ $")

    def size(self, columns):
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))

    def type(self, text):
        os.write(self.file, text.encode())

    def line(self, text):
        self.type(text + "\n")

    def expect(self, pattern, seconds=PATIENCE):
        """Waits for the pattern in what has come since the last one. Returns the match; None where it does not come."""
        end = time.monotonic() + seconds
        while True:
            match = re.search(pattern, self.text)
            if match:
                self.text = self.text[match.end() :]
                return match
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.file], [], [], left)[0]:
                return None
            try:
                self.text += os.read(self.file, 4096).decode(errors="replace").replace("\r", "")
            except OSError:
                return None

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.close(self.file)
        os.waitpid(self.pid, 0)


class TerminalTests(unittest.TestCase):
    """Each with python3 first: what it does is what is asked for."""

    @classmethod
    def setUpClass(cls):
        cls.stage = ScriptTests.stage = Stage()
        cls.addClassCleanup(cls.stage.end)
        with open(os.path.join(cls.stage.files, "ticks.py"), "w", encoding="ascii") as file:
            file.write(TICKS)
        # The terminal's own variables make no other interpreter.
        ScriptTests.ready()

    def each(self):
        for command in (sys.executable, f"parctl python --python {sys.executable} --why"):
            terminal = Terminal(self.stage, command)
            try:
                yield terminal
            finally:
                terminal.close()

    def ask(self, terminal, line, *patterns):
        terminal.line(line)
        for pattern in patterns:
            self.assertIsNotNone(terminal.expect(pattern), (line, pattern, terminal.text))

    def test_streams(self):
        """They are the terminal, with its size."""
        for terminal in self.each():
            self.ask(
                terminal, "$PY -c 'import os, sys; print(\"is\", sys.stdin.isatty(), sys.stdout.isatty(), os.get_terminal_size().columns)'",
                r"\nis True True 80\n", r"\$ $")

    def test_input(self):
        """input() prompts and reads; a password isn't echoed."""
        for terminal in self.each():
            self.ask(terminal, "$PY -c 'print(input(\"name? \").upper())'", r"\nname\? $")
            self.ask(terminal, "bob", r"\nBOB\n", r"\$ $")
            self.ask(terminal, "$PY -c 'import getpass; print(len(getpass.getpass()), \"letters\")'", r"Password: $")
            time.sleep(0.2)
            terminal.line("abcd")
            self.assertNotIn("abcd", terminal.expect(r"((?:.|\n)*)4 letters\n").group(1))

    def test_stop_and_foreground(self):
        """Ctrl-Z stops it and gives the shell back; fg goes on; the window's size is told."""
        for terminal in self.each():
            self.ask(terminal, "$PY ticks.py", r"\ntick 3\n")
            terminal.type("\x1a")
            self.assertIsNotNone(terminal.expect(r"Stopped(.|\n)*\$ $"), terminal.text)
            self.assertIsNone(terminal.expect(r"tick", 0.5), "it stands still")
            self.ask(terminal, "fg", r"tick \d+\n(.|\n)*tick \d+\n")
            terminal.size(100)
            self.assertIsNotNone(terminal.expect(r"winch 100\n"), terminal.text)
            terminal.type("\x03")
            self.assertIsNotNone(terminal.expect(r"KeyboardInterrupt\n(.|\n)*\$ $"), terminal.text)
            self.ask(terminal, "echo status $?", r"\nstatus 130\n")

    def test_stops_itself(self):
        """A script that stops itself, by whichever signal, gives the shell back; fg goes on."""
        for terminal in self.each():
            for number in (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN):
                code = f"import os\nprint(\"at\" + \" it\", flush=True)\nos.kill(os.getpid(), {number:d})\nprint(\"on\" + \" again\")"
                self.ask(terminal, f"$PY -c '{code}'", r"\nat it\n", r"Stopped(.|\n)*\$ $")
                self.ask(terminal, "echo status $?", rf"\nstatus {128 + number}\n", r"\$ $")
                self.ask(terminal, "fg", r"\non again\n", r"\$ $")
                self.ask(terminal, "echo status $?", r"\nstatus 0\n", r"\$ $")

    def test_stops_again(self):
        """Ctrl-Z, and then a stop of its own, and both once more: each is one stop."""
        code = "import os, sys, time\nfor turn in (1, 2):\n    print(\"turn\", turn, flush=True); sys.stdin.readline(); os.kill(os.getpid(), 19)"
        for terminal in self.each():
            terminal.line(f"$PY -c '{code}'")
            for turn in (1, 2):
                self.assertIsNotNone(terminal.expect(rf"\nturn {turn}\n"), terminal.text)
                terminal.type("\x1a")
                self.assertIsNotNone(terminal.expect(r"Stopped(.|\n)*\$ $"), terminal.text)
                terminal.line("fg")
                self.assertIsNotNone(terminal.expect(r"fg\n(.|\n)*-c"), terminal.text)
                terminal.line("")
                self.assertIsNotNone(terminal.expect(r"Stopped(.|\n)*\$ $"), terminal.text)
                terminal.line("fg")
            self.assertIsNotNone(terminal.expect(r"\$ $"), terminal.text)
            self.ask(terminal, "echo status $?", r"\nstatus 0\n", r"\$ $")

    def test_interrupt(self):
        """Ctrl-C twice, and Ctrl-\\."""
        for terminal in self.each():
            self.ask(
                terminal, "$PY -c 'import time\ntry:\n    print(\"at\" + \" it\", flush=True); time.sleep(60)\nexcept KeyboardInterrupt:\n"
                "    print(\"first\" + \" one\", flush=True); time.sleep(60)'", r"\nat it\n")
            terminal.type("\x03")
            self.assertIsNotNone(terminal.expect(r"first one\n"), terminal.text)
            terminal.type("\x03")
            self.assertIsNotNone(terminal.expect(r"\$ $"), terminal.text)
            self.ask(terminal, "echo status $?", r"\nstatus 130\n")
            self.ask(terminal, "$PY ticks.py", r"\ntick 3\n")
            terminal.type("\x1c")
            self.assertIsNotNone(terminal.expect(r"Quit(.|\n)*\$ $"), terminal.text)
            self.ask(terminal, "echo status $?", r"\nstatus 131\n")

    def test_background(self):
        """A job in the background is ended by kill %1, and may not read what is typed."""
        for terminal in self.each():
            self.ask(terminal, "$PY ticks.py &", r"tick 2\n")
            terminal.line("kill %1")
            # The shell tells of it before a prompt, once it has heard.
            for _ in range(50):
                terminal.line("")
                if terminal.expect(r"Terminated", 0.2):
                    break
            else:
                self.fail(terminal.text)
            terminal.line("$PY -c 'import sys; print(\"stole \" + sys.stdin.readline())' & sleep 0.7; echo fore")
            self.assertIsNotNone(terminal.expect(r"\nfore\n"), terminal.text)
            terminal.line("echo 'vis'ible")
            self.assertIsNotNone(terminal.expect(r"\nvisible\n"), terminal.text)

    def test_prompt_of_the_interpreter(self):
        """Without a script it is the interpreter's own prompt."""
        for terminal in self.each():
            self.ask(terminal, "$PY", r">>> $")
            self.ask(terminal, "6 * 7", r"\n42\n>>> $")
            self.ask(terminal, "exit()", r"\$ $")


if __name__ == "__main__":
    unittest.main()
