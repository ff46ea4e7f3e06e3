"""No published number rests on some rows but fewer than min_n, in whatever part of the document."""

import math
import re
from functools import cache

import numpy as np
import polars as pl
import pytest

from analysis import Scale, alpha, assess, protect

LOW, HIGH = 1, 5
NOT_OF_ANSWERS = {
    "format",
    "low",
    "high",
    "n_items",
    "n_partners",
    "level",
    "seed",
    "fiml",
    "min_n",
    "pairs",
    "within",
    "left_out",
    "places",
    "draws",
}
COUNTS = {"n", "n_rows", "n_complete", "n_scored", "n_used"}
OF_PAIRS = {"alpha_standardized", "mean_interitem_r", "sem", "item_rest_r", "alpha_if_deleted"}
COMPLETE = {"alpha_gain", "alpha_gain_low", "alpha_gain_high", "omega_total", "omega_if_deleted"}
OF_COMPLETE = [
    ["alpha"],
    ["clustering"],
    ["alpha_standardized_ci"],
    ["ordinal_alpha"],
    ["omega_total_ci"],
    ["omega_hierarchical"],
    ["split_half"],
]
AGREEMENT = {"rwg_j_median", "rwg_j_negative", "ad_m_median"}
SETS = {f"{kind}_{end}" for kind in ("simultaneous", "marginal") for end in ("low", "high")}
STEPS = {
    "rank_low",
    "rank_high",
    "rwg_j_negative",
    "floor",
    "ceiling",
    "pairs_apart",
    "probabilities",
    "chance_best",
    "chance_top_three",
    "chance_lowest_three",
    "differing",
    "equal",
    *SETS,
}  # jump
FIXED = {"skew", "kurtosis"}  # two or three answers have always the same

SEEDS = [
    *range(18),
    *(pytest.param(seed, marks=pytest.mark.durability) for seed in range(18, 60)),
]


def study(seed):
    """Let a few small partners be rated with many gaps, on scales that may share an item."""
    source = np.random.default_rng(seed)
    sizes = source.integers(1, 9, source.integers(1, 5))
    k, several = int(source.integers(1, 6)), bool(source.random() < 0.6)
    items = [f"i{j}" for j in range(2 * k if several else k)]
    x = source.integers(LOW, HIGH + 1, (sizes.sum(), len(items))).astype(float)
    x[source.random(x.shape) < source.choice([0.05, 0.2, 0.4, 0.6])] = np.nan
    who = np.repeat([f"P{place}" for place in range(len(sizes))], sizes).astype(object)
    who[source.random(len(who)) < 0.1] = None
    data = pl.DataFrame({"who": who, **dict(zip(items, x.T, strict=True))}).fill_nan(None)
    shared = int(several and k > 1 and source.random() < 0.3)
    entry = {"low": LOW, "high": HIGH, "min_answered": float(source.choice([0.3, 0.5, 1.0]))}
    key = {"one": {"items": items[:k], **entry}}
    if several:
        key["two"] = {"items": items[k - shared : 2 * k - shared], **entry}
    options = {
        "partner": str(source.choice(["who", ""])) or None,
        "min_n": int(source.integers(2, 6)),
        "missing": str(source.choice(["pairwise", "listwise"])),
        "ci": str(source.choice(["adf", "feldt"])),
    }
    return data, key, options


def numbers(value, path=()):
    """Yield each number of a document with its path; partners go by name."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from numbers(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            name = inner["partner"] if isinstance(inner, dict) and "partner" in inner else place
            yield from numbers(inner, (*path, name))
    elif isinstance(value, int | float):
        yield path, value


class Rows:
    """Counts the rows from which each number of a document can be computed."""

    def __init__(self, data, key, options):
        scales = Scale.from_key(key)
        self.least = options["min_n"]
        self.pairwise = options["missing"] == "pairwise"
        left = protect(data, scales, options["partner"], self.least)
        self.given = {s.name: left[list(s.items)].to_numpy().astype(float) for s in scales}
        self.given = {name: ~np.isnan(x) for name, x in self.given.items()}
        self.items = {s.name: s.items for s in scales}
        self.needed = {s.name: s.needed for s in scales}
        self.who = np.array(data["who"].to_list(), dtype=object)

    def scored(self, scale):
        return self.given[scale].sum(axis=1) >= self.needed[scale]

    def of_partner(self, scale, name):
        return int(self.scored(scale)[self.who == name].sum())

    def of_partners(self, rows):
        """Count the given rows of each partner that has some."""
        sizes = (int(rows[self.who == name].sum()) for name in {*self.who} - {None})
        return [n for n in sizes if n]

    def paired(self, scale, without=None):
        """Count the rows of the rarest pair of items; the complete ones where it is too rare."""
        given = self.given[scale].astype(int)
        together = given.T @ given
        if not self.pairwise or ((together > 0) & (together < self.least)).any():
            return int(given.all(axis=1).sum())
        kept = [item != without for item in self.items[scale]]
        return int(together[np.ix_(kept, kept)].min())

    def behind(self, path):
        """Return how many rows the number at a path rests on."""
        part, *inner, name = path
        if part in ("distinctness", "factors"):
            several = [given for given in self.given.values() if given.shape[1] > 1]
            return int(np.hstack(several).all(axis=1).sum())
        if part in ("partners", "aggregation", "pooling"):
            return self.behind_partners(inner, name)
        if part in ("comparisons", "chances"):
            return self.behind_partners(inner[:1], name)
        assert part == "scales", f"say on how many rows {path} rests"
        return self.behind_scale(inner, name)

    def behind_partners(self, inner, name):
        if len(inner) > 1:
            return self.of_partner(*inner)
        if name in AGREEMENT:  # partners with too few complete rows are left out
            return max(self.of_partners(self.given[inner[0]].all(axis=1)), default=0)
        return min(self.of_partners(self.scored(inner[0])), default=0)

    def behind_scale(self, inner, name):
        scale, *rest = inner
        if name in OF_PAIRS or (rest, name) == (["alpha"], "estimate"):
            return self.paired(scale, rest[1] if name == "alpha_if_deleted" else None)
        if rest == ["split_half"] and not name.endswith(("_ci_low", "_ci_high")):
            return self.paired(scale)
        if name in COMPLETE or rest[:1] in OF_COMPLETE:
            return int(self.given[scale].all(axis=1).sum())
        if rest[:1] == ["items"]:
            return int(self.given[scale][:, self.items[scale].index(rest[1])].sum())
        assert name in ("mean", "sd", "prorated_share"), f"say on how many rows {name} rests"
        return int(self.scored(scale).sum())


@cache
def document_of(seed):
    """Assess a study once for the tests that read its document."""
    data, key, options = study(seed)
    return assess(data, key, **options).to_dict()


@pytest.mark.parametrize("seed", SEEDS)
def test_each_number_rests_on_enough_rows_or_on_none(seed):
    data, key, options = study(seed)
    document = document_of(seed)
    rows, least = Rows(data, key, options), options["min_n"]
    for path, value in numbers(document):
        if path[-1] in NOT_OF_ANSWERS:
            continue
        if path[-1] in COUNTS:
            assert value == 0 or value >= least, path
        elif path[-1] == "missing":  # rows without an answer to one item, of those shown
            assert 0 <= value <= document["scales"][path[1]]["n_rows"]
        elif path[-1] != "prorated_share" or value:
            assert rows.behind(path) >= least, path


@pytest.mark.parametrize("seed", SEEDS)
def test_nor_does_a_sentence_count_a_few_rows(seed):
    *_, options = study(seed)
    document = document_of(seed)
    notes = [*document["notes"], *document["distinctness"]["notes"]]
    notes += [*document["factors"]["notes"], document["factors"]["reason"] or ""]
    for scale in document["scales"].values():
        notes += [*scale["split_half"]["notes"], *scale["omega_hierarchical"]["notes"]]
        notes += [*scale["notes"], *scale["alpha"]["notes"], *scale["omega_total_ci"]["notes"]]
    for part in document.get("aggregation", {}).values():
        notes += part["notes"]
    texts = [*notes, *(problem["message"] for problem in document["problems"])]
    for text in texts:
        told = re.findall(r"(\d+)(?: to (\d+))?(?: of \d+)? rows?\b", text)
        needed = re.findall(r"needs? (\d+)|(\d+) are needed|fewer than (\d+)", text)
        asked = {int(n) for found in needed for n in found if n}
        for n in {int(n) for found in told for n in found if n} - asked:
            assert n == 0 or n >= options["min_n"], text


@pytest.mark.parametrize(
    "seed", [*range(2), *(pytest.param(n, marks=pytest.mark.durability) for n in range(2, 60))]
)
def test_other_answers_of_a_few_rows_never_change_a_number_alone(seed):
    """Change the answers of each row: a number that any row moves is moved by enough of them."""
    data, key, options = study(seed)
    items = [name for name in data.columns if name != "who"]
    source = np.random.default_rng(seed)
    published = dict(numbers(document_of(seed)))
    movers = {path: set() for path in published}
    for row in range(data.height):
        answers = [
            pl.when((pl.int_range(pl.len()) == row) & pl.col(item).is_not_null())
            .then(pl.lit(source.uniform(LOW, HIGH)))  # no whole number: nothing agrees by chance
            .otherwise(pl.col(item))
            .alias(item)
            for item in items
        ]
        found = dict(numbers(assess(data.with_columns(answers), key, **options).to_dict()))
        for path, value in published.items():
            if path[0] == "factors" and path not in found:
                continue  # with these answers no model can be fitted: a step, as of a rank
            if path[-2:] == ("ordinal_alpha", "n_used") and not found.get(path):
                continue  # two items agree in all rows: no polychoric correlation, a step too
            if not math.isclose(found.get(path, math.nan), value, rel_tol=1e-9, abs_tol=1e-9):
                movers[path].add(row)
    for path, rows in movers.items():
        size = abs(published[path])
        at_an_end = min(size, abs(size - 1)) < 1e-9  # and held there, whatever a single row says
        is_step = not STEPS.isdisjoint(path)  # shares of draws too
        if not is_step and path[-1] not in FIXED and not at_an_end:
            assert not 0 < len(rows) < options["min_n"], path


def gaps(*, flipped=False):
    """Four items answered by forty rows, of which four answered both of the first two."""
    source = np.random.default_rng(4)
    latent = source.normal(3, 1, (40, 1))
    answers = np.clip(np.round(latent + source.normal(0, 0.5, (40, 4))), LOW, HIGH)
    answers[:18, 0], answers[18:36, 1], answers[36:, 2] = np.nan, np.nan, np.nan
    if flipped:
        answers[:, 3] = LOW + HIGH - answers[:, 3]
    return pl.DataFrame(answers, schema=list("abcd")).fill_nan(None)


def test_covariances_are_of_complete_rows_where_few_answered_two_items_together():
    data, scale = gaps(), Scale("s", tuple("abcd"), LOW, HIGH)
    shown, hidden, enough = (
        assess(data, [scale], min_n=least).to_dict()["scales"]["s"] for least in (1, 5, 4)
    )
    assert shown["alpha"]["estimate"] == alpha(data, scale).estimate
    assert hidden["n_scored"] == 40  # scores and items may be shown all the same
    assert all(hidden["items"][item]["mean"] is not None for item in "abcd")
    assert hidden["alpha"]["estimate"] is None
    assert [hidden[name] for name in ("alpha_standardized", "mean_interitem_r", "sem")] == [
        None
    ] * 3
    assert all(row["item_rest_r"] is None for row in hidden["items"].values())
    assert all(row["alpha_if_deleted"] is None for row in hidden["items"].values())
    assert any("Covariances are of complete rows" in note for note in hidden["notes"])
    assert enough["alpha"] == shown["alpha"]
    assert not any("Covariances are" in note for note in enough["notes"])


def test_an_item_is_not_called_reversed_on_the_word_of_a_few():
    data, scale = gaps(flipped=True), Scale("s", tuple("abcd"), LOW, HIGH)
    codes = {
        least: {problem.code for problem in assess(data, [scale], min_n=least).findings}
        for least in (1, 4, 5)
    }
    assert codes == {1: {"looks_reversed"}, 4: {"looks_reversed"}, 5: set()}


def test_copies_are_told_only_if_they_are_many_and_by_their_place_in_the_file():
    source = np.random.default_rng(1)
    rows = source.integers(1, 6, (40, 10))
    names = [f"i{j}" for j in range(10)]
    scale = Scale("s", tuple(names), 1, 5)
    lone = pl.DataFrame(rows[:1], schema=names).select(pl.when(pl.lit(value=False)).then(
        pl.col(name)).alias(name) for name in names)  # fmt: skip
    data = pl.DataFrame(rows, schema=names)

    def told(copies, least):
        frame = pl.concat([lone, data, data[:copies]])
        return [p for p in assess(frame, [scale], min_n=least).findings if "repeat" in p.message]

    assert told(4, 5) == []
    (problem,) = told(6, 5)
    assert problem.message == "6 rows repeat an earlier row in every answer (such as row 42)."
    assert problem.rows == (42, 43, 44, 45, 46, 47)
