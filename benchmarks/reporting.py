"""How long a report on 100,000 respondents and 1,000 partners takes, beside a loop over pingouin.

    python benchmarks/reporting.py [--partners 1000] [--raters 100] [--parts] [--pairs]

The answers are simulated: 11 scales of 3 items, each respondent rates one partner. The ways:

- assess: all that `tillit analyse` computes, with omega, shrunken scores, ranks and factor model.
- same figures: of this only what pingouin has too, by the functions that `assess` calls.
- pingouin: a loop for these figures. Of each scale alpha with Feldt's interval; of each item its
  correlation with the rest, and alpha without it; between partners the analysis of variance with
  ICC(1) and ICC(2) from its mean squares, Welch's and Kruskal and Wallis' tests; of each partner
  the mean with its t interval, and t against the rest, Hedges' g and p by Holm. pingouin has no
  test of two groups with a variance pooled over others: this t is written out, in numpy and scipy.

All have one BLAS thread, as `tillit analyse` has. The largest difference between the figures of
the two is printed too. pingouin has no shrunken scores, ranks, rwg(j), omega or factor model. For
all pairs of partners it has Tukey and Kramer's test, at 8 ms a pair: with `--pairs`, of the 1,225
pairs of 50 partners on one scale; this is in no ratio. With `--parts` instead: what `assess` costs
with each part that is there on request, on 500 rows about 25 partners, whose raters rate six of
them each.
"""

import argparse
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from measuring import Figures, furthest, measured, run, table
from scipy.stats import t as student

from analysis import Scale, assess, simulate
from analysis.aggregation import aggregate_groups
from analysis.alpha import alpha_of_rows
from analysis.alpha_interval import Interval
from analysis.comparisons import compare_groups
from analysis.data import Floats, groups
from analysis.items import item_table
from analysis.moments import Moments
from analysis.partners import partner_scores, score_groups
from analysis.rank_sets import rank_sets
from analysis.scoring import item_matrix, mean_scores
from analysis.simulation import Design

SCALES = tuple(
    Scale(f"scale{number}", tuple(f"scale{number}_{item}" for item in (1, 2, 3)), 1, 5)
    for number in range(1, 12)
)
PARTS: dict[str, dict[str, Any]] = {
    "the default": {},
    "thorough": {"thorough": True},
    "without_flagged": {"without_flagged": True},
    "outcome (drivers)": {"outcome": "scale11"},
    "group (comparability)": {"group": ["language"]},
    "rater (severity)": {"rater": "rater"},
    "composite": {"composite": True},
    "two_level": {"two_level": True},
    "estimator='wlsmv'": {"estimator": "wlsmv"},
    "ci='bootstrap'": {"ci": "bootstrap"},
}


def main() -> None:
    """Measure each way in a process of its own and print seconds, memory and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--partners", type=int, default=1_000)
    parser.add_argument("--raters", type=int, default=100)
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--pairs", action="store_true")
    parser.add_argument("--way")
    given = parser.parse_args()
    if given.way:
        linked = given.way in PARTS
        data = answers(given.partners, given.raters, linked=linked)
        run(WAYS[given.way], data, times=3 if linked else 1)
        return
    if given.parts:
        few = ["--partners", "25", "--raters", "20"]
        table({part: measured(__file__, part, few) for part in PARTS}, "the default")
        return
    size = ["--partners", str(given.partners), "--raters", str(given.raters)]
    found = {way: measured(__file__, way, size) for way in ("assess", "same figures", "pingouin")}
    print(f"{given.partners * given.raters:,} rows, 33 items, {given.partners:,} partners")
    table(found, "same figures")
    apart = furthest(found["same figures"].figures, found["pingouin"].figures)
    for name, difference in apart.items():
        print(f"largest difference in {name}: {difference:.1e}")
    if given.pairs:
        few = ["--partners", "50", "--raters", "100"]
        pairs = {way: measured(__file__, way, few) for way in ("pairs", "pairs, pingouin")}
        print("all pairs of 50 partners, one scale")
        table(pairs, "pairs")


def answers(partners: int, raters: int, *, linked: bool = False) -> pd.DataFrame:
    """Draw answers, one byte each; `linked`: raters of several partners, and two languages."""
    names = tuple(scale.name for scale in SCALES)
    design = Design(partners, raters, each=6 if linked else 1, constructs=names, items=3)
    drawn = simulate(design, seed=1).frame
    columns = {name: drawn[name].to_numpy() for name in drawn.columns if name != "rater" or linked}
    found = pd.DataFrame(columns).astype({item: np.int8 for s in SCALES for item in s.items})
    return found.assign(language=np.arange(len(found)) % 2) if linked else found


def whole(data: pd.DataFrame, **parts: object) -> Figures:
    """Give everything."""
    assess(data, SCALES, partner="partner", **parts)
    return {}


def same(data: pd.DataFrame) -> Figures:
    """Give what pingouin has too, from the sums that `assess` rests on."""
    by = groups(data, "partner")
    found: Figures = {name: [] for name in NAMES}
    for scale in SCALES:
        rows = item_matrix(data, scale)
        scores, moments = mean_scores(rows, scale), Moments.of_items(rows, scale)
        reliability = alpha_of_rows(rows, moments, Interval("feldt", 0.95))
        items = item_table(moments).rows
        between = aggregate_groups(rows, scale, by)
        table_ = score_groups(scores, by, pool=False)
        tests = compare_groups(scores, by)
        found["alpha"].append(reliability.estimate)
        found["item-rest r"] += [row.item_rest_r for row in items]
        found["alpha without item"] += [row.alpha_if_deleted for row in items]
        found["ICC"] += [between.icc1_anova, between.icc2_anova]
        found["tests of all"] += [test.statistic for test in tests.omnibus]
        found["mean of partner"] += [row.mean for row in table_.rows]
        found["t against rest"] += [row.t for row in tests.rows]
        found["p of Holm"] += [row.p_adjusted for row in tests.rows]
        found["g of Hedges"] += [row.hedges_g for row in tests.rows]
    return found


NAMES = (
    "alpha",
    "item-rest r",
    "alpha without item",
    "ICC",
    "tests of all",
    "mean of partner",
    "t against rest",
    "p of Holm",
    "g of Hedges",
)


def loop(data: pd.DataFrame) -> Figures:
    """Ask pingouin for one figure after the other, as its documentation shows."""
    import pingouin as pg  # noqa: PLC0415 - it takes seconds and memory that are not ours

    found: Figures = {name: [] for name in NAMES}
    who = data["partner"].to_numpy()
    members = [who == name for name in np.unique(who)]
    for scale in SCALES:
        items = data[list(scale.items)].astype(float)
        scores = items.mean(axis=1).to_numpy()
        found["alpha"].append(pg.cronbach_alpha(items)[0])
        for item in scale.items:
            others = items.drop(columns=item)
            found["item-rest r"].append(pg.corr(items[item], others.sum(axis=1))["r"].iloc[0])
            found["alpha without item"].append(pg.cronbach_alpha(others)[0])
        scored = pd.DataFrame({"score": scores, "partner": who})
        columns = {"data": scored, "dv": "score", "between": "partner"}
        anova = pg.anova(**columns, detailed=True)
        found["ICC"] += _icc(*anova["MS"], len(scores) / len(members))
        found["tests of all"].append(pg.welch_anova(**columns)["F"].iloc[0])
        found["tests of all"].append(pg.kruskal(**columns)["H"].iloc[0])
        p_values, within = [], float(anova["SS"].iloc[1])
        freedom = len(scores) - len(members)
        for mine in members:
            own, rest = scores[mine], scores[~mine]
            pg.ttest(own, 0)  # for the interval of the mean
            t, g = _against(own, rest, within, freedom)
            found["mean of partner"].append(float(own.mean()))
            found["t against rest"].append(t)
            found["g of Hedges"].append(g)
            p_values.append(2 * student.sf(abs(t), freedom))
        found["p of Holm"] += pg.multicomp(p_values, method="holm")[1].tolist()
    return {name: [float(value) for value in values] for name, values in found.items()}


def _against(own: Floats, rest: Floats, within: float, freedom: int) -> tuple[float, float]:
    """Return t and Hedges' g of one partner against the rest."""
    pooled, squares = within / freedom, float(own.var() * len(own))
    theirs = (within - squares) / (freedom - len(own) + 1)
    of_own = max(squares / (len(own) - 1), pooled) / len(own)
    difference = float(own.mean() - rest.mean())
    t = difference / np.sqrt(of_own + max(theirs, pooled) / len(rest))
    return t, difference / np.sqrt(pooled) * (1 - 3 / (4 * freedom - 1))


def _icc(between: float, within: float, size: float) -> list[float]:
    """Return ICC(1) and ICC(2) of partners with equally many raters."""
    return [
        (between - within) / (between + (size - 1) * within),
        (between - within) / between,
    ]


def pairs(data: pd.DataFrame) -> Figures:
    """Find the pairs of partners that are apart on one scale, and their places."""
    scores = mean_scores(item_matrix(data, SCALES[0]), SCALES[0])
    rank_sets(partner_scores(scores, data["partner"].tolist()), seed=1)
    return {}


def pairs_of_pingouin(data: pd.DataFrame) -> Figures:
    """Test all pairs of partners on one scale."""
    import pingouin as pg  # noqa: PLC0415 - it takes seconds and memory that are not ours

    scored = data.assign(score=data[list(SCALES[0].items)].mean(axis=1))
    pg.pairwise_tukey(scored, dv="score", between="partner")
    return {}


WAYS = {
    "assess": whole,
    "same figures": same,
    "pingouin": loop,
    "pairs": pairs,
    "pairs, pingouin": pairs_of_pingouin,
    **{part: partial(whole, **wanted) for part, wanted in PARTS.items()},
}


if __name__ == "__main__":
    main()
