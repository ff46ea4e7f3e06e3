"""What an item takes from alpha: by definition, by a bootstrap, and coverage of the intervals."""

import numpy as np
import pandas as pd
import pytest

from analysis import Scale, alpha
from analysis.alpha_interval import alpha_influence
from analysis.covariance import alpha_of_covariance
from analysis.errors import NotComputable
from analysis.influence import margin
from analysis.item_gains import item_gains

NAMES = ("a", "b", "c", "d")
SCALE = Scale("trust", NAMES, 1, 5)
LOADINGS = np.array([0.8, 0.7, 0.75, 0.15])


def answers(source, n, loadings=LOADINGS):
    factor = source.standard_normal((n, 1))
    raw = loadings * factor + np.sqrt(1 - loadings**2) * source.standard_normal((n, len(loadings)))
    return np.clip(np.round(3.4 + 1.1 * raw), 1, 5)


def frame(rows):
    return pd.DataFrame(rows, columns=list(NAMES))


def test_a_gain_is_alpha_without_the_item_less_alpha():
    data = frame(answers(np.random.default_rng(1), 80))
    data.loc[3, "a"] = np.nan
    whole = data.dropna()
    for place, found in enumerate(item_gains(data, SCALE)):
        rest = Scale("rest", [name for name in NAMES if name != NAMES[place]], 1, 5)
        wanted = alpha(whole, rest).estimate - alpha(whole, SCALE).estimate
        assert found.item == NAMES[place]
        assert found.gain == pytest.approx(wanted, abs=1e-12)
        assert found.ci_low < found.gain < found.ci_high


def test_the_width_is_that_of_a_bootstrap():
    source = np.random.default_rng(2)
    rows = answers(source, 400)
    found = item_gains(frame(rows), SCALE, level=1 - 0.05 * 4)[3]
    draws = []
    for _ in range(1_500):
        drawn = np.cov(rows[source.integers(0, 400, 400)].T)
        draws.append(alpha_of_covariance(drawn[:3, :3]) - alpha_of_covariance(drawn))
    low, high = np.quantile(draws, [0.025, 0.975])
    assert (found.ci_high - found.ci_low) / (high - low) == pytest.approx(1, abs=0.08)


def test_the_influence_is_that_of_alpha_without_the_item_less_that_of_alpha():
    rows = answers(np.random.default_rng(4), 60)
    for place, found in enumerate(item_gains(frame(rows), SCALE, level=0.8)):
        moved = alpha_influence(np.delete(rows, place, axis=1)) - alpha_influence(rows)
        half = float(margin(moved, 0.95))
        assert found.ci_high - found.gain == pytest.approx(half, rel=1e-10)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"a": 3}, "constant"),
        ({"a": np.nan}, "needs 5 complete rows"),
    ],
)
def test_where_there_is_no_alpha_there_is_no_gain(change, why):
    data = frame(answers(np.random.default_rng(1), 30)).assign(**change)
    with pytest.raises(NotComputable, match=why):
        item_gains(data, SCALE)
    with pytest.raises(NotComputable, match="needs 3 items"):
        item_gains(data, Scale("short", ("b", "c"), 1, 5))


@pytest.mark.durability
@pytest.mark.parametrize("n", [100, 300])
def test_all_intervals_together_hold_the_truth(n):
    source = np.random.default_rng(n)
    large = np.cov(answers(source, 2_000_000).T)
    truth = [
        alpha_of_covariance(np.delete(np.delete(large, i, 0), i, 1)) - alpha_of_covariance(large)
        for i in range(4)
    ]
    held, draws = np.zeros(5), 4_000
    for _ in range(draws):
        data = frame(answers(source, n))
        inside = [
            each.ci_low <= value <= each.ci_high
            for each, value in zip(item_gains(data, SCALE, level=0.95), truth, strict=True)
        ]
        held += [*inside, all(inside)]
    *single, together = held / draws
    assert 0.935 <= together <= 0.965
    assert all(0.975 <= share <= 0.998 for share in single)
