"""Sums per partner and wave: all that change over time needs to know about the rows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from analysis.data import Floats, Label
from analysis.errors import BadFrame, NotComputable
from analysis.partner_sums import PartnerSums, coded


@dataclass(frozen=True, slots=True, eq=False)
class WaveSums:
    """Raters, mean and sum of squares, each `(partners, waves)`; mean NaN where n is 0.

    `times` `(waves,)` are the waves' labels if all are whole numbers, also as texts; else 0, 1, 2 …
    """

    partners: tuple[Label, ...]
    waves: tuple[Label, ...]
    times: Floats
    n: Floats
    mean: Floats
    ss: Floats

    @classmethod
    def of(cls, values: ArrayLike, partner: Iterable[object], wave: Iterable[object]) -> "WaveSums":
        """Sum one value per row by partner and wave; rows that lack any of them are left out.

        Parameters
        ----------
        values : array of shape (rows,)
            One score per row; NaN where there is none.
        partner, wave : labels of shape (rows,)
            Who is rated, and when; waves that are numbers come in their order.

        Raises
        ------
        BadFrame
            If they differ in length.

        Examples
        --------
        >>> sums = WaveSums.of([1, 3, 4, 2], ["a", "a", "a", "b"], [1, 1, 2, 2])
        >>> sums.mean.tolist()
        [[2.0, 4.0], [nan, 2.0]]
        """
        scores = np.asarray(values, dtype=np.float64)
        partners, who = coded(partner)
        waves, when = coded(wave)
        if not scores.shape == who.shape == when.shape:
            raise BadFrame(
                f"There are values of shape {scores.shape}, {len(who)} partner labels and "
                f"{len(when)} waves; give one of each per row."
            )
        shape = (len(partners), len(waves))
        cell = np.where((who < 0) | (when < 0), -1, who * shape[1] + when)
        sums = PartnerSums.of_codes(tuple(range(shape[0] * shape[1])), scores, cell)
        stack = {name: getattr(sums, name).reshape(shape) for name in _SUMS}
        return cls(partners, waves, _times(waves), **stack)

    def shown(self, min_n: int) -> "WaveSums":
        """Empty the cells with fewer than `min_n` raters."""
        few = self.n < min_n
        return replace(
            self,
            n=np.where(few, 0.0, self.n),
            mean=np.where(few, np.nan, self.mean),
            ss=np.where(few, 0.0, self.ss),
        )

    def last(self, waves: int) -> "WaveSums":
        """Return the last so many waves.

        Raises
        ------
        NotComputable
            If there are not as many.
        """
        if len(self.waves) < waves:
            raise NotComputable(f"It takes {waves} waves; there are {len(self.waves)}.")
        cut = {name: getattr(self, name)[:, -waves:] for name in _SUMS}
        return replace(self, waves=self.waves[-waves:], times=self.times[-waves:], **cut)

    def since(self, wave: Label) -> "WaveSums":
        """Return an earlier wave and the last, as if they lay one unit of time apart.

        Raises
        ------
        NotComputable
            If there is no such wave before the last.
        """
        if wave not in self.waves[:-1]:
            raise NotComputable(f"There is no wave {wave!r} before the last.")
        two = [self.waves.index(wave), len(self.waves) - 1]
        cut = {name: getattr(self, name)[:, two] for name in _SUMS}
        return replace(self, waves=(wave, self.waves[-1]), times=np.array([0.0, 1.0]), **cut)

    @property
    def within(self) -> tuple[float, float]:
        """Sum of squares within all cells, and its degrees of freedom."""
        return float(self.ss.sum()), float(np.maximum(self.n - 1, 0).sum())


_SUMS = ("n", "mean", "ss")


def _times(waves: tuple[Label, ...]) -> Floats:
    texts = [str(wave) for wave in waves]
    if all(text.removeprefix("-").isdecimal() for text in texts):
        return np.array([int(text) for text in texts], dtype=np.float64)
    return np.arange(len(waves), dtype=np.float64)
