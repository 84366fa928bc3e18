"""Bytes that no client should send, by kind; the same for the same source of chance."""
import json



# What a server can do no better than hang up on, or may answer with an error.
FATAL, ANSWERED, HALF = "fatal", "answered", "half"
# A frame's greatest length, which the interface's server allows, in bytes.
FRAME_BYTES = 16 << 20


def garbage(chance):
    return bytes(chance.randrange(1, 256) for _ in range(chance.randint(1, 200)))


def nesting(chance):
    depth = chance.choice([33, 100, 600, 5000])
    opening, closing = chance.choice([(b"[", b"]"), (b'{"a":', b"}")])
    return b'{"method":"org.pard.Control.Ping","parameters":' + opening * depth + b"1" + closing * depth + b"}"


def unclosed(chance):
    return b'{"method":' + chance.choice([b"[", b'{"a":']) * chance.choice([10, 1000, 10000])


def bad_utf8(chance):
    bad = chance.choice([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80"])
    return chance.choice([
        b'{"method":"org.pard.Control.P' + bad + b'ing"}',
        b'{"method":"org.pard.Control.Run","parameters":{"workload":"' + bad + b'"}}',
        bad + b'{"method":"org.pard.Control.Ping"}'])


def bare_value(chance):
    return chance.choice([b"1", b'"Ping"', b"[]", b"null", b"true", b"{}", b"[{}]", b"-", b"{\"\":\"\"}", b" ", b"{,}"])


def nothing(_):
    return b""


def method_of_wrong_type(chance):
    return b'{"method":' + chance.choice([b"1", b"null", b"[]", b"{}", b"true", b"1e999"]) + b"}"


def unknown_method(chance):
    names = ["org.pard.Control.Pong", "org.pard.Control.", ".Ping", "Ping", "", ".", "..", "a" * 5000, "org.x.Y.Z",
             "org.varlink.service.Nothing", "org.pard.control.Ping", "org.pard.Control.Ping ", "\u0000.Ping", "%s%n.%s"]
    return json.dumps({"method": chance.choice(names), "parameters": {}}).encode()


def wrong_types(chance):
    values = [None, True, -1, 0, 1.5, "", "x" * 300, [], [[]], {}, {"a": {}}, 10**18, -(10**18)]
    names = ["workload", "arguments", "mode", "processes", "threads", "tasks", "cold", "timeout", "records", "inputs",
             "context", "outputs", "halt"]
    given = {name: chance.choice(values) for name in chance.sample(names, chance.randint(1, 4))}
    given.setdefault("workload", chance.choice([7, None, [], {}, "no such", ""]))
    if given.get("workload") == "noop":
        given["workload"] = "no such"
    return json.dumps({"method": "org.pard.Control.Run", "parameters": given}).encode()


def huge_numbers(chance):
    number = chance.choice([b"1e999", b"-1e999", b"9" * 400, b"9223372036854775808", b"1." + b"0" * 300 + b"1",
                            b"1e-999", b"-0", b"18446744073709551616"])
    return (b'{"method":"org.pard.Control.Run","parameters":{"workload":"noop","'
            + chance.choice([b"tasks", b"threads", b"timeout", b"processes"]) + b'":' + number + b"}}")


def duplicate_keys(chance):
    return chance.choice([
        b'{"method":"org.pard.Control.Nothing","method":"org.pard.Control.Nothing"}',
        b'{"method":"org.pard.Control.Run","parameters":{"workload":"x","workload":"y"}}',
        b'{"method":"org.pard.Control.Nothing",' + b'"a":1,' * 500 + b'"a":1}',
        b'{"method":"org.pard.Control.CancelJob","parameters":{"job":"a","job":"b"},"parameters":{}}'])


def unknown_parameters(chance):
    return json.dumps({"method": chance.choice(["org.pard.Control.CancelJob", "org.pard.Control.ResizePool"]),
                       "parameters": {"x" * chance.randint(1, 50): chance.choice([1, [], "\\"]), "job": "no such",
                                      "name": "no such", "size": chance.choice([-1, 10**12, "1"])}}).encode()


def inner_nul(chance):
    return chance.choice([
        b'{"method":"org.pard.\\u0000Control.Ping"}',
        b'{"method":"org.pard.Control.CancelJob","parameters":{"job":"\\u0000"}}',
        b'{"method":"org.pard.Control.Run","parameters":{"workload":"exec","inputs":[["a\\u0000b"]]}}'])


# Whether each is one that a server may hang up on. Those that it has to answer are sent many at a time.
KINDS = {
    garbage: FATAL, nesting: FATAL, unclosed: FATAL, bad_utf8: FATAL, bare_value: FATAL, nothing: FATAL,
    method_of_wrong_type: FATAL, duplicate_keys: FATAL, inner_nul: FATAL, huge_numbers: FATAL,
    unknown_method: ANSWERED, wrong_types: ANSWERED, unknown_parameters: ANSWERED,
}


def frames(chance, count, kind):
    """Frames of one kind, as bytes with their NULs."""
    makers = [maker for maker, its in KINDS.items() if its == kind]
    return [chance.choice(makers)(chance) + b"\0" for _ in range(count)]


def fitting(beginning, piece, end, limit=FRAME_BYTES):
    """As many pieces as fit a frame, and a NUL."""
    count = (limit - len(beginning) - len(end)) // (len(piece) + 1)
    return beginning + b",".join([piece] * count) + end + b"\0"


def large(inputs, folder):
    """Calls as large as may be, by name: real ones that are to end at once, and junk.

    inputs: makes what tasks are given. folder: where downloads may go.
    """
    def calls(workload, words, more):
        piece = json.dumps(inputs([words])[0]).encode()
        beginning = (b'{"method":"org.pard.Control.Run","parameters":{"workload":"' + workload.encode() + b'","timeout":'
                     b'20000000,' + more + b'"inputs":[')
        return fitting(beginning, piece, b"]}}")

    bare = json.dumps({"directory": "/", "umask": 18, "environment": []}).encode()
    output = b'"arguments":{"output":' + json.dumps(folder).encode() + b'},'
    ping = b'{"method":"org.pard.Control.Nothing","parameters":{"x":'
    return {
        "commands": calls("exec", ["/bin/true", "x" * 20], b'"context":' + bare + b","),
        "small commands": calls("exec", ["/bin/true"], b""),
        "downloads": calls("download", ["http://127.0.0.1:1/"], output),
        "refused": calls("exec", ["true"], b'"context":{"directory":"x","umask":0,"environment":[]},'),
        "inputs for none": calls("noop", ["x"], b""),
        "brackets": b"[" * FRAME_BYTES + b"\0",
        "garbage": bytes(range(1, 256)) * (FRAME_BYTES // 255) + b"\0",
        "a string": ping + b'"' + b"x" * (FRAME_BYTES - 100) + b'"}}\0',
        "escapes": ping + b'"' + b"\\u00e9" * ((FRAME_BYTES - 100) // 6) + b'"}}\0',
        "a number": ping + b"1" * (FRAME_BYTES - 100) + b"}}\0",
        "keys": fitting(b'{"method":"org.pard.Control.Nothing","parameters":{', b'"a":1', b"}}"),
        "empty arrays": fitting(ping + b"[", b"[]", b"]}}"),
        "too long": b'{"method":"' + b"x" * (FRAME_BYTES + 4096),
    }
