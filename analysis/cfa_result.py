"""What a confirmatory factor analysis found: loadings, factors, fit, and what they say."""

import math
from dataclasses import asdict, dataclass
from itertools import combinations
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtrit

from analysis.data import Floats
from analysis.errors import UnknownChoice
from analysis.fit import Fit
from analysis.readable import Readable

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Loading:
    """One item on its factor.

    Parameters
    ----------
    item, factor
        Names.
    loading, se
        In the metric of the item, factor variance 1.
    standardized, standardized_se, ci_low, ci_high
        In standard deviations of the item; no interval from 1 on.
    uniqueness
        Variance of the item that the factor does not explain, in its metric.
    """

    item: str
    factor: str
    loading: float
    se: float
    standardized: float
    standardized_se: float
    ci_low: float | None
    ci_high: float | None
    uniqueness: float


@dataclass(frozen=True, slots=True)
class Construct:
    """One factor: how well its items measure it, and whether it is distinct.

    Parameters
    ----------
    factor, n_items
        Name; number of items.
    cr
        Composite reliability, from the standardized loadings; None if a uniqueness is negative.
    ave
        Average variance extracted: mean squared standardized loading.
    nearest, nearest_r
        The factor with the largest correlation in size, and that correlation; None if alone.
    fornell_larcker
        Whether its AVE exceeds that correlation squared; None if alone or without AVE.
    """

    factor: str
    n_items: int
    cr: float | None
    ave: float | None
    nearest: str | None
    nearest_r: float | None
    fornell_larcker: bool | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Cfa(Readable):
    """A fitted confirmatory factor model.

    Parameters
    ----------
    factors
        Names of the m factors.
    loadings
        One row per item.
    correlations, correlation_se
        Of the factors, `(m, m)`; the standard error of the diagonal is 0.
    fit
        Indices that assume normal answers.
    robust
        Indices that do not (estimator "mlr"); None otherwise.
    estimator, missing, level
        How it was estimated; level of the intervals.
    n_used, n_total
        Rows that entered; rows in the data.
    proper
        Whether all uniquenesses are positive and the correlations possible.
    notes
        What a reader must know, in sentences.

    References
    ----------
    Fornell & Larcker (1981), Journal of Marketing Research 18, 39-50.
    n_clusters
        Clusters that the errors allow for; None where rows count as independent.
    """

    factors: tuple[str, ...]
    loadings: tuple[Loading, ...]
    correlations: Floats
    correlation_se: Floats
    fit: Fit
    robust: Fit | None
    estimator: str
    missing: str
    level: float
    n_used: int
    n_total: int
    proper: bool
    notes: tuple[str, ...] = ()
    n_clusters: int | None = None

    @property
    def constructs(self) -> tuple[Construct, ...]:
        """Composite reliability, AVE and distinctness of each factor."""
        return tuple(map(self._construct, range(len(self.factors))))

    def sentences(self) -> tuple[str, ...]:
        """Say which factors are not distinct by Fornell & Larcker's criterion."""
        return tuple(
            f"{one} and {other} share {r**2:.2f} of their variance, no less than {low.factor} "
            f"shares with its own items ({low.ave:.2f}): they are not distinct by Fornell and "
            "Larcker's criterion."
            for (one, other), r in self._pairs().items()
            for low in [min(self._known(one, other), key=_ave, default=None)]
            if low is not None and r**2 >= _ave(low)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain dictionaries and lists."""
        return {
            "estimator": self.estimator,
            "missing": self.missing,
            "level": self.level,
            "n_used": self.n_used,
            "n_total": self.n_total,
            "proper": self.proper,
            "fit": self.fit.to_dict(),
            "robust": None if self.robust is None else self.robust.to_dict(),
            "loadings": [asdict(row) for row in self.loadings],
            "constructs": [asdict(row) for row in self.constructs],
            "correlations": self._correlations(),
            "sentences": list(self.sentences()),
            "notes": list(self.notes),
        }

    def to_frame(self, section: str = "loadings") -> "pd.DataFrame":
        """Return a part as a pandas data frame.

        Parameters
        ----------
        section
            "loadings", "constructs" or "correlations", one row each.
        """
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        sections = ("loadings", "constructs", "correlations")
        if section not in sections:
            raise UnknownChoice(f"section is {section!r}; choose one of {', '.join(sections)}.")
        return pd.DataFrame(self.to_dict()[section])

    def _correlations(self) -> list[dict[str, Any]]:
        errors = self.correlation_se[np.triu_indices(len(self.factors), 1)]
        rows = []
        for ((one, other), r), se in zip(self._pairs().items(), errors.tolist(), strict=True):
            low, high = share_interval(r, se, self.level, self.n_clusters) or (None, None)
            found = {"r": r, "se": se, "ci_low": low, "ci_high": high}
            rows.append({"one": one, "other": other, **found})
        return rows

    def _pairs(self) -> dict[tuple[str, str], float]:
        return {
            (self.factors[one], self.factors[other]): float(self.correlations[one, other])
            for one, other in combinations(range(len(self.factors)), 2)
        }

    def _known(self, *factors: str) -> list[Construct]:
        """Return those of the factors that have an AVE."""
        return [row for row in self.constructs if row.factor in factors and row.ave is not None]

    def _construct(self, index: int) -> Construct:
        own = [row.standardized for row in self.loadings if row.factor == self.factors[index]]
        values = np.array(own)
        rest, common = 1 - values**2, values.sum() ** 2
        sound, alone = bool((rest >= 0).all()), len(self.factors) == 1
        size = np.abs(self.correlations[index])
        size[index] = -1.0
        nearest = int(np.argmax(size))
        ave = float((values**2).mean())
        return Construct(
            factor=self.factors[index],
            n_items=len(values),
            cr=float(common / (common + rest.sum())) if sound else None,
            ave=ave if sound else None,
            nearest=None if alone else self.factors[nearest],
            nearest_r=None if alone else float(self.correlations[index, nearest]),
            fornell_larcker=bool(size[nearest] ** 2 < ave) if sound and not alone else None,
        )


def share_interval(
    value: float, se: float, level: float, clusters: int | None = None
) -> tuple[float, float] | None:
    """Return the interval of a correlation or standardized loading by Fisher's z.

    Returns
    -------
    tuple or None
        tanh(artanh v ± z·se/(1 - v²)), with clusters t of one degree of freedom less than these
        for z; None where the value is not between -1 and 1.
    """
    if abs(value) >= 1:
        return None
    z = NormalDist().inv_cdf((1 + level) / 2)
    if clusters is not None:
        z = float(stdtrit(clusters - 1, (1 + level) / 2))
    centre, reach = math.atanh(value), z * se / (1 - value**2)
    return math.tanh(centre - reach), math.tanh(centre + reach)


def _ave(construct: Construct) -> float:
    return math.inf if construct.ave is None else construct.ave
