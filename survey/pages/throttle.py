"""A limit on guessing: wrong links are counted per visitor, in memory only."""

import hashlib
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

ALLOWED: Final = 20
SECONDS: Final = 60
_VISITORS: Final = 10_000


class Throttle:
    """Counts the wrong guesses of each visitor over the last minute.

    Addresses are kept only as a hash under a salt that lives as long as the
    process, and only until a minute after the last wrong guess.

    Parameters
    ----------
    allowed
        Wrong guesses per visitor within ``SECONDS``.
    clock
        Tells seconds on a clock that never goes back.
    """

    def __init__(self, allowed: int = ALLOWED, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed = allowed
        self._clock = clock
        self._salt = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._misses: dict[bytes, deque[float]] = {}

    def allows(self, address: str) -> bool:
        """Count one wrong guess; false when the visitor has used up what is allowed."""
        visitor = hashlib.blake2b(address.encode(), key=self._salt, digest_size=16).digest()
        now = self._clock()
        with self._lock:
            self._forget(now - SECONDS)
            misses = self._misses.setdefault(visitor, deque())
            while misses and misses[0] <= now - SECONDS:
                misses.popleft()
            if len(misses) >= self._allowed:
                return False
            misses.append(now)
            self._misses[visitor] = self._misses.pop(visitor)  # the latest stands last
            return True

    def _forget(self, before: float) -> None:
        """Drop visitors whose last wrong guess is long ago, and the oldest when there are many."""
        while self._misses:
            oldest = next(iter(self._misses))
            if self._misses[oldest][-1] > before and len(self._misses) < _VISITORS:
                return
            del self._misses[oldest]
