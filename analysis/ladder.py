"""What a ladder of ever stricter factor models says about the comparability of groups."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from analysis.data import Label
from analysis.invariance_steps import Step
from analysis.partial import Partial
from analysis.readable import Readable

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, repr=False)
class Ladder(Readable):
    """Whether groups can be compared, from the least to the most that is equal.

    Parameters
    ----------
    column, groups, sizes
        Column that parts the rows; its labels; complete rows of each.
    steps
        The four steps; five with ordinal answers.
    estimator
        "ml", "mlr" or "wlsmv".
    n_used, n_total
        Rows that entered; rows in the data.
    partial
        Which items must differ for the rest to be equal; None unless asked for, or where there
        is nothing to seek.
    """

    column: str
    groups: tuple[Label, ...]
    sizes: tuple[int, ...]
    steps: tuple[Step, ...]
    estimator: str
    n_used: int
    n_total: int
    partial: Partial | None = None

    @property
    def reached(self) -> str | None:
        """Return the last step of those that hold one after another."""
        last = None
        for step in self.steps:
            if not step.holds:
                break
            last = step.name
        return last

    @property
    def sentence(self) -> str:
        """Say what may be compared across the groups."""
        if self.steps[0].fit is None:
            return (
                f"Whether the scales mean the same across {self.column} is not estimable, because "
                f"{self.steps[0].reason}."
            )
        said = _SAID[self.reached]
        unknown = next((step for step in self.steps if step.fit is None), None)
        rest = f" Not estimable: {unknown.name}, because {unknown.reason}." if unknown else ""
        more = f" {self.partial.sentence}" if self.partial and self.partial.steps else ""
        return f"Across {self.column}, {said}.{rest}{more}"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain dictionaries and lists."""
        return {
            **asdict(self),
            "groups": list(self.groups),
            "sizes": list(self.sizes),
            "steps": [asdict(step) for step in self.steps],
            "partial": None if self.partial is None else self.partial.to_dict(),
            "reached": self.reached,
            "sentence": self.sentence,
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per step as a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        rows = [{**asdict(step), **(asdict(step.fit) if step.fit else {})} for step in self.steps]
        return pd.DataFrame(rows).drop(columns="fit")


_SAID = {
    None: "the items do not even go with the same scales: compare nothing",
    "configural": "items go with the same scales but weigh differently: compare neither scores "
    "nor their relations",
    "thresholds": "answers are cut at the same thresholds but items weigh differently: compare "
    "neither scores nor their relations",
    "metric": "items weigh alike but start from different levels: relations may be compared, "
    "means may not",
    "scalar": "scores mean the same: means may be compared",
    "strict": "scores mean the same and are equally exact: means may be compared",
}
