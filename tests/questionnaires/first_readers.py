"""A process of its own for test_instrument_model.py: many threads read an instrument at once.

Usage: first_readers.py < canonical.json. Nothing has read one here before.
"""

import sys
import threading

from questionnaires import from_canonical

text = sys.stdin.read()
sys.setswitchinterval(1e-6)  # threads interrupt each other as often as they can
start = threading.Barrier(16)


def read():
    start.wait()
    from_canonical(text)


threads = [threading.Thread(target=read) for _ in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
