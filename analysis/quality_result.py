"""What the rules of careful answering found: flags, how many of each, where the limits lie."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.readable import Readable

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Rules:
    """From where on an answer sheet is flagged; each holds for one sheet alone, at any n.

    Parameters
    ----------
    least_run, run_share
        Same answer in a row: at least so many items, and this share of the answered ones.
    far, least_pairs, pair_share
        Two items of a scale contradict each other if they lie this share of its range apart;
        at least so many such pairs, and this share of the answered ones.
    seconds_per_item
        Faster than this per answered item.
    """

    least_run: int = 10
    run_share: float = 0.75
    far: float = 0.75
    least_pairs: int = 2
    pair_share: float = 0.1
    seconds_per_item: float = 2.0


@dataclass(frozen=True, slots=True)
class Flag:
    """Why a row is flagged.

    Parameters
    ----------
    row
        Row of the data, counted from 1 without a header.
    rule
        "same_answer", "contradictions", "too_fast" or "instructed_item".
    value, threshold
        What was found, and from where on it is flagged; None where that is no number.
    message
        The same in words.
    kept
        Whether someone has looked at it and decided to keep the row.
    """

    row: int
    rule: str
    value: float | None
    threshold: float | None
    message: str
    kept: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Quality(Readable):
    """What the rules found.

    Parameters
    ----------
    flags
        In the order of the rows.
    counts
        Rule to rows that it flags; only rules that could be applied.
    flagged
        Rows `(n,)` that are flagged and were not kept.
    n_rows
        Rows with an answer.
    rules
        Where the limits lie.
    notes
        What a reader must know, and why a rule was not applied.
    """

    flags: tuple[Flag, ...]
    counts: dict[str, int]
    flagged: NDArray[np.bool_]
    n_rows: int
    rules: Rules
    notes: tuple[str, ...] = ()

    @property
    def n_flagged(self) -> int:
        """Rows that are flagged and were not kept."""
        return int(self.flagged.sum())

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries and lists."""
        return {
            "flags": [asdict(flag) for flag in self.flags],
            "counts": dict(self.counts),
            "n_flagged": self.n_flagged,
            "n_rows": self.n_rows,
            "rules": asdict(self.rules),
            "notes": list(self.notes),
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return the flags as a pandas data frame, one row each."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        columns = list(Flag.__dataclass_fields__)
        return pd.DataFrame([asdict(flag) for flag in self.flags], columns=columns)
