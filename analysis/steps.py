"""How far a computation of several parts is, for whoever watches it."""

from collections.abc import Callable

Progress = Callable[[int, int], None]

_PART = 1_000


class Steps:
    """Counts the parts of a computation and tells how much of it is done.

    Parameters
    ----------
    progress
        Called with what is done and of how much; None: nobody watches.
    weight
        The weights of all parts together.

    Examples
    --------
    >>> steps = Steps(lambda done, of: print(f"{done / of:.0%}"), 4)
    >>> steps.begin(3)(1, 2)
    0%
    38%
    >>> steps.begin()(1, 1)
    75%
    100%
    """

    def __init__(self, progress: Progress | None, weight: int) -> None:
        self._progress = progress
        self._of = weight * _PART
        self._begun = 0

    def begin(self, weight: int = 1) -> Progress:
        """Begin a part, which ends the one before; return what is to be told how far it is."""
        start = self._begun
        self._begun += weight * _PART
        self._tell(start)
        return lambda done, of: self._tell(start + weight * _PART * done // max(of, 1))

    def end(self) -> None:
        """Tell that all of it is done."""
        self._tell(self._of)

    def _tell(self, done: int) -> None:
        if self._progress is not None:
            self._progress(min(done, self._of), self._of)
