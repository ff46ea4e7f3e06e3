"""What a look at the data can find."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from analysis.readable import Readable

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about the data that a reader must know.

    Parameters
    ----------
    severity
        "refuse": nothing should be computed before it is put right; "warn": read on with care.
    code
        Identifier of the kind of finding.
    scale, item
        Scale and column concerned; None if it concerns no single one.
    rows
        Rows concerned, counted from 1 without a header; None if it concerns no single rows.
    message
        What is there.
    action
        What to do.
    """

    severity: str
    code: str
    scale: str | None
    item: str | None
    rows: tuple[int, ...] | None
    message: str
    action: str


@dataclass(frozen=True, slots=True, repr=False)
class Diagnostics(Readable):
    """What `check` found, the worst first."""

    findings: tuple[Finding, ...]

    @property
    def refused(self) -> tuple[Finding, ...]:
        """Findings that forbid an analysis."""
        return tuple(finding for finding in self.findings if finding.severity == "refuse")

    def to_dict(self) -> dict[str, Any]:
        """Return the findings as plain dictionaries under "findings"."""
        return {"findings": [asdict(finding) for finding in self.findings]}

    def _line(self) -> str:
        """Return how many findings there are."""
        return f"{len(self.findings)} findings"

    def to_frame(self) -> "pd.DataFrame":
        """Return the findings as a pandas data frame, one row each."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        names = list(Finding.__dataclass_fields__)
        return pd.DataFrame([asdict(finding) for finding in self.findings], columns=names)
