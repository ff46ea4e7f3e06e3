"""Who differs and who may be ranked where scores are freed from severity, and what that changes.

All read the dictionary of `Assessment.to_dict()`.
"""

from typing import Any

from analysis.report.numbers import listed
from analysis.report.ranking import Document, ranking

_MANY = 5
_ALONE = ("rank_low", "rank_high", "difference", "difference_p", "shrunken")


def freed_scales(document: Document) -> list[str]:
    """Return the scales whose places are known with severity taken out."""
    found = document.get("raters", {"scales": {}})["scales"]
    return [
        name
        for name, scale in found.items()
        if name in document.get("partners", {}) and _placed(scale)
    ]


def as_freed(document: Document) -> dict[str, Any]:
    """Return the document with the freed scores in the place of the others, where there are any.

    So what may be said of partners is said by the same rules of either kind of scores.
    """
    names = freed_scales(document)
    if not names:
        return dict(document)
    found = {name: document["raters"]["scales"][name] for name in names}
    partners, pooling, tests = (
        dict(document[part]) for part in ("partners", "pooling", "comparisons")
    )
    for name, scale in found.items():
        of = {row["partner"]: row for row in scale["partners"]}
        partners[name] = [_freed(row, of.get(str(row["partner"]))) for row in partners[name]]
        pooling[name] = {**pooling[name], "tau2": scale["partner_variance"]}
        told = {key: scale[key] for key in ("differing", "equal", "within", "sentences")}
        tests[name] = {**tests[name], **told}
    return {**document, "partners": partners, "pooling": pooling, "comparisons": tests}


def freed_sentences(document: Document, name: str) -> list[str]:
    """Say what taking severity out changes on one scale, or why it cannot be taken out."""
    scale = document.get("raters", {"scales": {}})["scales"].get(name)
    if scale is None:
        return []
    if reason := scale["reason"] or scale.get("places_reason"):
        return [f"This takes all raters for alike. {reason}"]
    if not _placed(scale):
        return []
    told = ranking(as_freed(document), name)
    same = ranking(document, name) == told
    order = "the same holds of the order" if same else told[:1].lower() + told[1:]
    return [f"Freed from the severity of raters, {order.rstrip('.')}. {_changed(document, name)}"]


def _placed(scale: Document) -> bool:
    return not scale["reason"] and "places_reason" in scale and not scale["places_reason"]


def _freed(row: Document, freed: Document | None) -> dict[str, Any]:
    """Return the row of a partner with the scores that are freed from severity."""
    if freed is None:
        return {**row, **dict.fromkeys(_ALONE)}
    shared = {key: value for key, value in freed.items() if key in row and key != "n"}
    score = {
        "shrunken": freed["score"],
        "shrunken_ci_low": freed["ci_low"],
        "shrunken_ci_high": freed["ci_high"],
    }
    return {**row, **shared, **score}


def _changed(document: Document, name: str) -> str:
    """Say who differs from the rest with severity taken out and not without, and the other way."""
    before = document["comparisons"][name]["differing"]
    after = document["raters"]["scales"][name]["differing"]
    joined = [partner for partner in after if partner not in before]
    left = [partner for partner in before if partner not in after]
    told = []
    if joined:
        verb = "differs" if len(joined) == 1 else "differ"
        told.append(f"{_some(joined)} then {verb} from the rest beyond chance")
    if left:
        verb = "does" if len(left) == 1 else "do"
        told.append(f"{_some(left)} no longer {verb}")
    if told:
        return f"{', and '.join(told)}."
    if not after:
        return "No partner differs from the rest either way."
    verb = "differs" if len(after) == 1 else "differ"
    return f"{_some(after)} {verb} from the rest either way."


def _some(names: list[str]) -> str:
    more = [f"{len(names) - _MANY} more"] if len(names) > _MANY else []
    return listed([*names[:_MANY], *more])
