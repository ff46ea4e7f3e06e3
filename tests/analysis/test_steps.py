"""Whoever watches an assessment is told how far it is, and it ends where it should."""

import numpy as np
import pytest

from analysis import assess, resampling
from analysis.steps import Steps


def test_parts_follow_each_other_and_nothing_passes_the_end():
    told = []
    steps = Steps(lambda done, of: told.append(done / of), 4)
    first = steps.begin(3)
    first(1, 2)
    steps.begin()(5, 0)
    steps.end()
    assert told == [0, 0.375, 0.75, 1, 1]
    Steps(None, 1).begin()(1, 1)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"partner": "partner", "ci": "bootstrap", "outcome": "overall"},
        {"partner": "partner", "without_flagged": True},
    ],
)
def test_an_assessment_tells_how_far_it_is(simulated, key, options):
    told = []
    data = simulated({"Acme": 9, "Berg": 12, "Cask": 7})
    watched = assess(data, key, progress=lambda *at: told.append(at), **options)
    done, of = zip(*told, strict=True)
    assert sorted(done) == list(done)
    assert len(set(of)) == 1
    assert (done[0], done[-1]) == (0, of[0])
    assert sum(at == of[0] for at in done) <= 2  # the parts fill the whole, not more
    assert watched.to_dict() == assess(data, key, **options).to_dict()


def test_a_bootstrap_is_told_by_its_draws(monkeypatch):
    told = []
    monkeypatch.setattr(resampling, "_WEIGHTS", 2_000)
    rows = np.random.default_rng(1).integers(1, 6, (20, 2)).astype(float)
    resampling.resampled_covariances(
        rows, 250, np.random.default_rng(1), lambda *at: told.append(at)
    )
    assert told == [(100, 250), (200, 250), (250, 250)]
