"""Drivers of an outcome and their shares, as `importance` returns them."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from analysis.readable import Readable

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Driver:
    """One driver.

    Parameters
    ----------
    driver
        Its name.
    share, share_ci_low, share_ci_high
        Share of the outcome's variance that it explains, averaged over all orders in which the
        drivers may enter; the shares add up to R².
    relative, relative_ci_low, relative_ci_high
        The same as a share of R²; these add up to 1.
    behind_ci_low
        Lower end of the interval of how far its share lies below the largest, which has None.
    r
        Correlation with the outcome.
    beta
        Standardized coefficient beside all other drivers.
    performance, performance_ci_low, performance_ci_high
        Mean score, on the metric of the scale, with its t interval.
    """

    driver: str
    share: float
    share_ci_low: float | None
    share_ci_high: float | None
    relative: float | None
    relative_ci_low: float | None
    relative_ci_high: float | None
    behind_ci_low: float | None
    r: float
    beta: float | None
    performance: float
    performance_ci_low: float
    performance_ci_high: float


@dataclass(frozen=True, slots=True, repr=False)
class Importance(Readable):
    """Drivers in the order given, and how much of the outcome they explain together."""

    rows: tuple[Driver, ...]
    outcome: str
    r2: float
    r2_adjusted: float
    level: float
    draws: int
    method: str
    n_used: int
    n_total: int
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists."""
        rows = [asdict(row) for row in self.rows]
        return {**asdict(self), "rows": rows, "notes": list(self.notes)}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per driver as a pandas data frame: importance and performance."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([asdict(row) for row in self.rows])
