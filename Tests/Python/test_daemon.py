"""How the package finds a daemon, and has one of its own where there is none. Needs the programs in PATH."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from unittest import mock

import pard
from pard import _daemon
from pard._varlink import Connection, VarlinkError

PATIENCE = 60


class VarlinkTests(unittest.TestCase):
    """Against a service of the test's own."""

    def serve(self, *replies):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "socket")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.listen(1)
        heard = []

        def run():
            client, _ = listener.accept()
            with client:
                for reply in replies:
                    call = b""
                    while not call.endswith(b"\0"):
                        call += client.recv(100)
                    heard.append(call)
                    for index in range(0, len(reply), 7):
                        client.sendall(reply[index : index + 7])

        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join, PATIENCE)
        return path, heard

    def test_replies_come_in_pieces_and_one_after_the_other(self):
        path, heard = self.serve(b'{"parameters":{"a":[1,2]}}\0', b'{"parameters":{}}\0')
        with Connection(path) as connection:
            self.assertEqual(connection.call("x.One", {"b": "c"}), {"a": [1, 2]})
            self.assertEqual(connection.call("x.Two"), {})
        self.assertEqual(heard[0], b'{"method": "x.One", "parameters": {"b": "c"}}\0')

    def test_an_error_has_its_name_and_parameters(self):
        path, _ = self.serve(b'{"error":"org.pard.Control.Busy","parameters":{"limit":"workers"}}\0')
        with Connection(path) as connection, self.assertRaises(VarlinkError) as raised:
            connection.call("x.One")
        self.assertEqual(raised.exception.name, "org.pard.Control.Busy")
        self.assertEqual(str(raised.exception), "Busy (limit: workers)")

    def test_a_service_that_hangs_up_is_told(self):
        path, _ = self.serve(b"{")
        with Connection(path) as connection:
            self.assertRaises(ConnectionError, connection.call, "x.One")


class PlaceTests(unittest.TestCase):
    def test_a_named_socket_is_the_only_place(self):
        with mock.patch.dict(os.environ, PARD_SOCKET="/nowhere"):
            self.assertEqual(_daemon.find().path, "/nowhere")
            self.assertRaisesRegex(pard.PardError, "/nowhere", _daemon.find().status)
            self.assertRaisesRegex(pard.PardError, "/nowhere", pard.WarmProcesses, 1)

    def test_without_a_daemon_and_a_program_the_error_says_what_to_do(self):
        with tempfile.TemporaryDirectory() as empty:
            with mock.patch.dict(os.environ, XDG_RUNTIME_DIR=empty, PATH=empty), mock.patch.multiple(
                _daemon, _private=None, places=lambda: [os.path.join(empty, "pard.sock")]
            ), mock.patch.object(os, "access", lambda *_: False):
                os.environ.pop("PARD_SOCKET", None)
                self.assertRaisesRegex(pard.PardError, "install pard", _daemon.find)


@unittest.skipUnless(shutil.which("pard"), "pard is not in PATH")
class PrivateTests(unittest.TestCase):
    def test_a_program_without_a_daemon_has_one_of_its_own_until_it_ends(self):
        code = (
            "import pard, os; from pard import _daemon\n"
            "with pard.WarmProcesses(2) as executor: print(executor.submit(pow, 2, 5).result())\n"
            "found = _daemon.find(); print(found.is_private, found.status()['pid'])\n"
            "with pard.WarmProcesses(1) as executor: print(executor.submit(os.getpid).result() != os.getpid())\n"
        )
        with tempfile.TemporaryDirectory() as empty:
            variables = dict(os.environ, XDG_RUNTIME_DIR=empty)
            variables.pop("PARD_SOCKET", None)
            done = subprocess.run(
                [sys.executable, "-c", code], env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                timeout=PATIENCE,
            )
        self.assertEqual(done.returncode, 0, done.stderr)
        first, second, third = done.stdout.splitlines()
        self.assertEqual((first, third), ("32", "True"))
        is_private, pid = second.split()
        self.assertEqual(is_private, "True")
        self.assertFalse(os.path.exists(f"/proc/{pid}"))

    def test_it_ends_with_a_program_that_is_killed(self):
        code = (
            "import pard, time; from pard import _daemon; executor = pard.WarmProcesses(1)\n"
            "print(_daemon.find().status()['pid'], flush=True); time.sleep(60)\n"
        )
        with tempfile.TemporaryDirectory() as empty:
            variables = dict(os.environ, XDG_RUNTIME_DIR=empty)
            variables.pop("PARD_SOCKET", None)
            program = subprocess.Popen(
                [sys.executable, "-c", code], env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            pid = program.stdout.readline().strip()
            program.kill()
            program.wait()
            program.stdout.close()
        deadline = time.monotonic() + PATIENCE
        while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertTrue(pid.isdigit())
        self.assertFalse(os.path.exists(f"/proc/{pid}"))

    def test_it_ends_with_its_program_though_a_forked_child_lives_on(self):
        code = (
            "import pard, os, sys; from pard import _daemon\n"
            "with pard.WarmProcesses(1) as executor: executor.submit(pow, 2, 5).result()\n"
            "pid = _daemon.find().status()['pid']\n"
            "if os.fork() == 0:\n"
            "    sys.stdin.read()\n"
            "    os._exit(0)\n"
            "print(pid, flush=True)\n"
        )
        with tempfile.TemporaryDirectory() as empty:
            variables = dict(os.environ, XDG_RUNTIME_DIR=empty)
            variables.pop("PARD_SOCKET", None)
            with subprocess.Popen(
                [sys.executable, "-c", code], env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True,
            ) as program:
                pid = program.stdout.readline().strip()
                begun = time.monotonic()
                self.assertEqual(program.wait(PATIENCE), 0)
                # Where it doesn't end by itself, it is killed after ten seconds.
                self.assertLess(time.monotonic() - begun, 5)
                self.assertTrue(pid.isdigit())
                self.assertFalse(os.path.exists(f"/proc/{pid}"))
                # The child is still there, and ends now.
                program.stdin.close()
                self.assertEqual(program.stdout.read(), "")


class LibraryTests(unittest.TestCase):
    def test_it_is_found_where_the_daemon_can_not_be_looked_into(self):
        daemon = _daemon.Daemon("/nowhere")
        daemon._status = {"pid": 1}
        path = os.path.join(os.path.dirname(os.path.realpath(_daemon._program())), "libparlease.so")
        real = os.readlink

        def refused(path):
            if path.startswith("/proc/"):
                raise PermissionError
            return real(path)

        with mock.patch("os.readlink", refused):
            found = daemon.library("libparlease.so")
        self.assertTrue(os.path.samefile(found, path) if os.path.exists(path) else "/lib" in found, found)


class FoundTests(unittest.TestCase):
    def test_what_was_found_is_said(self):
        done = subprocess.run([sys.executable, "-m", "pard"], stdout=subprocess.PIPE, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"(?m)^package +pard \d")
        self.assertIn(sys.version.split()[0], done.stdout)
        self.assertRegex(done.stdout, r"(?m)^daemon ")


if __name__ == "__main__":
    unittest.main()
