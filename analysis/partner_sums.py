"""The sums per partner from which scores, variances and reliabilities all follow."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.data import Floats, Groups, Label, in_order
from analysis.errors import BadFrame

_ROUNDING = 1e-13  # share of the scores that is no difference


@dataclass(frozen=True, slots=True)
class PartnerSums:
    """Raters, mean and sum of squares per partner: all that scores and variances need.

    `n`, `mean`, `ss` have shape (partners,); `mean` is NaN where `n` is 0.
    """

    partners: tuple[Label, ...]
    n: Floats
    mean: Floats
    ss: Floats

    @classmethod
    def of(cls, values: ArrayLike, partner: Iterable[object]) -> "PartnerSums":
        """Sum one value per row by partner; rows without a value or a partner are left out.

        Parameters
        ----------
        values : array of shape (rows,)
            One score per row, NaN where there is none.
        partner : labels of shape (rows,)
            Who is rated in each row; None or NaN where that is not known.

        Raises
        ------
        BadFrame
            If the two differ in length.
        """
        names, codes = coded(partner)
        return cls.of_codes(names, np.asarray(values, dtype=np.float64), codes)

    @classmethod
    def of_codes(
        cls, names: tuple[Label, ...], scores: Floats, codes: NDArray[np.intp]
    ) -> "PartnerSums":
        """Sum one score per row by the index of its partner, -1 where that is not known."""
        if scores.shape != codes.shape:
            raise BadFrame(
                f"There are values of shape {scores.shape} and {len(codes)} partner labels; "
                "give one value and one label per row."
            )
        known = (codes >= 0) & ~np.isnan(scores)
        scores, codes = scores[known], codes[known]
        n = np.bincount(codes, minlength=len(names)).astype(np.float64)
        low, high = np.full(len(names), np.inf), np.full(len(names), -np.inf)
        np.minimum.at(low, codes, scores)
        np.maximum.at(high, codes, scores)
        if scores.size and _alike(scores.min(), scores.max()):
            low = np.full(len(names), scores.min())
            high = low
        total = np.bincount(codes, weights=scores, minlength=len(names))
        mean = np.divide(total, n, out=np.full(len(names), np.nan), where=n > 0)
        agree = (n > 0) & _alike(low, high)
        mean = np.where(agree, low, mean)  # raters who agree agree exactly
        squares = (scores - mean[codes]) ** 2
        ss = np.bincount(codes, weights=squares, minlength=len(names)).astype(np.float64)
        return cls(names, n, mean, np.where(agree, 0.0, ss))

    def only(self, chosen: NDArray[np.bool_]) -> "PartnerSums":
        """Return the partners for which `chosen` is true."""
        names = tuple(name for name, kept in zip(self.partners, chosen, strict=True) if kept)
        return PartnerSums(names, self.n[chosen], self.mean[chosen], self.ss[chosen])


def _alike(low: Floats, high: Floats) -> NDArray[np.bool_]:
    """Tell scores that differ by rounding only: means of the same answers, summed otherwise."""
    return np.asarray(high - low <= _ROUNDING * np.maximum(np.abs(low), np.abs(high)))


def coded(partner: Iterable[object]) -> Groups:
    """Return the distinct labels in their order, and the index of each row's label or -1."""
    given = partner if isinstance(partner, list) else list(partner)
    label = {value: _label(value) for value in set(given)}
    names = in_order({name for name in label.values() if name is not None})
    index: dict[Label | None, int] = {name: code for code, name in enumerate(names)}
    index[None] = -1
    code = {value: index[name] for value, name in label.items()}
    return names, np.fromiter(map(code.__getitem__, given), dtype=np.intp, count=len(given))


def _label(value: object) -> Label | None:
    plain = value.item() if isinstance(value, np.generic) else value
    if plain is None or (plain == plain) is not True:  # noqa: PLR0124 - so NaN and NA are found
        return None
    if isinstance(plain, float) and plain.is_integer():
        return int(plain)
    return plain if isinstance(plain, int) else str(plain).strip() or None
