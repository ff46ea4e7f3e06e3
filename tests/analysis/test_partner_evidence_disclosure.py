"""Severity, composites, linked waves: nothing of fewer than min_n, alone or by subtraction."""

import math

import numpy as np
import polars as pl
import pytest

from analysis import Scale, protect
from analysis.assessment import assess
from analysis.composite import composite
from analysis.crossed import crossed
from analysis.cuts import cut, rows
from analysis.disclosure import also_protected
from analysis.partner_evidence import PartnersWanted, partner_evidence
from analysis.scale_assessment import Choices
from analysis.steps import Steps
from analysis.study_parts import Wanted, study_parts

LOW, HIGH = 1, 5
KEY = {
    "a": {"items": ["a0", "a1", "a2"], "low": LOW, "high": HIGH},
    "b": {"items": ["b0"], "low": LOW, "high": HIGH},
}
ITEMS = [item for entry in KEY.values() for item in entry["items"]]
STEPS = {"place", "place_freed", "moved", "rank_low", "rank_high", "df", "n_partners"}  # jump
STEPS |= {f"{kind}_{end}" for kind in ("simultaneous", "marginal") for end in ("low", "high")}
STEPS |= {"pairs", "pairs_apart", "within"}
DRAWN = {"leads_near", "leads_far", "leads_every", "leads_chance"}
DRAWN |= {"chance_best", "chance_top_three", "chance_lowest_three"}
SETS = ("raters", "composite", "two_level", "linked_waves")


def study(seed):
    """Let raters rate sets of partners in two waves, with gaps; now and then one sees it all."""
    source = np.random.default_rng(seed)
    partners = int(source.integers(2, 5))
    sets = [tuple(range(partners))] * int(source.integers(0, 8))
    sets += [(p,) for p in range(partners) for _ in range(source.integers(0, 6))]
    sets += [(0, 1)] * int(source.choice([0, 0, 1, 5]))
    who = [(r, p, w) for r, rated in enumerate(sets) for p in rated for w in (1, 2)]
    there = source.choice([1.0, 1.0, 0.8])
    who = [each for each in who if source.random() < there] or [(0, 0, 2)]
    x = source.integers(LOW, HIGH + 1, (len(who), len(ITEMS))).astype(float)
    x[source.random(x.shape) < source.choice([0.0, 0.0, 0.1])] = np.nan
    data = pl.DataFrame(dict(zip(ITEMS, x.T, strict=True))).fill_nan(None)
    rater, partner, wave = zip(*who, strict=True)
    return data.with_columns(
        rater=pl.Series([f"r{r}" for r in rater]),
        partner=pl.Series([f"p{p}" for p in partner]),
        wave=pl.Series(wave),
    ), int(source.integers(2, 6))


def numbers(value, path=()):
    """Yield each number with its path; partners go by name."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from numbers(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            name = inner.get("partner", place) if isinstance(inner, dict) else place
            yield from numbers(inner, (*path, name))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def parts(data, min_n):
    """Return the numbers of the parts, without what else an assessment would compute."""
    scales, cuts = Scale.from_key(KEY), cut(data, side=None, wave="wave")
    choices = Choices("pairwise", None, 0.95, 1, min_n, "partner")
    main = rows(data, cuts.main)
    ready = protect(main, scales, "partner", min_n)
    wanted = Wanted(wave="wave", partners=PartnersWanted("rater", weights={"a": 2, "b": 1}))
    steps = Steps(None, 1 + wanted.weight)
    found = study_parts((main, ready), cuts, scales, wanted, choices, again=None, steps=steps)
    found = found.to_dict()
    return dict(numbers({name: found[name] for name in SETS if name in found}))


def evidence(data, min_n, **wanted):
    """Return the parts of one wave as their JSON, from the rows that may be published."""
    scales = Scale.from_key(KEY)
    choices = Choices("pairwise", None, 0.95, 1, min_n, "partner")
    ready = protect(data, scales, "partner", min_n)
    return partner_evidence(ready, None, scales, PartnersWanted(**wanted), choices).to_dict()


@pytest.mark.parametrize(
    "seed", [37, 47, *(pytest.param(n, marks=pytest.mark.durability) for n in range(36))]
)
def test_no_count_of_people_is_small(seed):
    data, min_n = study(seed)
    for path, value in parts(data, min_n).items():
        if str(path[-1]).startswith("n_") or path[-1] == "n":
            assert value == 0 or value >= min_n, path


@pytest.mark.durability
@pytest.mark.parametrize("seed", [35, 37, 47])
def test_other_answers_of_a_few_rows_never_change_a_number_alone(seed):
    data, min_n = study(seed)
    source = np.random.default_rng(seed)
    published = parts(data, min_n)
    movers = {path: set() for path in published}
    for row in range(data.height):
        answers = [
            pl.when((pl.int_range(pl.len()) == row) & pl.col(item).is_not_null())
            .then(pl.lit(source.uniform(LOW, HIGH)))  # no whole number: nothing agrees by chance
            .otherwise(pl.col(item))
            .alias(item)
            for item in ITEMS
        ]
        found = parts(data.with_columns(answers), min_n)
        for path, value in published.items():
            if not math.isclose(found.get(path, math.nan), value, rel_tol=1e-9, abs_tol=1e-9):
                movers[path].add(row)
    for path, moved_by in movers.items():
        size = abs(published[path])
        at_an_end = min(size, abs(size - 1)) < 1e-9  # and held there, whatever a single row says
        if path[-1] not in STEPS | DRAWN and not at_an_end:
            assert not 0 < len(moved_by) < min_n, path


@pytest.mark.durability
def test_enough_of_these_studies_show_something():
    shown = dict.fromkeys(("raters", "composite", "linked_waves"), 0)
    for seed in range(60):
        tops = {path[0] for path, _ in parts(*study(seed)).items() if path[1] != "weights"}
        for name in shown:
            shown[name] += name in tops
    assert min(shown.values()) >= 8, shown


def lone_link():
    """Twelve raters of one partner each, and one who rates two: the only link."""
    source = np.random.default_rng(3)
    who = ["p0"] * 6 + ["p1"] * 6 + ["p0", "p1"]
    rater = [*(f"r{i}" for i in range(12)), "link", "link"]
    x = source.integers(LOW, HIGH + 1, (14, len(ITEMS)))
    data = pl.DataFrame(dict(zip(ITEMS, x.T.tolist(), strict=True)))
    return data.with_columns(partner=pl.Series(who), rater=pl.Series(rater))


def test_scores_freed_from_severity_would_give_a_lone_link_away():
    """At min_n 1 anybody can solve for its two ratings; above, nothing is shown."""
    data = lone_link()
    values = data["b0"].to_numpy().astype(float)
    found = crossed(values, data["rater"].to_list(), data["partner"].to_list())
    if not found.partner_variance:  # then no score tells of anything
        pytest.fail("choose a seed with a variance between partners")
    # An attacker knows who rated whom, the variances, the means and the scores.
    own, mild = found.partner_variance, found.rater_variance
    share = mild / (mild + found.residual_variance)
    twice = mild / (2 * mild + found.residual_variance)
    effects = np.array([row.effect for row in found.rows])
    sums = np.array([row.n * row.mean for row in found.rows]) - found.mu * 7
    # Henderson's equation of a partner: sum less its raters' share = effect (…).
    weights = np.array([[1 - twice - (1 - share), -twice], [-twice, 1 - twice - (1 - share)]])
    held = (1 - share) * 6 + (1 - twice)
    left = np.array([[held, -twice], [-twice, held]]) + np.eye(2) * found.residual_variance / own
    ratings = np.linalg.solve(weights, left @ effects - (1 - share) * sums) + found.mu
    assert ratings == pytest.approx(values[-2:], abs=1e-6)
    guarded = evidence(data, 3, rater="rater")
    for scale in guarded["raters"]["scales"].values():
        assert scale["partners"] == []
        assert "what single raters answered" in scale["reason"]


def test_sets_of_partners_with_enough_raters_are_shown():
    source = np.random.default_rng(1)
    who = [(r, p) for r in range(10) for p in range(5)]
    level = source.normal(0, 0.6, 5)
    columns = {
        item: [int(np.clip(round(3 + level[p] + source.normal()), 1, 5)) for _, p in who]
        for item in ITEMS
    }
    rater, partner = zip(*who, strict=True)
    data = pl.DataFrame({**columns, "rater": rater, "partner": [f"p{p}" for p in partner]})
    shown, plain = (evidence(data, n, rater="rater", composite=True) for n in (5, 1))
    assert shown["raters"] == plain["raters"]
    assert shown["composite"] == plain["composite"]


def test_a_composite_tells_no_more_than_the_means_of_its_scales():
    source = np.random.default_rng(2)
    sizes = {"p0": 8, "p1": 9, "p2": 7, "p3": 8}
    who = [name for name, n in sizes.items() for _ in range(n)]
    data = pl.DataFrame(
        {item: source.integers(LOW, HIGH + 1, len(who)).tolist() for item in ITEMS}
    ).with_columns(partner=pl.Series(who))
    gap = pl.int_range(pl.len()) == 0  # one of p0's raters has no score on b
    data = data.with_columns(b0=pl.when(gap).then(None).otherwise("b0"))
    scales, weights = Scale.from_key(KEY), {"a": 0.5, "b": 0.5}
    # The mean of the composites of those who have both would give away who lacks one.
    table = composite(data, scales, weights, partner="partner").table.rows[0]
    own = data.filter(partner="p0")
    a = own.select(pl.mean_horizontal("a0", "a1", "a2")).to_series()
    of_the_one = 8 * a.mean() - (2 * 7 * table.mean - own["b0"].drop_nulls().sum())
    assert of_the_one == pytest.approx(a[0])
    found = assess(data, KEY, partner="partner", min_n=4, weights=weights).to_dict()
    for place, row in enumerate(found["composite"]["partners"]):
        means = [found["partners"][scale][place]["mean"] for scale in "ab"]
        assert row["mean"] == pytest.approx(sum(means) / 2)


def test_a_hidden_partner_or_scale_leaves_no_trace_in_the_composite():
    source = np.random.default_rng(4)
    who = [name for name, n in {"p0": 8, "p1": 9, "p2": 2}.items() for _ in range(n)]
    data = pl.DataFrame(
        {item: source.integers(LOW, HIGH + 1, len(who)).tolist() for item in ITEMS}
    ).with_columns(partner=pl.Series(who))
    found, absent = (
        evidence(frame, 4, composite=True)["composite"]
        for frame in (data, data.filter(pl.col("partner") != "p2"))
    )
    assert [row for row in found["partners"] if row["partner"] != "p2"] == absent["partners"]
    apart = {"partners": [], "notes": []}
    assert {**found, **apart} == {**absent, **apart}
    assert [note for note in found["notes"] if note not in absent["notes"]] == [
        "Ranks are among the 2 partners shown."
    ]
    few = data.with_columns(b0=pl.when(pl.int_range(pl.len()) < 2).then("b0").otherwise(None))
    nothing = evidence(few, 4, composite=True)["composite"]
    assert nothing["partners"] == []
    assert nothing["reason"]


def test_groups_of_rows_are_checked_as_partners_are():
    scale = Scale("a", ("a0", "a1", "a2"), LOW, HIGH)
    source = np.random.default_rng(5)
    for _ in range(30):
        n, min_n = int(source.integers(4, 14)), int(source.integers(2, 5))
        x = source.integers(LOW, HIGH + 1, (n, 3)).astype(float)
        x[source.random(x.shape) < 0.1] = np.nan
        cells = source.integers(0, 3, n)
        data = pl.DataFrame(dict(zip(scale.items, x.T, strict=True))).fill_nan(None)
        named = data.with_columns(cell=pl.Series(cells.tolist()))
        after = protect(named, [scale], "cell", min_n).select(scale.items)
        whole = after.equals(data)
        assert also_protected(data, [scale], "a", cells, min_n) == whole
