"""Means of items per partner: those of the rows of its score, and no smaller group in them."""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.disclosure import protect, stands_alone
from analysis.item_means import item_means
from analysis.partners import partner_scores
from analysis.scale import Scale

TRUST = Scale("trust", ("t1", "t2", "t3"), 1, 5)
OPENNESS = Scale("openness", ("o1", "o2"), 1, 5)
GUESS = Scale("trust__meta", ("t1__meta",), 1, 5)


def full(sizes, items=TRUST.items):
    who = np.repeat([f"p{i}" for i in range(len(sizes))], sizes)
    answers = np.random.default_rng(1).integers(1, 6, (len(who), len(items)))
    return pd.DataFrame(answers.astype(float), columns=list(items)).assign(who=who)


@st.composite
def studies(draw, items):
    """Draw partners of 1 to 6 raters, a few without a name, and gaps in some of their answers."""
    sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    who = [name for name, size in zip("abcd", sizes, strict=False) for _ in range(size)]
    who += [None] * draw(st.integers(0, 3))
    source = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    answers = source.integers(1, 6, (len(who), len(items))).astype(float)
    gaps = source.random(answers.shape) < draw(st.sampled_from([0.0, 0.1, 0.4]))
    careful = source.random(4) < draw(st.sampled_from([0.0, 0.5]))  # whole partners without gaps
    kept = [name is None or not careful["abcd".index(name)] for name in who]
    answers[gaps & np.array(kept)[:, None]] = np.nan
    return pd.DataFrame(answers, columns=list(items)).assign(who=who)


def forms(safe, scales, found):
    """Write all published sums, of answers and of their squares and products, as linear forms.

    Items are summed over all rows, scores over all and over each partner, and items over the
    partners of `found`. Returned are weights (sums, answers and products of answers), and the row
    that each column is of.
    """
    sums = []
    for scale in scales:
        given = safe[list(scale.items)].notna()
        scored = given.sum(axis=1) >= scale.needed
        groups = [scored, *(scored & (safe["who"] == who) for who in safe["who"].dropna().unique())]
        sums += [({item: 1.0}, given[item]) for item in scale.items]
        sums += [(scale, rows) for rows in groups if rows.any()]
        sums += [
            ({item: 1.0}, given[item] & (safe["who"] == who))
            for item in scale.items
            for who in found.get(item, ())
        ]
    lines = [form for what, rows in sums for form in both(what, safe, rows)]
    cells = sorted({cell for line in lines for cell in line})
    at = {cell: n for n, cell in enumerate(cells)}
    weights = np.zeros((len(lines), len(cells)))
    for row, line in zip(weights, lines, strict=True):
        row[[at[cell] for cell in line]] = list(line.values())
    return weights, np.array([row for row, *_ in cells])


def both(what, safe, rows):
    """Give a sum over rows, and the sum of squares over the same, by row and answers."""
    one, two = {}, {}
    for row in safe.index[rows]:
        items = (
            [i for i in what.items if pd.notna(safe.loc[row, i])]
            if isinstance(what, Scale)
            else what
        )
        share = {item: 1 / len(items) if isinstance(what, Scale) else 1.0 for item in items}
        one |= {(row, item): weight for item, weight in share.items()}
        for a, b in product(share, repeat=2):
            cell = (row, "*".join(sorted((a, b))))
            two[cell] = two.get(cell, 0) + share[a] * share[b]
    return one, two


def attack(data, scales, min_n, found=None):
    """Return the rows of a sum over fewer than `min_n` rows that all of it together gives.

    Such a sum exists if taking the columns of the other rows alone lowers the rank. Rows with
    the same partner and the same gaps are alike: one choice of how many of each is enough.
    """
    safe = protect(data, scales, "who", min_n)
    found = item_means(data, scales, "who", min_n=min_n) if found is None else found
    weights, owner = forms(safe, scales, found)
    if not weights.size:
        return None
    rank = np.linalg.matrix_rank(weights)
    items = [column for column in data.columns if column != "who"]
    alike = {r: (str(safe.loc[r, "who"]), *safe.loc[r, items].isna()) for r in safe.index}
    rows = dict.fromkeys(owner.tolist())
    for size in range(1, min(min_n, len(rows) + 1)):
        kinds = {tuple(sorted(alike[row] for row in c)): c for c in combinations(rows, size)}
        for chosen in kinds.values():
            if np.linalg.matrix_rank(weights[:, ~np.isin(owner, chosen)]) < rank:
                return chosen
    return None


@settings(max_examples=25, deadline=None)
@given(data=studies(TRUST.items), min_n=st.integers(2, 4), needed=st.sampled_from([0.3, 1.0]))
def test_no_small_group_follows_from_items_of_partners(data, min_n, needed):
    assert attack(data, [Scale("trust", TRUST.items, 1, 5, min_answered=needed)], min_n) is None


@settings(max_examples=8, deadline=None)
@given(data=studies((*TRUST.items, *GUESS.items)), min_n=st.integers(2, 3))
def test_nor_where_some_items_were_guessed(data, min_n):
    assert attack(data, [TRUST, GUESS], min_n) is None


@pytest.mark.durability
@settings(max_examples=600, deadline=None)
@given(data=studies(TRUST.items), min_n=st.integers(2, 5), needed=st.sampled_from([0.3, 0.5, 1.0]))
def test_no_small_group_follows_in_many_studies(data, min_n, needed):
    assert attack(data, [Scale("trust", TRUST.items, 1, 5, min_answered=needed)], min_n) is None


def test_rows_without_answers_of_a_late_partner_stand_alone():
    answers = pd.DataFrame({item: [3.0, 4.0, 2.0, np.nan, np.nan] for item in TRUST.items})
    group = np.array([0, 1, 2, 3, 3])
    assert stands_alone(answers, [TRUST], TRUST.name, group == 3, group, 3)


def test_the_attack_finds_the_rows_that_the_rule_is_for():
    """Five rows with a gap are safe in totals; where items of partners are shown, two are not."""
    data = full([8, 8, 8])
    data.loc[[0, 1, 9, 10, 17], "t2"] = np.nan
    assert item_means(data, [TRUST], "who", min_n=4) == {}
    assert attack(data, [TRUST], 4) is None
    assert attack(data, [TRUST], 4, {item: ["p0"] for item in TRUST.items}) == (0, 1)
    data.loc[[9, 10, 17], "t2"] = 3.0
    data.loc[[2, 3], "t2"] = np.nan  # four rows of one partner: the others are whole
    assert attack(data, [TRUST], 4) is None
    assert set(item_means(data, [TRUST], "who", min_n=4)["t1"]) == {"p1", "p2"}


def test_items_rest_on_the_rows_of_the_score_or_are_not_there():
    data = full([8, 8, 8, 8])
    data.loc[[0, 1, 2, 3, 9, 10, 11], "t2"] = np.nan  # seven rows of two partners have a gap
    found = item_means(data, [TRUST], "who", min_n=3)
    assert {item: sorted(partners) for item, partners in found.items()} == {
        item: ["p2", "p3"] for item in TRUST.items
    }
    for item in TRUST.items:
        rows = {row.partner: row for row in partner_scores(data[item], data["who"]).rows}
        for who, each in found[item].items():
            row = rows[who]
            assert (each.n, each.mean, each.ci_low) == (row.n, row.mean, row.ci_low)


def test_what_all_raters_of_a_partner_say_alike_is_not_told():
    data = full([8, 8])
    data.loc[data["who"] == "p0", "t2"] = 4.0
    assert {who for each in item_means(data, [TRUST], "who", min_n=5).values() for who in each} == {
        "p1"
    }
    assert set(item_means(data, [TRUST], "who")["t2"]) == {"p0", "p1"}  # nobody to protect


def test_what_hidden_rows_answered_changes_nothing():
    items = (*TRUST.items, *OPENNESS.items)
    data = full([7, 6, 3, 9, 5], items)
    data.loc[1, "t2"] = np.nan
    scales = [TRUST, OPENNESS]
    hidden = data[list(items)].notna() & protect(data, scales, "who", 5)[list(items)].isna()
    assert hidden.to_numpy().sum() == 2 + 3 * 5
    other = data.copy()
    other[list(items)] = data[list(items)].where(~hidden, 6 - data[list(items)])
    assert item_means(other, scales, "who", min_n=5) == item_means(data, scales, "who", min_n=5)


@pytest.mark.durability
@pytest.mark.parametrize("raters", [5, 10, 30])
@pytest.mark.parametrize(
    ("shares", "least"),
    [
        ((0.1, 0.2, 0.4, 0.2, 0.1), 0.935),
        ((0.02, 0.08, 0.2, 0.4, 0.3), 0.915),
        ((0.01, 0.02, 0.05, 0.2, 0.72), 0.88),  # at one end of the scale the t interval holds less
    ],
)
def test_intervals_hold_the_mean_less_often_at_the_ends_of_the_scale(raters, shares, least):
    source, points, partners = np.random.default_rng(11), np.arange(1.0, 6.0), 4000
    data = pd.DataFrame(
        {
            "who": np.repeat(np.arange(partners), raters),
            "t1": source.choice(points, partners * raters, p=shares),
        }
    )
    found = item_means(data, [Scale("trust", ("t1",), 1, 5)], "who", min_n=5)["t1"].values()
    truth = float(points @ np.array(shares))
    held = np.mean([each.ci_low <= truth <= each.ci_high for each in found])
    assert len(found) > 0.75 * partners
    assert held >= least
