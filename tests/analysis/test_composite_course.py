"""Composites over the waves: as scales where there is but one, honest where waves jump."""

import numpy as np
import pandas as pd
import pytest

from analysis.change import change, trend
from analysis.composite_course import (
    CompositeWave,
    composite_lines,
    composite_since,
    composite_wave,
)
from analysis.errors import NotComputable
from analysis.mean_composite import mean_composite
from analysis.scale import Scale

ONE = Scale("trust", ("t1",), 1, 5)
TWO = Scale("openness", ("o1",), 1, 5)


def rows(seed=3, waves=(1, 2, 4), partners=6, raters=8):
    source = np.random.default_rng(seed)
    who = np.tile(np.repeat([f"p{n}" for n in range(partners)], raters), len(waves))
    when = np.repeat(waves, partners * raters)
    answers = source.integers(1, 6, (len(who), 2)).astype(float)
    return pd.DataFrame(answers, columns=["t1", "o1"]).assign(who=who, when=when)


def composites(data, weights):
    scales = (ONE, TWO)
    return {
        float(wave): composite_wave(own, scales, weights, "who", 5)
        for wave, own in data.groupby("when")
    }


@pytest.mark.parametrize("since", [1, 2])
def test_of_one_scale_the_difference_is_that_of_change(since):
    data = rows()
    found = composites(data, {"trust": 1.0})
    moved = composite_since(found[since], found[4])
    for row in change(data["t1"], data["who"], data["when"], since=since).rows:
        own = moved[row.partner]
        assert own.shrunken
        ends = (row.shrunken, row.shrunken_ci_low, row.shrunken_ci_high)
        assert (own.estimate, own.ci_low, own.ci_high) == pytest.approx(ends, abs=1e-8)


def test_change_since_a_wave_is_change_of_these_two_waves_alone():
    data = rows()
    alone = data[data["when"] != 2]
    plain = change(alone["t1"], alone["who"], alone["when"].replace(4, 2))
    found = change(data["t1"], data["who"], data["when"], since=1)
    assert [row.slope for row in found.rows] == pytest.approx([row.slope for row in plain.rows])
    for row, other in zip(found.rows, plain.rows, strict=True):
        assert row.shrunken_ci_low == pytest.approx(other.shrunken_ci_low)
    for wrong in (4, 9):
        with pytest.raises(NotComputable):
            change(data["t1"], data["who"], data["when"], since=wrong)


def test_of_one_scale_lines_are_those_of_trend_where_waves_do_not_jump():
    data = rows()
    lines = composite_lines(composites(data, {"trust": 1.0}))
    table = trend(data["t1"], data["who"], data["when"])
    assert lines.between == 0.0
    for row in table.rows:  # each wave has its own variance here, one for all there
        own = lines.of[row.partner]
        assert own.estimate == pytest.approx(row.slope, abs=0.03)
        assert own.ci_high - own.ci_low == pytest.approx(row.ci_high - row.ci_low, rel=0.1)


def test_a_wave_is_that_of_the_published_composite():
    data = rows(waves=(1,))
    weights = {"trust": 0.25, "openness": 0.75}
    found = composites(data, weights)[1.0]
    names, codes = np.unique(data["who"], return_inverse=True)
    scores = data[["t1", "o1"]].to_numpy()
    table, means = mean_composite(scores, (tuple(names), codes), np.array([0.25, 0.75]), min_n=5)
    assert found.mean.tolist() == [row.mean for row in table.rows]
    assert (found.sigma2, found.freedom) == (pytest.approx(table.sigma2), means.freedom)


def test_fewer_partners_or_waves_tell_less():
    data = rows(partners=1)
    found = composites(data, {"trust": 0.5, "openness": 0.5})
    (moved,) = composite_since(found[1], found[4]).values()
    assert not moved.shrunken
    assert moved.estimate == pytest.approx(float(found[4].mean[0] - found[1].mean[0]))
    assert composite_lines(found).between is None  # one degree of freedom is left
    assert composite_lines({1.0: found[1]}).of == {}
    other = CompositeWave(("else",), found[1].mean, found[1].variance, 1.0, 7.0, found[1].raters)
    assert composite_since(found[1], other) == {}
    alike = data.assign(t1=4.0)
    assert composite_wave(alike, (ONE,), {"trust": 1.0}, "who", 5) is None


def test_the_variance_between_waves_is_where_the_squares_meet_their_expectation():
    data = rows(partners=4)
    found = composites(data, {"trust": 0.5, "openness": 0.5})
    jumpy = {
        t: CompositeWave(w.partners, w.mean + jump, w.variance, w.sigma2, w.freedom, w.raters)
        for (t, w), jump in zip(
            found.items(), np.random.default_rng(1).normal(0, 1, (3, 4)), strict=True
        )
    }
    lines = composite_lines(jumpy)
    total = 0.0
    for place in range(4):
        t = np.array(list(jumpy))
        m = np.array([w.mean[place] for w in jumpy.values()])
        v = np.array([w.variance[place] for w in jumpy.values()]) + lines.between
        slope, level = np.polyfit(t, m, 1, w=1 / np.sqrt(v))
        total += float(((m - level - slope * t) ** 2 / v).sum())
        assert lines.of[f"p{place}"].estimate == pytest.approx(slope)
    assert total == pytest.approx(4)
    calm = composite_lines(found).of["p0"]
    own = lines.of["p0"]
    assert own.ci_high - own.ci_low > calm.ci_high - calm.ci_low


def drawn(source, partners, waves, raters, between, spread):
    """Draw slopes, and composites of waves that follow them with jumps of their own."""
    slopes, found = source.normal(-0.05, spread, partners), {}
    for wave in range(waves):
        level = slopes * wave + source.normal(0, between, partners)
        values = source.normal(level[:, None], 1.0, (partners, raters))
        sigma2 = float(values.var(axis=1, ddof=1).mean())
        names, even = tuple(range(partners)), np.full(partners, sigma2 / raters)
        freedom = partners * (raters - 1.0)
        found[float(wave)] = CompositeWave(
            names, values.mean(axis=1), even, sigma2, freedom, even.astype(int)
        )
    return slopes, found


@pytest.mark.durability
@pytest.mark.parametrize(
    ("partners", "waves", "raters", "between"),
    [(12, 4, 9, 0.0), (12, 4, 9, 0.14), (12, 4, 9, 0.3), (4, 4, 9, 0.2), (12, 2, 9, 0.0)],
)
def test_intervals_of_slopes_hold_the_truth(partners, waves, raters, between):
    source, held = np.random.default_rng(5), []
    for _ in range(4800 // partners):
        slopes, found = drawn(source, partners, waves, raters, between, 0.1)
        lines = composite_lines(found).of
        held += [lines[p].ci_low <= slopes[p] <= lines[p].ci_high for p in range(partners)]
    assert 0.935 <= np.mean(held) <= 0.975


@pytest.mark.durability
@pytest.mark.parametrize(("partners", "raters", "spread"), [(12, 9, 0.3), (5, 6, 0.3), (12, 9, 0)])
def test_intervals_of_shrunken_differences_hold_the_truth(partners, raters, spread):
    source, held = np.random.default_rng(6), []
    for _ in range(3600 // partners):
        slopes, found = drawn(source, partners, 2, raters, 0.0, spread)
        moved = composite_since(found[0.0], found[1.0])
        held += [moved[p].ci_low <= slopes[p] <= moved[p].ci_high for p in range(partners)]
    assert np.mean(held) >= 0.935  # where nothing differs they hold more
