"""What stands in the inputs and results of a lease's tasks. The workers' half is parcalls.py, which has the same numbers.

An input is a head, the function's text, where something needs it the settings of the lease and a table of buffers, and a
pickle of what the function is given. A result is the pickle of a value, whose first byte is always 0x80, or a `FULL` head, a
table of buffers, a body, what the task has printed, and the buffers.
"""

import struct

#: Changes with anything here.
VERSION = 1

#: Kind, flags, length of the function's text; where the lease's settings stand: the client's pid, descriptor and token.
HEAD = struct.Struct("<BBHIIQ")
#: A buffer in one of the client's memory files: descriptor, whether it is shared, token, offset, size.
SPAN = struct.Struct("<IIQQQ")
#: Where a function's pickle stands: as a SPAN.
PLACE = struct.Struct("<IIQQQ")
#: Status, whether the task keeps buffers that it was given, what stands in the results' memory file, counts and sizes: buffers,
#: two printed texts, the body.
FULL = struct.Struct("<BBHIIIQ")
#: A buffer of a result: its offset from the beginning of the result, or of the memory file, and its size.
RESULT_SPAN = struct.Struct("<QQ")
#: What of a result stands in that file: its buffers, or, as the only one of these, its body.
BUFFERS_THERE, BODY_THERE = 1, 2
#: What the file has before the buffers of a result: a word, the part's whole size, and whether somebody has it.
PART = b"pardpart"
PART_HEAD = struct.Struct("<8sQQ")
PART_HEAD_SIZE = 64
COUNT = struct.Struct("<I")

#: What a call's pickle is: a tuple of arguments; such a tuple and keywords; a list of single arguments, or of tuples,
#: for a call each; a function with its arguments and keywords. PROBE: nothing, but whether the worker can open the
#: client's memory.
PROBE, CALL, KEYWORDS, EACH, EACH_OF_MANY, WHOLE = 0, 1, 2, 3, 4, 5
#: IN_MEMORY: in the pickle's place stands a SPAN, where it is.
HAS_BUFFERS, HAS_SETUP, IN_MEMORY = 1, 2, 4

#: How a task has ended. UNREACHABLE: the worker can't open the client's memory, and all has to stand in the input.
VALUE, ERROR, PARTIAL, INITIALIZER, UNREACHABLE, FUNCTION = 1, 2, 3, 4, 5, 6
#: The first byte of every pickle of protocol 2 and later.
PICKLE = 0x80

OWN, SHARED_TO_READ, SHARED_TO_WRITE = 0, 1, 2

#: How a memory file begins: a word, its token, whether the client has let it go, and how many bytes of settings it has.
MEMORY = b"pardmem1"
MEMORY_HEAD = struct.Struct("<8sQQQ")
PAGE = 4096

#: A buffer below this size is copied with the pickle.
LEAST_BUFFER = 16384
#: A pickle from this size on stands in memory.
LARGE_PICKLE = 262144
