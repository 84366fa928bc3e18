"""An HTTP server on loopback that is slow, wrong or generous as its paths say. Writes its port to standard output, or to
the descriptor that its argument names, and serves until killed.

/slow/MS     answers after so many milliseconds     /status/N    answers with that status
/size/N      so many bytes                          /redirect/P  leads to /P
/loop        leads to itself                        /echo        what was asked, as JSON
/stall       never answers                          /together/N  answers once N such requests wait, or with status 504
"""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


barriers, barriers_lock = {}, threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body of an answer in one go, rather than the second after the client's acknowledgement of the first.
    wbufsize = -1
    disable_nagle_algorithm = True

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length)
        status, headers, body = 200, {}, b"hello\n"
        kind, _, rest = self.path[1:].partition("?")[0].partition("/")
        if kind == "slow":
            time.sleep(int(rest.partition("/")[0]) / 1000)
        elif kind == "status":
            status = int(rest)
        elif kind == "size":
            body = b"x" * int(rest)
        elif kind == "redirect":
            status, headers = 302, {"Location": "/" + rest}
        elif kind == "loop":
            status, headers = 302, {"Location": "/loop"}
        elif kind == "stall":
            threading.Event().wait()
        elif kind == "together":
            with barriers_lock:
                barrier = barriers.setdefault(rest, threading.Barrier(int(rest)))
            try:
                barrier.wait(30)
            except threading.BrokenBarrierError:
                status = 504
        elif kind == "echo":
            told = {"method": self.command, "headers": dict(self.headers), "body": sent.decode()}
            body = json.dumps(told).encode()
            with open(rest and "/" + rest or "/dev/null", "ab") as file:
                file.write(body + b"\n")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer

    def handle(self):
        # A client that has seen enough goes away.
        try:
            super().handle()
        except ConnectionError:
            pass

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


server = Server(("127.0.0.1", 0), Handler)
os.write(int(sys.argv[1]) if len(sys.argv) > 1 else 1, b"%d\n" % server.server_port)
server.serve_forever()
