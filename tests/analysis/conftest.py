"""Answers with a known shape, made anew for each test."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

KEY = {
    "trust": {"items": ["t1", "t2", "t3"], "low": 1, "high": 5, "reverse": ["t3"]},
    "quality": {"items": ["q1", "q2", "q3", "q4"], "low": 1, "high": 5},
    "overall": {"items": ["o1"], "low": 1, "high": 5},
}


def simulate(sizes: dict[str, int], *, spread: float = 0.6, seed: int = 3) -> pl.DataFrame:
    """Let each partner be rated by so many raters; partners differ by `spread`."""
    source = np.random.default_rng(seed)
    level = {name: source.normal(0, spread) for name in sizes}
    who = [name for name, n in sizes.items() for _ in range(n)]
    columns: dict[str, list[str] | list[int]] = {"partner": who}
    for scale in KEY.values():
        latent = np.array([level[name] for name in who]) + source.normal(0, 0.7, len(who))
        for item in scale["items"]:
            raw = np.clip(np.round(3 + latent + source.normal(0, 0.6, len(who))), 1, 5)
            turned = item in scale.get("reverse", [])
            columns[item] = (6 - raw if turned else raw).astype(int).tolist()
    return pl.DataFrame(columns)


@pytest.fixture
def simulated() -> Callable[..., pl.DataFrame]:
    return simulate


@pytest.fixture
def key() -> dict[str, dict]:
    return {name: dict(entry) for name, entry in KEY.items()}
