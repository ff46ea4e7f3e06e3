"""What partial comparability found: which items differ, by how much, and what may be compared."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from analysis.data import Label
from analysis.invariance_steps import Step
from analysis.readable import Readable

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class FreedItem:
    """An item that differs between groups.

    Parameters
    ----------
    item, factor
        Names.
    parameter
        "loading" or "intercept".
    chisq, df, p
        Score test of its equality when it was set free; None for the intercept of an item whose
        loading is free, which is set free with it, and for an item with which no model could be
        fitted.
    by_group
        The parameter in each group: a loading in points of the answer per standard deviation of
        the factor in the first group; an intercept as the answer at the factor's mean there.
    lowest, highest
        Groups with the smallest and the largest value.
    difference
        The largest less the smallest.
    """

    item: str
    factor: str
    parameter: str
    chisq: float | None
    df: int | None
    p: float | None
    by_group: tuple[float, ...]
    lowest: Label
    highest: Label
    difference: float


@dataclass(frozen=True, slots=True)
class LatentMean:
    """How far a group lies from the first one.

    Parameters
    ----------
    group, factor
        Names.
    mean
        With the freed items free, in standard deviations of the factor in the first group.
    mean_all_equal
        The same if every item is taken as equal; None where that is not estimable.
    """

    group: Label
    factor: str
    mean: float
    mean_all_equal: float | None


@dataclass(frozen=True, slots=True, repr=False)
class Partial(Readable):
    """What is equal once some items are free.

    Parameters
    ----------
    steps
        "metric" and "scalar" with the freed items free, each against the step before; a step that
        holds in full is there as it was.
    freed
        In the order in which they were set free.
    means
        Of each group but the first; empty unless they may be compared.
    reason
        Why nothing was sought, or where the search ended; None if it succeeded.
    comparable
        Whether latent means may be compared.
    """

    steps: tuple[Step, ...]
    freed: tuple[FreedItem, ...]
    means: tuple[LatentMean, ...]
    reason: str | None
    comparable: bool

    @property
    def sentence(self) -> str:
        """Say what may be compared, and without which items."""
        if self.reason:
            return f"Latent means may not be compared, not even without some items: {self.reason}."
        names = ", ".join(f"the {row.parameter} of {row.item!r}" for row in self.freed)
        return (
            f"With {names} free, the rest is equal: latent means may be compared, scores only of "
            "the items that are equal."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain dictionaries and lists."""
        return {
            "steps": [asdict(step) for step in self.steps],
            "freed": [{**asdict(row), "by_group": list(row.by_group)} for row in self.freed],
            "means": [asdict(row) for row in self.means],
            "reason": self.reason,
            "comparable": self.comparable,
            "sentence": self.sentence,
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per freed parameter as a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([asdict(row) for row in self.freed])
