"""Parts of an assessment as rows of plain dictionaries, ready to be a data frame."""

from collections.abc import Callable
from typing import Any

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
    "aggregation": lambda d: [{"scale": name, **row} for name, row in d["aggregation"].items()],
    "comparisons": lambda d: [
        {"scale": name, **test}
        for name, found in d["comparisons"].items()
        for test in found["omnibus"]
    ],
    "distinctness": lambda d: [
        {"scale": name, **row} for name, row in d["distinctness"]["htmt"].items()
    ],
    "problems": lambda d: d["problems"],
    "two_sides": _two_sides,
    "waves": _waves,
    "warnings": lambda d: d["warnings"],
    "drivers": lambda d: d["drivers"]["rows"],
    "quality": lambda d: d["quality"]["flags"],
}
