"""Stands in for the daemon: a lease whose workers are forked by a process of the test's own, with the worker's side of the
package in them. No speed, no receipt worth the name; what the package asks of a lease is the same."""

import json
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
WORKER = os.path.join(HERE, "..", "..", "Sources", "Worker", "parpython")
HEADER = struct.Struct("<QIIIIIQQ")  # key and numbers of a message; the last is the size of what follows
SLOTS = 4096


def send(sock, fields, data=b""):
    sock.sendall(HEADER.pack(*fields, len(data)) + data)


def receive(sock):
    head = read(sock, HEADER.size)
    if head is None:
        return None
    *fields, size = HEADER.unpack(head)
    return fields, read(sock, size)


def read(sock, size):
    data = bytearray()
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            return None
        data += piece
    return bytes(data)


class Lease:
    """The client's end."""

    def __init__(self, options):
        own, other = socket.socketpair()
        words = json.dumps([options.workers, options.has_threads, list(options.preload), options.max_tasks])
        self._server = subprocess.Popen(
            [options.interpreter or sys.executable, __file__, str(other.fileno()), words],
            pass_fds=[other.fileno()], start_new_session=True, stdin=subprocess.DEVNULL,
        )
        other.close()
        self._sock = own
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._ended = []
        self._unreleased = set()
        self._begun = set()
        self._cancel_answers = {}
        self._last = 0
        self._is_over = False
        self._memory = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while True:
            try:
                message = receive(self._sock)
            except OSError:
                message = None
            with self._changed:
                if message is None:
                    self._is_over = True
                    self._changed.notify_all()
                    return
                (kind, task, *numbers), data = message
                if kind == 1:
                    self._begun.add(task)
                elif kind == 2:
                    self._cancel_answers[task] = numbers[0]
                else:
                    self._ended.append((task, numbers, data))
                self._changed.notify_all()

    def put(self, data, key):
        from pard._lease import LeaseOver

        with self._lock:
            if self._is_over:
                raise LeaseOver("the daemon has ended the lease")
            if len(self._unreleased) >= SLOTS:
                return None
            self._last = task = self._last + 1
            self._unreleased.add(task)
            self._memory[task] = key
        # Not with the lock: what comes must be read meanwhile.
        self._send((1, task, 0, 0, 0, 0, 0), data)
        return task

    def _send(self, fields, data=b""):
        with self._sending:
            try:
                send(self._sock, fields, data)
            except OSError:
                pass  # The reader says so.

    def take(self, taken, nanoseconds, task=None):
        from pard._lease import Ended, LeaseOver

        with self._changed:
            if not self._ended and nanoseconds and not self._is_over:
                self._changed.wait(nanoseconds / 1e9)
            if not self._ended and self._is_over:
                raise LeaseOver("the daemon has ended the lease")
            while self._ended:
                task, (state, failure, pid, worker, times), data = self._ended[0]
                key = self._memory.get(task)
                taken.append(Ended(key, task, state, failure, pid, worker, int(state == 4), times, times + 1000, data))
                # What an interrupt keeps from here comes twice, and is passed over.
                del self._ended[0]
                self._memory.pop(task, None)

    def release(self, task):
        with self._lock:
            self._unreleased.discard(task)

    def cancel(self, task):
        self._send((2, task, 0, 0, 0, 0, 0))
        with self._changed:
            while task not in self._cancel_answers and not self._is_over:
                self._changed.wait()
            return self._cancel_answers.pop(task, 0) == 1

    def has_begun(self, task):
        with self._lock:
            return task in self._begun

    def finish(self, nanoseconds):
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._reader.join()
        self._server.wait(10)
        return {"workload": "python"}

    def __del__(self):
        self._sock.close()


class Server:
    """Forks workers and hands tasks to them, as the daemon and its zygote do together."""

    def __init__(self, sock, workers, has_threads, preload, most):
        self.most = most
        sys.path.insert(0, os.path.abspath(WORKER))
        import parcalls

        for name in preload:
            __import__(name)
        self.calls = parcalls
        self.sock = sock
        self.seats = workers
        self.has_threads = has_threads
        self.selector = selectors.DefaultSelector()
        self.selector.register(sock, selectors.EVENT_READ, None)
        self.queue = []
        self.idle = []
        self.running = {}
        self.processes = {}
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for seat in range(1 if has_threads else workers):
            self.fork(seat)

    def fork(self, seat):
        own, other = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            self.sock.close()
            own.close()
            for process in self.processes.values():
                process.close()
            self.work(other)
            os._exit(0)
        other.close()
        self.processes[own] = own
        self.idle += [(own, seat + index, pid) for index in range(self.seats if self.has_threads else 1)]
        self.selector.register(own, selectors.EVENT_READ, (pid, seat))

    def work(self, sock):
        lock = threading.Lock()
        if self.has_threads:
            # A thread a seat, each with its own queue, as the daemon's threads have.
            import queue

            queues = [queue.SimpleQueue() for _ in range(self.seats)]
            for own in queues:
                threading.Thread(target=self.serve, args=(own.get, sock, lock), daemon=True).start()
            while True:
                message = receive(sock)
                if message is None:
                    os._exit(0)
                queues[message[0][3]].put(message)
        self.serve(lambda: receive(sock), sock, lock)

    def serve(self, next_task, sock, lock):
        done = 0
        while True:
            message = next_task()
            if message is None:
                os._exit(0)
            (_, task, _, seat, *_), data = message
            result = self.calls.call(memoryview(data))
            done += 1
            spent = int(done == self.most)
            with lock:
                send(sock, (3, task, 2, seat, spent, 0, 0), result)
            if spent:
                os._exit(0)

    def run(self):
        try:
            self.serve_client()
        except OSError:
            pass  # The client has gone.
        for pid, _ in [key.data for key in self.selector.get_map().values() if key.data]:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def serve_client(self):
        while True:
            for key, _ in self.selector.select():
                if key.data is None:
                    if not self.hear_client():
                        return
                else:
                    self.hear_worker(key.fileobj, *key.data)
            self.hand_out()

    def hear_client(self):
        message = receive(self.sock)
        if message is None:
            return False
        (kind, task, *_), data = message
        if kind == 1:
            self.queue.append((task, data))
        else:
            found = [entry for entry in self.queue if entry[0] == task]
            for entry in found:
                self.queue.remove(entry)
            send(self.sock, (2, task, int(bool(found)), 0, 0, 0, 0))
            if found:
                self.tell(task, 5, 0, 0, 0, b"")
        return True

    def tell(self, task, state, failure, pid, seat, data):
        import time

        send(self.sock, (3, task, state, failure, pid, seat, time.monotonic_ns()), data)

    def hear_worker(self, sock, pid, first):
        try:
            message = receive(sock)
        except OSError:
            message = None
        if message is not None:
            (_, task, state, seat, spent, *_), data = message
            del self.running[task]
            self.tell(task, state, 0, pid, seat, data)
            if not spent:
                self.idle.append((sock, seat, pid))
            return
        self.selector.unregister(sock)
        del self.processes[sock]
        sock.close()
        _, status = os.waitpid(pid, 0)
        failure = 1 << 16 | os.WTERMSIG(status) if os.WIFSIGNALED(status) else 2 << 16 | os.WEXITSTATUS(status)
        self.idle = [entry for entry in self.idle if entry[0] is not sock]
        for task, (own, seat) in list(self.running.items()):
            if own is sock:
                del self.running[task]
                self.tell(task, 4, failure, pid, seat, b"")
        self.fork(first)

    def hand_out(self):
        while self.queue and self.idle:
            task, data = self.queue.pop(0)
            sock, seat, pid = self.idle.pop(0)
            self.running[task] = (sock, seat)
            send(self.sock, (1, task, 0, 0, 0, 0, 0))
            try:
                send(sock, (1, task, 0, seat, 0, 0, 0), data)
            except OSError:
                pass  # It has ended, and is heard of so.


if __name__ == "__main__":
    Server(socket.socket(fileno=int(sys.argv[1])), *json.loads(sys.argv[2])).run()
