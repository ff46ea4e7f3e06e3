"""Early warnings: what raises them, what does not, and how often they are false."""

import json

import numpy as np
import pytest

from analysis.change import change, trend
from analysis.coorientation import coorientation
from analysis.early_warning import (
    FALSE_ALARMS,
    RULES,
    falling,
    false_consensus,
    widening_gap,
)
from analysis.errors import BadFrame, NotComputable
from analysis.gaps import Sample, independent
from analysis.rater_spread import spread


def who_of(found):
    return [warning.partner for warning in found]


def test_every_rule_has_a_limit_and_a_rate_of_false_alarms():
    assert set(RULES) == set(FALSE_ALARMS)
    assert all(0 < rate <= 0.07 for rate in FALSE_ALARMS.values())


def waves(source, slopes, raters, times):
    who = np.repeat(np.arange(len(slopes)), raters * len(times))
    when = np.tile(np.repeat(times, raters), len(slopes))
    return 3 + slopes[who] * (when - 1) + 0.7 * source.standard_normal(len(who)), who, when


def test_a_partner_that_surely_falls_is_named():
    source = np.random.default_rng(1)
    slopes = np.array([0.0, -0.8, 0.1, 0.0, 0.2])
    found = falling(trend(*waves(source, slopes, 12, [1, 2, 3])))
    assert who_of(found) == [1]
    (warning,) = found
    assert warning.ci_high < 0 == warning.threshold
    assert "over waves 1 to 3" in warning.evidence


def test_a_fall_within_chance_is_not():
    source = np.random.default_rng(2)
    assert falling(change(*waves(source, np.array([0.0, -0.2, 0.1, 0.0]), 5, [1, 2]))) == ()


def test_the_partners_own_interval_counts():
    source = np.random.default_rng(6)
    table = change(*waves(source, np.array([0.0, -0.9, 0.1, 0.1, 0.0, 0.0]), 7, [1, 2]))
    (warning,) = falling(table)
    assert warning.partner == 1
    row = table.rows[1]
    assert (warning.value, warning.ci_low, warning.ci_high) == (row.slope, row.ci_low, row.ci_high)


def test_a_side_that_wrongly_believes_in_agreement_is_named():
    ours, theirs = [5, 4, 5, 4, 5, 4], [2, 3, 2, 3, 3, 2]
    blind = coorientation(ours, theirs, [4, 4, 5, 4, 5, 4], [2, 3, 3, 3, 3, 2])
    knows = coorientation(ours, theirs, [2, 3, 3, 2, 2, 3])
    found = false_consensus({"Acme": blind, "Berg": knows, "Cask": coorientation(ours, theirs)})
    assert who_of(found) == ["Acme"]
    assert "both sides believe that they are close" in found[0].evidence
    turned = false_consensus({"Acme": coorientation(theirs, ours, [2, 3, 3, 3, 3, 2])})
    assert turned[0].evidence == (
        "The sides lie 2.00 apart, interval 1.30 to 2.70; side A believes that they are close "
        "(within ± 1.0)."
    )
    assert turned[0].value == -2


def two_sides(first, second):
    """Return values, partners and waves of both sides from means per wave, six raters each."""
    noise = np.array([-1, 0, 0, 0, 0, 1])
    values = tuple(np.concatenate([mean + noise for mean in side]) for side in (first, second))
    return values, (["Acme"] * 12,) * 2, (np.repeat([1, 2], 6),) * 2


@pytest.mark.parametrize(
    ("ours", "theirs", "warned"),
    [
        ((4, 4), (4, 2), True),
        ((2, 2), (2, 4), True),  # the gap may grow to either side
        ((4, 4), (2, 4), False),  # it closes
        ((4, 2), (2, 4), False),  # it turns round and stays as large
        ((4, 3), (3, 2), False),
        ((5, 2), (4, 4), False),  # grown by 1, within chance
    ],
)
def test_a_gap_that_surely_grows_is_named(ours, theirs, warned):
    found = widening_gap(*two_sides(ours, theirs))
    assert who_of(found) == (["Acme"] if warned else [])


def test_growth_of_a_gap_has_welch_s_interval_where_two_cells_are_still():
    # The first wave known exactly leaves the difference of two means.
    source = np.random.default_rng(3)
    a, b = source.normal(5, 1, 8), source.normal(2, 1.5, 11)
    still = np.full(2, 3.0)
    values = (np.concatenate([still, a]), np.concatenate([still, b]))
    who = (["x"] * 10, ["x"] * 13)
    (warning,) = widening_gap(values, who, ([1, 1] + [2] * 8, [1, 1] + [2] * 11))
    gap = independent(Sample.of(a), Sample.of(b), level=0.95, margin=1)
    assert (warning.value, warning.ci_low, warning.ci_high) == pytest.approx(
        (gap.estimate, gap.ci_low, gap.ci_high)
    )


def test_a_gap_needs_two_waves_of_both_sides_and_enough_raters():
    values, who, when = two_sides((4, 4), (4, 2))
    assert widening_gap(values, who, when, min_n=7) == ()
    with pytest.raises(NotComputable, match="both sides"):
        widening_gap(values, who, (when[0], np.ones(12)))


def test_raters_who_disagree_more_than_elsewhere_are_named():
    source = np.random.default_rng(4)
    who = np.repeat(list("abcd"), 10)
    values = 3 + np.where(who == "c", 2.0, 0.5) * source.standard_normal(40)
    assert who_of(spread(values, who)) == ["c"]
    assert spread(values, who, min_n=11) == ()
    assert spread(values[:10], who[:10]) == ()  # nobody to compare with
    with pytest.raises(BadFrame, match="one value and one label"):
        spread([1, 2, 3], ["a"])


def test_gaps_are_passed_over():
    source = np.random.default_rng(5)
    who = np.repeat(list("abc"), 9)
    values = np.where(who == "b", 2.0, 0.5) * source.standard_normal(27)
    gaps = np.append(values, [np.nan] * 5)
    assert spread(gaps, [*who, *"abcab"]) == spread(values, who)


def test_warnings_are_plain_when_asked_for():
    (warning,) = widening_gap(*two_sides((4, 4), (4, 2)))
    document = warning.to_dict()
    assert json.dumps(document, allow_nan=False)
    assert document["false_alarms"] == FALSE_ALARMS["widening gap"]
    assert document["limit"] == RULES["widening gap"]


def likert(source, mean):
    """Round a normal score to the mean of two 5-point items."""
    raw = mean + 0.8 * source.standard_normal(len(mean))
    return np.clip(np.rint(raw[:, None] + 0.5 * source.standard_normal((len(mean), 2))), 1, 5).mean(
        1
    )


def alarms(rule, raters, runs, seed, *, mean=3.6, partners=12):
    """Return the share of partners warned of although nothing is wrong."""
    source = np.random.default_rng(seed)
    count = 0
    level = mean + 0.4 * source.standard_normal(partners)
    for _ in range(runs):
        if rule == "spread":
            who = np.repeat(np.arange(partners), raters)
            count += len(spread(likert(source, level[who]), who))
        elif rule == "widening gap":
            who, when = (
                np.repeat(np.arange(partners), 2 * raters),
                np.tile([1, 2], partners * raters),
            )
            values = tuple(likert(source, level[who] + gap) for gap in (0.3, -0.3))
            count += len(widening_gap(values, (who, who), (when, when)))
        else:
            times = 2 if rule == "two waves" else 4
            who = np.repeat(np.arange(partners), times * raters)
            when = np.tile(np.arange(times), partners * raters)
            count += len(falling(trend(likert(source, level[who]), who, when)))
    return count / runs / partners


def alarms_of_consensus(raters, runs, seed, *, gap=0.0, belief=0.0):
    """Return the share of pairs said to be in false consensus although they are not."""
    source = np.random.default_rng(seed)
    count = 0
    for _ in range(runs):
        mean = {"a": 3.2 + gap / 2, "b": 3.2 - gap / 2}
        own_a, own_b = (likert(source, np.full(raters, mean[side])) for side in "ab")
        guess_a, guess_b = (
            likert(source, np.full(raters, mean[side] + step))
            for side, step in (("a", -belief), ("b", belief))
        )
        count += len(false_consensus({"x": coorientation(own_a, own_b, guess_a, guess_b)}))
    return count / runs


@pytest.mark.parametrize("rule", ["two waves", "four waves", "widening gap", "spread"])
def test_alarms_are_rarely_false(rule):
    assert alarms(rule, 8, 40, 1) <= 0.05


@pytest.mark.durability
@pytest.mark.parametrize("mean", [3.0, 3.6, 4.3])
@pytest.mark.parametrize("raters", [5, 10, 20])
@pytest.mark.parametrize("rule", ["two waves", "four waves", "widening gap", "spread"])
def test_alarms_are_no_more_often_false_than_is_said(rule, raters, mean):
    said = FALSE_ALARMS["falling" if "waves" in rule else rule]
    assert alarms(rule, raters, 700, 3, mean=mean) <= said + 0.005


@pytest.mark.durability
@pytest.mark.parametrize("raters", [5, 10, 20])
@pytest.mark.parametrize(("gap", "belief"), [(0.0, 0.0), (0.0, 1.5), (1.5, 1.5)])
def test_false_consensus_is_no_more_often_wrong_than_is_said(raters, gap, belief):
    found = alarms_of_consensus(raters, 4000, 5, gap=gap, belief=belief)
    assert found <= FALSE_ALARMS["false consensus"] + 0.008


def distances(source, sd, n):
    """Return scores and partners, the first of whom has raters who vary by another `sd`."""
    spread_of = np.array([sd, *[0.8] * 7])
    who = np.repeat(np.arange(8), n)
    raw = 3.2 + spread_of[who] * source.standard_normal(len(who))
    noise = 0.5 * source.standard_normal((len(who), 2))
    return np.clip(np.rint(raw[:, None] + noise), 1, 5).mean(axis=1), who


@pytest.mark.durability
@pytest.mark.parametrize("n", [5, 10, 20])
@pytest.mark.parametrize("sd", [0.8, 1.6])
def test_the_interval_of_the_spread_covers_whoever_varies_more(sd, n):
    source = np.random.default_rng(6)
    drawn = [next(iter(spread(*distances(source, sd, n), every=True))) for _ in range(1_500)]
    true = np.mean([place.value for place in drawn])
    inside = np.mean([place.ci_low <= true <= place.ci_high for place in drawn])
    assert 0.935 <= inside <= 0.97
