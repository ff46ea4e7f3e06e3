"""No number of the evidence on scales is moved by some rows but fewer than min_n."""

import math

import numpy as np
import polars as pl
import pytest

from analysis import Scale, protect
from analysis.cuts import cut, rows
from analysis.scale_assessment import Choices
from analysis.scale_evidence_parts import EvidenceWanted, evidence_parts

LOW, HIGH = 1, 5
STEPS = {"risen", "fallen", "n_used", "df", "df_change", "draws", "level"}
STEPS |= {"thresholds"}  # they jump, as a floor does
LEAST = 4


def study(seed):
    """Rate a few small partners in two waves, by raters of whom some stay, with gaps."""
    source = np.random.default_rng(seed)
    raters = int(source.integers(14, 26))
    who = np.array([(wave, r) for wave in (1, 2) for r in range(raters)])
    who = who[source.random(len(who)) < source.choice([0.8, 0.95, 1.0])]
    level = source.normal(3, 0.8, raters)[who[:, 1], None]
    items = [f"{name}{i}" for name in "ab" for i in range(3)]
    x = np.clip(np.rint(level + source.normal(0, 0.8, (len(who), 6))), LOW, HIGH)
    x[source.random(x.shape) < source.choice([0.0, 0.02, 0.1])] = np.nan
    data = pl.DataFrame(dict(zip(items, x.T, strict=True))).fill_nan(None)
    marks = {"wave": who[:, 0], "rater": who[:, 1], "partner": who[:, 1] % 3}
    return data.with_columns(**{name: pl.Series(value) for name, value in marks.items()}), items


def numbers(value, path=()):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from numbers(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from numbers(inner, (*path, place))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def published(data):
    """Return the numbers of the parts on request."""
    scales = tuple(Scale(name, tuple(f"{name}{i}" for i in range(3)), LOW, HIGH) for name in "ab")
    choices = Choices("pairwise", None, 0.95, 1, LEAST, "partner")
    cuts = cut(data, side=None, wave="wave")
    main = protect(rows(data, cuts.main), scales, "partner", LEAST)
    cells = {key: protect(cell, scales, "partner", LEAST) for key, cell in cuts.cells.items()}
    guarded = type(cuts)(cells, cuts.sides, cuts.waves, cuts.main, cuts.notes)
    wanted = EvidenceWanted(thorough=True, retest="rater", wave="wave", group=("wave",))
    return dict(numbers(evidence_parts(main, guarded, scales, wanted, choices).to_dict()))


@pytest.mark.durability
@pytest.mark.parametrize("seed", [3, 9])
def test_other_answers_of_a_few_rows_never_change_a_number_alone(seed):
    data, items = study(seed)
    source = np.random.default_rng(seed)
    before = published(data)
    movers = {path: set() for path in before}
    for row in range(data.height):
        here = pl.int_range(pl.len()) == row
        changed = [
            pl.when(here & pl.col(item).is_not_null())
            .then(pl.lit(float(source.integers(LOW, HIGH + 1))) * 0.9 + 0.3)
            .otherwise(pl.col(item))
            .alias(item)
            for item in items
        ]
        after = published(data.with_columns(changed))
        for path, value in before.items():
            if not math.isclose(after.get(path, math.nan), value, rel_tol=1e-9, abs_tol=1e-9):
                movers[path].add(row)
    for path, moved in movers.items():
        if not STEPS & set(path) and min(abs(before[path]), abs(abs(before[path]) - 1)) > 1e-9:
            assert not 0 < len(moved) < LEAST, path
    assert any(len(moved) > LEAST for moved in movers.values())
