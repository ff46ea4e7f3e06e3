"""The gap between two sides over the waves: by hand, where it collapses, and its coverage."""

import numpy as np
import pytest

from analysis.early_warning import widening
from analysis.errors import NotComputable
from analysis.gap_trend import gap_lines
from analysis.gaps import Sample, independent


def drawn(source, means, n, sd=0.7):
    """Return values, partner and wave of one side from a mean and a number of raters per wave."""
    values = [mean + sd * source.standard_normal(k) for mean, k in zip(means, n, strict=True)]
    when = np.repeat(np.arange(1, len(n) + 1), n)
    return np.concatenate(values), ["Acme"] * int(sum(n)), when


def pair(*sides):
    return zip(*sides, strict=True)


def test_a_line_is_a_weighted_sum_of_the_waves():
    source = np.random.default_rng(1)
    sizes = ([6, 9, 4, 12], [5, 3, 8, 7])
    sides = [drawn(source, [3, 3.2, 3.4, 3.6], n) for n in sizes]
    (line,) = gap_lines(*pair(*sides))
    slopes, variances, shares = [], 0.0, []
    for values, _, when in sides:
        fit = np.polyfit(when, values, 1)  # raters weigh alike, so waves weigh by their raters
        slopes.append((fit[0], np.polyval(fit, 1), np.polyval(fit, 4)))
        apart = when - when.mean()
        for wave in range(1, 5):
            own = when == wave
            weight = (apart[own].sum() / (apart**2).sum()) ** 2
            shares.append((weight * values[own].var(ddof=1) / own.sum(), own.sum() - 1))
            variances += shares[-1][0]
    (slope_a, first_a, last_a), (slope_b, first_b, last_b) = slopes
    assert line.slope == pytest.approx(slope_a - slope_b)
    assert (line.first, line.last) == pytest.approx((first_a - first_b, last_a - last_b))
    assert line.se == pytest.approx(np.sqrt(variances))
    assert line.df == pytest.approx(variances**2 / sum(v**2 / df for v, df in shares))
    assert (line.n_waves, line.n_a, line.n_b, line.span) == (4, 31, 23, 3)


def test_with_one_side_that_stands_still_two_waves_are_welch_s_comparison():
    source = np.random.default_rng(2)
    ours = drawn(source, [4, 3], [8, 11])
    still = (np.full(4, 3.0), ["Acme"] * 4, [1, 1, 2, 2])
    (line,) = gap_lines(*pair(ours, still))
    gap = independent(Sample.of(ours[0][8:]), Sample.of(ours[0][:8]), level=0.95, margin=1)
    found = (line.slope, line.se, line.df, line.ci_low)
    assert found == pytest.approx((gap.estimate, gap.se, gap.df, gap.ci_low))


def test_waves_that_one_side_missed_or_few_answered_do_not_enter():
    source = np.random.default_rng(3)
    ours, theirs = drawn(source, [3, 3, 3], [5, 6, 7]), drawn(source, [3, 3, 4], [5, 2, 5])
    (line,) = gap_lines(*pair(ours, theirs), min_n=3)
    assert (line.n_waves, line.n_a, line.span) == (2, 12, 2)
    (hidden,) = gap_lines(*pair(ours, theirs), min_n=6)
    assert hidden.slope is None
    assert "too few" in hidden.suppressed_reason
    once = (theirs[0][:5], theirs[1][:5], theirs[2][:5])
    with pytest.raises(NotComputable, match="both sides answered"):
        gap_lines(*pair(ours, once))


def test_raters_who_all_agree_give_no_interval():
    side = (np.full(4, 3.0), ["Acme"] * 4, [1, 1, 2, 2])
    (line,) = gap_lines(*pair(side, side))
    assert (line.slope, line.se, line.ci_low) == (0, None, None)


@pytest.mark.durability
@pytest.mark.parametrize("sizes", [(5, 5), (6, 14), (20, 20)])
def test_intervals_of_the_slope_cover_at_their_level(sizes):
    source = np.random.default_rng(4)
    inside = []
    for _ in range(2_000):
        ours, theirs = (
            drawn(source, mean, [n] * 4, sd)
            for mean, n, sd in (([3, 3.3, 3.6, 3.9], sizes[0], 0.5), ([3] * 4, sizes[1], 0.9))
        )
        (line,) = gap_lines(*pair(ours, theirs))
        inside.append(line.ci_low <= 0.3 <= line.ci_high)
    assert 0.935 <= np.mean(inside) <= 0.965


@pytest.mark.durability
@pytest.mark.parametrize("ends", [(0, 0), (0, 1), (0.5, 1.5), (-0.5, 0.5)])
def test_intervals_of_the_growth_of_a_gap_are_never_too_narrow(ends):
    source = np.random.default_rng(5)
    inside = []
    for _ in range(2_000):
        ours = drawn(source, 3 + np.linspace(*ends, 4), [8] * 4)
        (place,) = widening(gap_lines(*pair(ours, drawn(source, [3] * 4, [8] * 4))), every=True)
        inside.append(place.ci_low <= abs(ends[1]) - abs(ends[0]) <= place.ci_high)
    assert np.mean(inside) >= 0.935
    if 0 not in ends and ends[0] > 0:
        assert np.mean(inside) <= 0.97
