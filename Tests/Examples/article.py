"""The four functions of the article on Python's threads and processes, to be run by pard.

    parctl run python article.py:cpu_heavy --processes 2 500000 500000
    parctl compare python article.py:cpu_heavy --workers 2,4 500000 500000 500000 500000
    parctl compare python article.py:download --workers 2,4 --from urls.txt
    parctl compare python article.py:io_heavy --workers 4 a b c d
    parctl compare python article.py:dot_product --preload numpy --python .venv/bin/python 1000 1000
"""

import os
import tempfile
from urllib.request import urlopen

# A few MiB of text, as large as a file that takes a while to write.
TEXT = "All work and no play makes Jack a dull boy.\n" * 200_000


def cpu_heavy(n):
    """Adds the numbers below n, one by one: pure Python, which one thread of a process runs at a time."""
    count = 0
    for i in range(int(n)):
        count += i
    return count


def download(url):
    """Fetches a URL, most of which is waiting; returns the bytes that came."""
    with urlopen(url, timeout=30) as response:
        return len(response.read())


def io_heavy(name):
    """Writes a text file, and removes it; returns its size. Each task writes one of its own."""
    with tempfile.NamedTemporaryFile("wt", encoding="utf-8", prefix=f"article-{name}-") as file:
        file.write(TEXT)
        file.flush()
        return os.path.getsize(file.name)


def dot_product(size):
    """Multiplies two matrices with NumPy, which lets go of the GIL and may use several threads itself."""
    import numpy

    a = numpy.ones((int(size), int(size)))
    return float((a @ a)[0, 0])
