"""From the report for researchers, and what is measured beside it, to what is compared by."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from analysis.aggregation import raters_needed
from questionnaires.parts import META_SUFFIX
from survey.services.comparing.courses import over_waves
from survey.services.comparing.measuring import Measured
from survey.services.comparing.model import (
    EDITION,
    SURE,
    Driver,
    Item,
    ItemScore,
    Lead,
    Measure,
    Score,
    Seen,
    Sign,
    Workspace,
)

Document = Mapping[str, Any]
COMPOSITE: Final = "composite"
_LIKE: Final = 0.9  # HTMT from which two scales cannot be told apart


def build(
    document: Document, other: Document | None, measured: Measured | None = None
) -> Workspace:
    """Choose what is kept.

    Parameters
    ----------
    document
        The report for researchers: the first side's partners, both sides, waves, drivers.
    other
        The results of the other side, if two were asked.
    measured
        What was computed beside the report from the same rows.

    Returns
    -------
    Workspace
    """
    told, names = document["snapshot"], _names(document)
    beside = measured or Measured()
    scales = [name for name in document["scales"] if not name.endswith(META_SUFFIX)]
    composite = document.get(COMPOSITE) or {}
    has_composite = bool(composite.get("partners"))
    place = {name: at for at, name in enumerate(names)}
    measure = _composite(composite, place) if has_composite else None
    drivers, rates = document.get("drivers") or {}, document.get("warning_rates") or {}
    return Workspace(
        edition=EDITION,
        study=told["study"],
        title=told["title"],
        organisation=told["organisation"],
        wave=told["wave"],
        closed_on=told["closed_on"],
        side=told["side"],
        instrument=told["instrument"]["id"],
        version=told["instrument"]["version"],
        sha256=document["data"]["sha256"],
        data_version=told.get("data_version", 1),
        min_group=told["thresholds"]["min_group"],
        min_group_text=told["thresholds"]["min_group_text"],
        level=document["settings"]["level"],
        n_rows=document["n_rows"],
        names=names,
        labels={name: told["labels"].get(name, {}) for name in scales},
        scales={name: _measure(document, name, place) for name in scales},
        composite=measure,
        weights=composite.get("weights", {}) if has_composite else {},
        equal_weights=bool(composite.get("equal", True)),
        near=composite.get("near"),
        far=composite.get("far"),
        holds_within=composite.get("holds_within"),
        leads=_leads(composite) if has_composite else [],
        theirs=_theirs(other, scales, place),
        **_both(document, scales, place),
        **over_waves(document, scales, names, beside),
        warnings=[_warning(row, place) for row in document.get("warnings") or ()],
        looked_at=rates.get("looked_at"),
        by_chance=rates.get("by_chance"),
        outcome=drivers.get("outcome"),
        drivers=[_driver(row) for row in drivers.get("rows", ())],
        no_drivers=drivers.get("reason"),
        explained=drivers.get("r2"),
        alike=_alike(document, scales),
        notes=list(document["notes"]),
        earlier=list(beside.earlier),
        items=_items(beside, scales, place),
        judged=beside.judged,
        careless=beside.careless,
        unknown=_unknown(document, scales),
    )


def _names(document: Document) -> list[str]:
    rows = (row for rows in document["partners"].values() for row in rows)
    return list(dict.fromkeys(str(row["partner"]) for row in rows))


def _measure(document: Document, name: str, place: Mapping[str, int]) -> Measure:
    scale, pooling = document["scales"][name], document["pooling"][name]
    shrunken = pooling["shown"] == "shrunken"
    alpha, spread = scale.get("alpha") or {}, document["aggregation"][name]
    looks = sum(not scale.endswith(META_SUFFIX) for scale in document["scales"])
    rows = document["partners"][name]
    found = {str(row["partner"]): _score(row, shrunken, looks) for row in rows}
    return Measure(
        lowest=scale["low"],
        highest=scale["high"],
        centre=pooling["mu"],
        shrunken=shrunken,
        scores=[found.get(name, Score()) for name in place],
        bands=_bands(document.get("comparisons", {}).get(name, {}), place),
        alpha=alpha.get("estimate"),
        alpha_low=alpha.get("ci_low"),
        reliability=spread["icc2_reml"],
        icc=spread["icc1_reml"],
        icc_low=spread["icc1_ci_low"],
        icc_high=spread["icc1_ci_high"],
        needed=spread["raters_needed_70"],
    )


def _composite(composite: Document, place: Mapping[str, int]) -> Measure:
    rows = {str(row["partner"]): row for row in composite["partners"]}
    shrunken = any(row["shrunken_ci_low"] is not None for row in rows.values())
    between, within = composite.get("tau2"), composite.get("sigma2")
    icc = between / (between + within) if between and within else None
    return Measure(
        lowest=composite["low"],
        highest=composite["high"],
        centre=composite["mu"],
        shrunken=shrunken,
        scores=[_score(rows[name], shrunken) if name in rows else Score() for name in place],
        bands=_bands(composite, place),
        reliability=composite["reliability"],
        icc=icc,
        needed=None if icc is None else raters_needed(icc),
    )


def _bands(comparison: Document, place: Mapping[str, int]) -> list[list[int]]:
    return [[place[name] for name in band] for band in comparison.get("bands") or ()]


def _beyond(row: Document, looks: int = 1) -> int:
    """Say whether a partner lies surely above (1) or below (-1) the others, of as many scales."""
    p, difference = row.get("difference_p"), row.get("difference")
    if p is None or difference is None or p * looks >= SURE:
        return 0
    return 1 if difference > 0 else -1


def _score(row: Document, shrunken: bool, looks: int = 1) -> Score:  # noqa: FBT001 (read with the row)
    if row["mean"] is None:
        return Score()
    chosen = ("shrunken", "shrunken_ci_low", "shrunken_ci_high")
    score, low, high = chosen if shrunken else ("mean", "ci_low", "ci_high")
    return Score(
        n=row["n"],
        mean=row["mean"],
        mean_low=row["ci_low"],
        mean_high=row["ci_high"],
        score=row[score],
        low=row[low],
        high=row[high],
        first=row.get("simultaneous_low"),
        last=row.get("simultaneous_high"),
        beyond=_beyond(row),
        reliability=row.get("reliability"),
        among_all=_beyond(row, looks),
    )


def _theirs(
    other: Document | None, scales: Sequence[str], place: Mapping[str, int]
) -> dict[str, list[Score]]:
    """Give what the other side's people say of us, partner by partner."""
    if other is None:
        return {}
    found = {}
    for name in scales:
        shrunken = other["pooling"].get(name, {}).get("shown") == "shrunken"
        rows = {str(r["partner"]): r for r in other["partners"].get(name, ())}
        found[name] = [_score(rows[n], shrunken) if n in rows else Score() for n in place]
    return found


def _both(document: Document, scales: Sequence[str], place: Mapping[str, int]) -> dict[str, Any]:
    sides = (document.get("two_sides") or {}).get("scales", {})
    seen, margin = {}, None
    for name in scales:
        if name not in sides:
            continue
        rows = {str(row["partner"]): row for row in sides[name]["partners"]}
        seen[name] = [_seen(rows[n]) if n in rows else Seen() for n in place]
        margin = next((row["margin"] for row in rows.values() if row["margin"]), margin)
    return {"seen": seen, "margin": margin}


def _seen(row: Document) -> Seen:
    gap = row["agreement"] or {}
    sides = [
        row[f"{field}_{side}"]
        for side in "ab"
        for field in ("n", "mean", "ci_low", "ci_high", "guess")
    ]
    ends = (gap.get("estimate"), gap.get("ci_low"), gap.get("ci_high"), gap.get("verdict"))
    fields = (*sides, *ends, row["state_a"], row["state_b"])
    return Seen(*fields)


def _warning(row: Document, place: Mapping[str, int]) -> Sign:
    return Sign(
        scale=row["scale"],
        partner=place[str(row["partner"])],
        rule=row["rule"],
        value=row["value"],
        low=row["ci_low"],
        high=row["ci_high"],
        threshold=row["threshold"],
        evidence=row["evidence"],
        false_alarms=row["false_alarms"],
        sure=row["stands"],
    )


def _driver(row: Document) -> Driver:
    ends = (row.get("relative_ci_low"), row.get("relative_ci_high"))
    return Driver(row["driver"], row["relative"], *ends)


def _leads(composite: Document) -> list[Lead]:
    kinds = ("near", "far", "every", "chance")
    return [Lead(*(row[f"leads_{kind}"] for kind in kinds)) for row in composite["partners"]]


def _alike(document: Document, scales: Sequence[str]) -> list[list[str]]:
    ratios = document["distinctness"]["htmt"] or {}
    pairs = ((one, two, ratio) for one, row in ratios.items() for two, ratio in row.items())
    found = [[a, b] for a, b, r in pairs if r is not None and r >= _LIKE and a < b]
    return [pair for pair in found if set(pair) <= set(scales)]


def _items(beside: Measured, scales: Sequence[str], place: Mapping[str, int]) -> dict[str, Item]:
    found = {}
    for item, (scale, means) in beside.items.items():
        if scale not in scales:
            continue
        scores: list[ItemScore | None] = [None] * len(place)
        for name, mean in means.items():
            if name in place:
                scores[place[name]] = ItemScore(mean.n, mean.mean, mean.ci_low, mean.ci_high)
        found[item] = Item(scale, scores)
    return found


def _unknown(document: Document, scales: Sequence[str]) -> dict[str, float]:
    """Give the share of answers to each scale that were «don't know», where that was counted.

    Where some items were guessed as well, rows with gaps are taken out before anything is
    computed (`disclosure.protect`): a share of what is left would be 0, whatever people said.
    """
    found = {}
    for name in scales:
        if name + META_SUFFIX in document["scales"]:
            continue
        rows = [row for row in document["scales"][name]["items"].values() if "missing_by" in row]
        given = sum(row["n"] + sum(row["missing_by"].values()) for row in rows)
        if given:
            said = sum(row["missing_by"].get("dont_know", 0) for row in rows)
            found[name] = said / given
    return found
