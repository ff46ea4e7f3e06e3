"""No number of the parts on request is moved by some rows but fewer than min_n."""

import math

import numpy as np
import polars as pl
import pytest

from analysis import Scale, assess, protect
from analysis.cuts import cut, rows
from analysis.scale_assessment import Choices
from analysis.steps import Steps
from analysis.study_parts import Wanted, study_parts

LOW, HIGH = 1, 5
STEPS = {"df", "n_flagged"}  # counts of groups, not of answers


def study(seed):
    """Rate a few small partners from two sides in two waves, with guesses and with gaps."""
    source = np.random.default_rng(seed)
    partners = int(source.integers(1, 5))
    cells = [(p, s, w) for p in range(partners) for s in ("ours", "theirs") for w in (1, 2)]
    who = [cell for cell in cells for _ in range(source.integers(1, 9))]
    k = int(source.integers(1, 3))
    own = [f"a{i}" for i in range(k)]
    items = [*own, *(f"{item}__meta" for item in own[: source.integers(1, k + 1)]), "b0", "c0"]
    x = source.integers(LOW, HIGH + 1, (len(who), len(items))).astype(float)
    x[source.random(x.shape) < source.choice([0.0, 0.1, 0.3])] = np.nan
    data = pl.DataFrame(dict(zip(items, x.T, strict=True))).fill_nan(None)
    columns = zip(("partner", "side", "wave"), zip(*who, strict=True), strict=True)
    entry = {"low": LOW, "high": HIGH}
    key = {
        "a": {"items": own, **entry},
        "a__meta": {"items": [item for item in items if item.endswith("__meta")], **entry},
        "b": {"items": ["b0"], **entry},
        "c": {"items": ["c0"], **entry},
    }
    options = {"partner": "partner", "side": "side", "wave": "wave", "outcome": "c"}
    options |= {"without_flagged": True, "min_n": int(source.integers(2, 6))}
    return data.with_columns(**{name: pl.Series(cells) for name, cells in columns}), key, options


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


def parts(data, key, options):
    """Return the numbers of the parts, without what else an assessment would compute."""
    scales, cuts = Scale.from_key(key), cut(data, side="side", wave="wave")
    choices = Choices("pairwise", None, 0.95, 1, options["min_n"], "partner")
    main = rows(data, cuts.main)
    ready = protect(main, scales, "partner", options["min_n"])
    wanted, steps = Wanted(outcome="c"), Steps(None, 1)
    found = study_parts((main, ready), cuts, scales, wanted, choices, again=None, steps=steps)
    document = found.to_dict()
    return dict(numbers({name: document[name] for name in ("two_sides", "waves", "drivers")}))


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(n, marks=pytest.mark.durability) for n in (0, *range(2, 40)))]
)
def test_other_answers_of_a_few_rows_never_change_a_number_alone(seed):
    data, key, options = study(seed)
    items = [name for name in data.columns if name not in ("partner", "side", "wave")]
    source = np.random.default_rng(seed)
    published = parts(data, key, options)
    movers = {path: set() for path in published}
    for row in range(data.height):
        answers = [
            pl.when((pl.int_range(pl.len()) == row) & pl.col(item).is_not_null())
            .then(pl.lit(source.uniform(LOW, HIGH)))  # no whole number: nothing agrees by chance
            .otherwise(pl.col(item))
            .alias(item)
            for item in items
        ]
        found = parts(data.with_columns(answers), key, options)
        for path, value in published.items():
            if not math.isclose(found.get(path, math.nan), value, rel_tol=1e-9, abs_tol=1e-9):
                movers[path].add(row)
    for path, moved_by in movers.items():
        size = abs(published[path])
        at_an_end = min(size, abs(size - 1)) < 1e-9  # and held there, whatever a single row says
        if path[-1] not in STEPS and not at_an_end:
            assert not 0 < len(moved_by) < options["min_n"], path


@pytest.mark.parametrize("seed", range(20))
def test_no_count_is_small(seed):
    data, key, options = study(seed)
    for path, value in parts(data, key, options).items():
        name = str(path[-1])
        if name in ("n_waves", "n_partners", "n_scales"):
            continue
        if name == "n" or name.startswith(("n_", "n_guess")):
            assert value == 0 or value >= options["min_n"], path


def test_the_document_tells_nothing_of_single_rows():
    data, key, options = study(3)
    found = assess(data, key, **options).to_dict()["quality"]
    assert found["flags"] == []
    assert found["n_rows"] is None
    assert all(n is None or n >= options["min_n"] for n in found["counts"].values())
