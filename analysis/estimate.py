"""The result of one statistic: a number with its uncertainty, or the reason why there is none."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from analysis.errors import UnknownChoice
from analysis.readable import Readable, figure

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, repr=False)
class Estimate(Readable):
    """A number with its interval, unrounded.

    Parameters
    ----------
    estimate
        The number, or None where the data do not determine it (`notes` says why).
    ci_low, ci_high
        Interval of the given `level`; None where none was asked for or none is computable.
    level
        Confidence level such as .95; None without an interval.
    method
        Name of the estimator or of the interval.
    n_used, n_total
        Rows that entered the number; rows in the data.
    notes
        What a reader must know, in sentences.
    """

    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    level: float | None
    method: str
    n_used: int
    n_total: int
    notes: tuple[str, ...] = ()

    def _line(self) -> str:
        """Return the number with its interval."""
        if self.estimate is None:
            return f"not computable, n {self.n_used} of {self.n_total}"
        interval = f" ({self.method})"
        if self.ci_low is not None and self.level is not None:
            ends = f"{figure(self.ci_low)} to {figure(self.ci_high)}"
            interval = f", {100 * self.level:.10g} % interval {ends} ({self.method})"
        return f"{figure(self.estimate)}{interval}, n {self.n_used} of {self.n_total}"

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a plain dictionary; `notes` becomes a list."""
        return {**asdict(self), "notes": list(self.notes)}

    def to_frame(self) -> "pd.DataFrame":
        """Return the fields as one row of a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([self.to_dict()])


def one_of(name: str, value: object, allowed: tuple[object, ...]) -> None:
    """Refuse a choice that an option does not have.

    Raises
    ------
    UnknownChoice
        Naming the option, the value and the choices.
    """
    if value not in allowed:
        choices = ", ".join(repr(choice) for choice in allowed)
        raise UnknownChoice(f"{name} is {value!r}; choose one of {choices}.")


def check_level(level: float) -> None:
    """Refuse a confidence level that is not a share, such as 95.

    Raises
    ------
    UnknownChoice
        If `level` does not lie between 0 and 1.
    """
    if not 0 < level < 1:
        raise UnknownChoice(f"level is {level!r}; give a share between 0 and 1, such as 0.95.")
