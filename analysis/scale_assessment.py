"""All statistics of one scale together, as the report and the JSON give them."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from analysis.alpha import alpha_of_rows, error_of_moments
from analysis.alpha_interval import Interval
from analysis.clustering import Clustering, clustering
from analysis.clusters import Clusters
from analysis.data import Floats, Frame
from analysis.errors import NotComputable
from analysis.estimate import Estimate
from analysis.hierarchical import HierarchicalOmega, hierarchical_of_moments
from analysis.item_gains import ItemGain, item_gains_of_rows
from analysis.items import InterItem, ItemRow, ItemTable, interitem_of_moments, item_table
from analysis.missingness import missing_kinds
from analysis.moments import Moments
from analysis.omega import omega_of_rows
from analysis.scale import Scale
from analysis.scale_evidence import ScaleEvidence, scale_evidence
from analysis.scoring import item_matrix
from analysis.splits import SplitHalf, split_half_of_moments
from analysis.steps import Progress


@dataclass(frozen=True, slots=True)
class Choices:
    """How the numbers are computed: the options of `assess`, as the report prints them.

    `cluster` is the column whose rows belong together, None if all count as independent.
    `estimator` and `fiml` are of factor models: "ml", "mlr" or "wlsmv", and whether rows with gaps
    enter them. `pairs` asks for all pairs of partners, also of many; `equal_within` is the
    difference in scale points from which partners count as different, None a share of the range.
    """

    missing: str
    ci: str | None
    level: float
    seed: int
    min_n: int
    partner: str | None
    estimator: str = "mlr"
    fiml: bool = False
    cluster: str | None = None
    pairs: bool = False
    equal_within: float | None = None


@dataclass(frozen=True, slots=True)
class ScaleAssessment:
    """One scale.

    Parameters
    ----------
    scale
        Items, range and scoring rule.
    title
        What the scale is called; None if only its name is known.
    n_rows, n_complete, n_scored
        Rows looked at; rows that answered every item; rows with a score.
    prorated_share
        Share of the scores that are means of a part of the items.
    alpha, alpha_standardized, omega, sem
        Reliability, and the standard error of measurement on the scale's metric.
    split_half, hierarchical
        Reliability from halves; how much of it is one general factor's.
    interitem
        Correlations between the items.
    mean, sd
        Of the scores, on the scale's metric.
    items
        Statistics of the items.
    missing_by
        Item to kind to rows without an answer; only of items whose data say the kind.
    gains
        Item to what alpha would gain without it; empty where that cannot be computed.
    evidence
        Other reliabilities, omega without each item, how the answers spread.
    notes
        What a reader must know, in sentences.
    clustering
        How rows belong together, such as those of one partner; None without a column for it.
    """

    scale: Scale
    title: str | None
    n_rows: int
    n_complete: int
    n_scored: int
    prorated_share: float
    alpha: Estimate
    alpha_standardized: Estimate
    omega: Estimate
    sem: Estimate
    split_half: SplitHalf
    hierarchical: HierarchicalOmega
    interitem: InterItem
    mean: float | None
    sd: float | None
    items: ItemTable
    missing_by: Mapping[str, dict[str, int]]
    gains: Mapping[str, ItemGain]
    evidence: ScaleEvidence
    notes: tuple[str, ...]
    clustering: Clustering | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the scale as its part of the JSON."""
        alpha, omega_total = self.alpha.to_dict(), self.omega.to_dict()
        halves = _part(self.split_half.to_dict(), _HALVES)
        general = _part(self.hierarchical.to_dict(), _HIERARCHICAL)
        return {
            **({} if self.title is None else {"title": self.title}),
            "low": self.scale.low,
            "high": self.scale.high,
            "n_items": self.scale.k,
            "n_rows": self.n_rows,
            "n_complete": self.n_complete,
            "n_scored": self.n_scored,
            "clustering": None if self.clustering is None else self.clustering.to_dict(),
            "prorated_share": self.prorated_share,
            "alpha": {name: alpha[name] for name in _ESTIMATE},
            "alpha_standardized": self.alpha_standardized.estimate,
            "omega_total": self.omega.estimate,
            "omega_total_ci": {name: omega_total[name] for name in _ESTIMATE[1:]},
            **self.evidence.of_scale(),
            "split_half": {**halves, **self.evidence.of_halves(halves["notes"])},
            "omega_hierarchical": self.evidence.of_general(general),
            "mean_interitem_r": self.interitem.mean,
            "mean": self.mean,
            "sd": self.sd,
            "sem": self.sem.estimate,
            "items": {row.item: self._item(row) for row in self.items.rows},
            "notes": list(self.notes),
        }

    def _item(self, row: ItemRow) -> dict[str, Any]:
        numbers = asdict(row)
        name = numbers.pop("item")
        gain, kinds = self.gains.get(name), self.missing_by.get(name)
        numbers |= {key: getattr(gain, part, None) for key, part in _GAIN.items()}
        numbers |= self.evidence.of_item(name)
        return numbers if kinds is None else {**numbers, "missing_by": dict(kinds)}


def _part(document: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: document[name] for name in names}


_GAIN = {"alpha_gain": "gain", "alpha_gain_low": "ci_low", "alpha_gain_high": "ci_high"}
_HALVES = ("spearman_brown", "lambda2", "lambda4", "lambda6", "method", "notes")
_HIERARCHICAL = ("omega_h", "explained", "notes")
_ESTIMATE = ("estimate", "ci_low", "ci_high", "method", "n_used", "notes")


def assess_scale(
    data: Frame,
    scale: Scale,
    choices: Choices,
    *,
    title: str | None,
    notes: tuple[str, ...],
    progress: Progress | None = None,
) -> ScaleAssessment:
    """Compute all statistics of one scale.

    Parameters
    ----------
    data
        One row per respondent, ready to be published: checked, and protected if need be.
    scale
        The scale.
    choices
        Options of the statistics.
    title, notes
        What is already known of the scale.
    progress
        Called with the resamples that are done, and their number.

    Returns
    -------
    ScaleAssessment
        Where a number is None, a note says why.
    """
    rows = item_matrix(data, scale)
    moments = Moments.of_items(rows, scale)
    missing = choices.missing
    together = None if choices.cluster is None else Clusters.of(data, choices.cluster)
    alike = None if choices.ci == "feldt" else together  # Feldt's interval knows no clusters
    interval = Interval(choices.ci, choices.level, choices.seed, progress=progress, clusters=alike)
    items = item_table(moments, missing)
    between = interitem_of_moments(moments, missing)
    alone = Interval(None, choices.level, standardized=True)
    standardized = alpha_of_rows(rows, moments, alone, missing)
    error = error_of_moments(moments, missing)
    halves = split_half_of_moments(moments, missing, seed=choices.seed)
    options: dict[str, Any] = {"missing": missing, "level": choices.level, "clusters": together}
    more = scale_evidence(data, rows, moments, halves, **options, intervals=choices.ci is not None)
    spread = moments.score_variance()
    found = [*notes, *standardized.notes, *between.notes, *items.notes, *error.notes]
    found += more.omega_notes
    if moments.score_n < 2:
        few = "only 1 row has" if moments.score_n else "no row has"
        found.append(f"no {'sd' if moments.score_n else 'mean or sd'}: {few} a score")
    return ScaleAssessment(
        scale=scale,
        title=title,
        n_rows=moments.n_rows,
        n_complete=moments.complete_n,
        n_scored=moments.score_n,
        prorated_share=moments.n_prorated / moments.score_n if moments.score_n else 0.0,
        alpha=alpha_of_rows(rows, moments, interval, missing),
        alpha_standardized=standardized,
        omega=omega_of_rows(rows, moments, level=choices.level, clusters=together),
        sem=error,
        split_half=halves,
        hierarchical=hierarchical_of_moments(moments),
        interitem=between,
        mean=_number(moments.score_mean()),
        sd=None if math.isnan(spread) else math.sqrt(max(spread, 0.0)),
        items=items,
        missing_by=missing_kinds(data, scale, min_n=choices.min_n),
        gains=_gains(rows, scale, choices.level, together),
        evidence=more,
        notes=tuple(dict.fromkeys(found)),
        clustering=clustering(data, rows, choices.cluster, choices.partner),
    )


def _gains(
    rows: Floats, scale: Scale, level: float, clusters: Clusters | None
) -> dict[str, ItemGain]:
    try:
        return {gain.item: gain for gain in item_gains_of_rows(rows, scale, level, clusters)}
    except NotComputable:
        return {}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
