"""Parts of an assessment as rows of plain dictionaries, and as data frames.

`SECTIONS` is the table: name to the function that reads its rows from the document. A new
section is one row; it is then an attribute of the assessment, too.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

PROBLEM = ("severity", "code", "scale", "item", "message", "action")


def _flat(scale: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in scale.items():
        if isinstance(value, dict):
            flat.update({f"{name}_{part}": inner for part, inner in value.items()})
        else:
            flat[name] = value
    return flat


def _two_sides(document: dict[str, Any]) -> list[dict[str, Any]]:
    found = document["two_sides"]["scales"]
    return [
        {"scale": name, **_flat({k: v for k, v in row.items() if k != "notes"})}
        for name, scale in found.items()
        for row in scale["partners"]
    ]


def _waves(document: dict[str, Any]) -> list[dict[str, Any]]:
    found = document["waves"]["scales"]
    return [
        {"scale": name, **row} for name, scale in found.items() for row in scale["trend"]["rows"]
    ]


def _gaps(document: dict[str, Any]) -> list[dict[str, Any]]:
    found = document["waves"]["scales"]
    return [{"scale": name, **row} for name, scale in found.items() for row in scale["gaps"]]


def _dyads(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one row per effect of a view on the outcome; coefficients of surfaces are left out."""
    return [
        {"scale": name, "model": model, "effect": effect, "n_pairs": scale["n_pairs"], **found}
        for name, scale in document["dyads"]["scales"].items()
        for model in ("apim", "surface")
        for effect, found in (scale[model] or {}).items()
        if isinstance(found, dict)
    ]


_PLACES = (
    "rank_low",
    "rank_high",
    "marginal_low",
    "marginal_high",
    "simultaneous_low",
    "simultaneous_high",
)


def _ranks(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"scale": name, "partner": row["partner"], **{place: row[place] for place in _PLACES}}
        for name, rows in document["partners"].items()
        for row in rows
    ]


def _chances(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"scale": name, "partner": row["partner"], "place": place, "probability": probability}
        for name, found in document["chances"].items()
        for row in found["partners"]
        for place, probability in zip(found["places"], row["probabilities"], strict=True)
    ]


def _comparability(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"column": part["column"], "scale": name, **step}
        for part in document["comparability"]
        for name, found in part["scales"].items()
        for step in found["steps"]
    ]


def _retest(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"scale": name, **_flat({k: v for k, v in row.items() if k != "notes"})}
        for name, rows in document["retest"].items()
        for row in rows
    ]


def _polychoric(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"scale": name, "item": item, "other": other, "r": r}
        for name, found in document["polychoric"].items()
        for item, row in found["correlations"].items()
        for other, r in row.items()
    ]


def _of_scales(found: dict[str, Any], rows: str) -> list[dict[str, Any]]:
    return [{"scale": name, **row} for name, scale in found.items() for row in scale[rows]]


SECTIONS: dict[str, Callable[[dict[str, Any]], list[dict[str, Any]]]] = {
    "scales": lambda d: [
        {"scale": name, **_flat({k: v for k, v in scale.items() if k != "items"})}
        for name, scale in d["scales"].items()
    ],
    "items": lambda d: [
        {"scale": name, "item": item, **row}
        for name, scale in d["scales"].items()
        for item, row in scale["items"].items()
    ],
    "partners": lambda d: [
        {"scale": name, **row} for name, rows in d["partners"].items() for row in rows
    ],
    "ranks": _ranks,
    "aggregation": lambda d: [{"scale": name, **row} for name, row in d["aggregation"].items()],
    "comparisons": lambda d: [
        {"scale": name, **test}
        for name, found in d["comparisons"].items()
        for test in found["omnibus"]
    ],
    "pairs": lambda d: [
        {"scale": name, **pair}
        for name, found in d["comparisons"].items()
        for pair in found["pairwise"]["rows"]
    ],
    "chances": _chances,
    "guesses": lambda d: [{"scale": n, **row} for n, rows in d["guesses"].items() for row in rows],
    "distinctness": lambda d: [
        {"scale": name, **row} for name, row in d["distinctness"]["htmt"].items()
    ],
    "loadings": lambda d: [{"item": item, **row} for item, row in d["factors"]["items"].items()],
    "comparability": _comparability,
    "retest": _retest,
    "htmt": lambda d: d["htmt"]["rows"],
    "polychoric": _polychoric,
    "categorical_omega": lambda d: [
        {"scale": name, **row} for name, row in d["categorical_omega"].items()
    ],
    "problems": lambda d: d["problems"],
    "two_sides": _two_sides,
    "waves": _waves,
    "gaps": _gaps,
    "dyads": _dyads,
    "warnings": lambda d: d["warnings"],
    "drivers": lambda d: d["drivers"]["rows"],
    "quality": lambda d: d["quality"]["flags"],
    "raters": lambda d: _of_scales(d["raters"]["scales"], "partners"),
    "composite": lambda d: d["composite"]["partners"],
    "two_level": lambda d: [
        {"scale": name, **{k: v for k, v in row.items() if k != "notes"}}
        for name, row in d["two_level"].items()
    ],
    "linked_waves": lambda d: _of_scales(d["linked_waves"], "rows"),
}

_KEYS = {
    "items": "scales",
    "ranks": "partners",
    "pairs": "comparisons",
    "loadings": "factors",
    "gaps": "waves",
}


def present(document: dict[str, Any]) -> list[str]:
    """Return the names of the sections that a document has: those whose key is there."""
    return [name for name in SECTIONS if _KEYS.get(name, name) in document]


def frame_of(section: str, document: dict[str, Any]) -> "pd.DataFrame":
    """Return a section that the document has as a pandas data frame."""
    import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

    columns = list(PROBLEM) if section == "problems" else None
    rows = [_tidy(row) for row in SECTIONS[section](document)]
    return pd.DataFrame(rows, columns=columns)


def _tidy(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with one value per column: texts joined, and nothing that has rows itself."""
    found = {}
    for name, value in _flat(row).items():
        if not isinstance(value, list | dict):
            found[name] = value
        elif isinstance(value, list) and all(isinstance(text, str) for text in value):
            found[name] = "; ".join(value)
    return found
