#!/usr/bin/env python3
"""Has a function called for a large input, and gets its large result: both as memory files, so that nothing is copied into JSON.

    python3 client.py SOCKET LIBRARY:FUNCTION BYTES
"""
import array, json, mmap, os, socket, sys

path, function, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
given = os.memfd_create("input")
os.truncate(given, size)
os.pwrite(given, b"first", 0), os.pwrite(given, b"last", size - 4)

with socket.socket(socket.AF_UNIX) as pard:
    pard.connect(path)
    call = {"method": "org.pard.Control.Run", "parameters": {
        "workload": "native", "arguments": {"function": function, "results-limit": str(size + 4096)},
        "threads": 1, "tasks": 1, "block": {"descriptor": 0}, "results": True}}
    socket.send_fds(pard, [json.dumps(call).encode() + b"\0"], [given])
    reply, descriptors, _, _ = socket.recv_fds(pard, 1 << 16, 1)
    while not reply.endswith(b"\0"):
        reply += pard.recv(1 << 16)
answer = json.loads(reply[:-1])["parameters"]
with mmap.mmap(descriptors[0], answer["results"]["bytes"], prot=mmap.PROT_READ) as results:
    offset, count = array.array("Q", results[:16])
    print(answer["receipt"]["outcome"], count, results[offset:offset + 5], results[offset + count - 4:offset + count])
