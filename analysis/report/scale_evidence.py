"""What the report says of the evidence on scales: sections on request, and how answers spread.

All read the dictionary of `Assessment.to_dict()`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from analysis.report import scale_tables
from analysis.report.content import Table
from analysis.report.numbers import NONE, Shown, coefficient, count, decimal, listed, percent
from analysis.report.parts import Section
from analysis.report.sentences import Document, Titles

ALL = "all scales together"
_APART = 0.02  # reliability
_MEANS = ("scalar", "strict")
OPEN = "left open"
_MAY = {
    "means": "means of {} may be compared",
    "relations": "of {} only relations may be compared, not means",
    "nothing": "nothing of {} may be compared",
    "open": "these data leave open whether means of {} may be compared: the model fits worse by "
    "its indices, but no worse than by chance",
}


@dataclass(frozen=True)
class ScaleEvidence:
    """The sections on scales that a document has, in the order in which a reader needs them."""

    document: Document
    titles: Titles

    @cached_property
    def sections(self) -> list[Section]:
        """Return the sections: comparability, stability, method."""
        return [*self._sections()]

    def _sections(self) -> Iterator[Section]:
        document, titles = self.document, self.titles
        if document.get("categorical_omega"):
            heading = "How reliable are the scores if answers are ordinal?"
            tables = [scale_tables.ordinal(document, titles)]
            yield Section("ordinal", "Ordinal", heading, as_ordinal(document, titles), tables)
        if "comparability" in document:
            found = document["comparability"]
            told = [text for part in found for text in comparable(part, titles)]
            tables = [_ladder(part, i, titles) for i, part in enumerate(found, 1) if part["scales"]]
            heading = "Do the scales mean the same in all groups?"
            yield Section("comparability", "Same in all groups?", heading, told, tables)
        if "retest" in document:
            told = [*stable(document, titles), *same_meaning(document, titles)]
            tables = [scale_tables.retest(document, titles), _over_waves(document, titles)]
            yield Section("stability", "Stability", "Are the scores stable?", told, tables)
        if "common_method" in document:
            tables = (
                [scale_tables.models(document)] if not document["common_method"]["reason"] else []
            )
            heading = "Does one method lie behind all answers?"
            yield Section("common-method", "Method", heading, one_method(document), tables)

    @cached_property
    def appendix(self) -> list[Section]:
        """Return what only who looks something up will read."""
        return [self._correlations()] if "polychoric" in self.document else []

    def _correlations(self) -> Section:
        found = self.document["polychoric"]
        told = [
            "These are correlations of the normal variables that lie behind the answers.",
            *(
                f"{self.titles[name]} has none, because {part['reason'].removesuffix('.')}."
                for name, part in found.items()
                if part["reason"]
            ),
        ]
        tables = [
            scale_tables.matrix(part["correlations"], self.titles[name], place)
            for place, (name, part) in enumerate(found.items(), start=1)
            if part["correlations"]
        ]
        heading = "How do the items correlate?"
        return Section("polychoric", "Correlations", heading, told, tables)


def as_ordinal(document: Document, titles: Titles) -> list[str]:
    """Say what categorical omega is, and where it differs from omega total."""
    rows, scales = document["categorical_omega"], document["scales"]
    apart = [
        titles[name]
        for name, row in rows.items()
        if row["estimate"] is not None
        and scales[name]["omega_total"] is not None
        and abs(row["estimate"] - scales[name]["omega_total"]) >= _APART
    ]
    what = "Categorical omega takes the answers as slices of normal variables; like omega total,"
    told = [f"{what} it is the reliability of the score as it is."]
    if apart:
        told.append(f"The two differ by {coefficient(_APART)} or more for {listed(apart)}.")
    elif any(row["estimate"] is not None for row in rows.values()):
        told.append(f"The two differ by less than {coefficient(_APART)} on every scale.")
    return told


def comparable(part: Document, titles: Titles) -> list[str]:
    """Say what may be compared across the groups of a column, the most first."""
    column = part["column"]
    if part["reason"]:
        return [f"Nothing can be said about {column}: {part['reason']}."]
    scales = [(name, row) for name, row in part["scales"].items() if name != ALL]
    told = []
    for kind, may in _MAY.items():
        if names := _named(scales, kind, titles):
            told.append(f"Across {column}, {may.format(listed(names))}.")
    told += [_unknown(_title(n, titles), column, row) for n, row in scales if row["reason"]]
    told += [_freed(_title(name, titles), row) for name, row in scales if row["freed"]]
    if (whole := part["scales"].get(ALL)) is not None:
        if whole["reason"]:
            told.append(_unknown(ALL.capitalize(), column, whole))
        else:
            told.append(f"In the model of all scales together: {whole['sentence']}")
            if _kind(whole) == "means" and (still := _named(scales, "open", titles)):
                told.append(f"For {listed(still)} alone that is left open all the same.")
    told += _left_out(scales, titles)
    return [*told, *(f"{note[0].upper()}{note[1:]}." for note in part["notes"])]


def _kind(row: Document) -> str | None:
    """Say what may be compared of a scale; None where there is no model."""
    if row["reason"]:
        return None
    if row["reached"] in _MEANS:
        return "means"
    if row["beyond_chance"] is False:
        return "open"
    return "relations" if row["reached"] == "metric" else "nothing"


def _named(scales: list[tuple[str, Document]], kind: str, titles: Titles) -> list[str]:
    return [_title(name, titles) for name, row in scales if _kind(row) == kind]


def _left_out(scales: list[tuple[str, Document]], titles: Titles) -> list[str]:
    """Say which groups have too few rows for the model of a scale."""
    where: dict[str, list[str]] = {}
    for name, row in scales:
        for group in row["left_out"]:
            where.setdefault(group, []).append(_title(name, titles))
    return [
        f"Too few answers for a comparison, so left out: {group} ({listed(names)})."
        for group, names in where.items()
    ]


def stable(document: Document, titles: Titles) -> list[str]:
    """Say by how much one person's score must change to tell, or why that is not known."""
    told, known = [], []
    for name, rows in document["retest"].items():
        for row in rows:
            pair = f"{titles[name]}, wave {row['first']} to {row['second']}"
            if row["reason"]:
                told.append(f"{pair}: not estimable, because {row['reason'].removesuffix('.')}.")
            elif row["sdc"] is not None:
                known.append((row["sdc"], pair))
    if not known:
        return told
    (least, first), (most, last) = min(known), max(known)
    reach = f"{decimal(least)} points ({first})"
    if len(known) > 1:
        reach = f"{reach} to {decimal(most)} ({last})"
    return [f"To exceed error, one person's score must change by more than {reach}.", *told]


def same_meaning(document: Document, titles: Titles) -> list[str]:
    """Say of which scales a change of the same raters is a change, and not another meaning."""
    found = [
        (f"{titles[name]} ({row['first']} to {row['second']})", row["comparability"])
        for name, rows in document["retest"].items()
        for row in rows
        if not row["reason"]
    ]
    may = [pair for pair, row in found if _kind(row) == "means"]
    unsure = [pair for pair, row in found if _kind(row) == "open"]
    not_means = [pair for pair, row in found if _kind(row) in ("relations", "nothing")]
    told = []
    if may:
        told.append(f"To the same raters in both waves these mean the same: {listed(may)}.")
    if not_means:
        told.append(f"Not so these, whose change may be one of meaning: {listed(not_means)}.")
    if unsure:
        told.append(f"Whether these do, the data leave open: {listed(unsure)}.")
    told += [
        f"{pair}: whether it means the same in both waves is not estimable, because "
        f"{row['reason'].removesuffix('.')}."
        for pair, row in found
        if row["reason"]
    ]
    return told


def one_method(document: Document) -> list[str]:
    """Say what the check for a common method found, or why there is none."""
    found = document["common_method"]
    if found["reason"]:
        return [f"It cannot be checked, because {found['reason'].removesuffix('.')}."]
    return list(found["sentences"])  # they tell the notes, too


def spreads(document: Document, titles: Titles) -> list[Table]:
    """Return one table per scale: the share of each answer of each item."""
    tables = []
    for place, (name, scale) in enumerate(document["scales"].items(), start=1):
        rows = {item: row["histogram"] for item, row in scale["items"].items() if row["histogram"]}
        if not rows:
            continue
        answers = list(next(iter(rows.values())))
        body = tuple((item, *(percent(row[a]) for a in answers)) for item, row in rows.items())
        caption = f"{titles[name]}: share of each answer"
        tables.append(Table(f"answers-{place}", caption, ("Item", *answers), body))
    return tables


def _unknown(title: str, column: str, row: Document) -> str:
    why = row["reason"].removesuffix(".")
    return f"{title}: what may be compared across {column} is not estimable, because {why}."


def _freed(title: str, row: Document) -> str:
    """Say which items differ between the groups, and what may be compared without them."""
    items = listed(
        f"the {row['parameter']} of {row['item']} (highest in {row['highest']}, lowest in "
        f"{row['lowest']})"
        for row in row["freed"]
    )
    rest = (
        "; with that free the rest is equal: latent means may be compared, scores may not"
        if row["means"]
        else ""
    )
    return f"{title}: what differs most is {items}{rest}."


def _chance(p: float | None) -> str:
    """Write a probability; a small one as what it lies below."""
    return Shown("<.001", p) if p is not None and p < 0.0005 else coefficient(p, 3)


def _ladder(part: Document, place: int, titles: Titles) -> Table:
    """Return one row per scale and step."""
    rows = ((_title(name, titles), row) for name, row in part["scales"].items())
    caption = f"{part['column']}: {listed(part['groups'])}" if part["groups"] else part["column"]
    return _steps(f"ladder-{place}", caption, rows)


def _over_waves(document: Document, titles: Titles) -> Table:
    """Return one row per scale, two waves, and step, the raters being the same."""
    rows = (
        (f"{titles[name]}, {row['first']} to {row['second']}", row["comparability"])
        for name, found in document["retest"].items()
        for row in found
        if not row["reason"] and row["comparability"]["steps"]
    )
    return _steps("ladder-waves", "What is equal in both waves", rows)


def _steps(name: str, caption: str, ladders: Iterable[tuple[str, Document]]) -> Table:
    body = tuple(
        (
            title,
            step["name"],
            decimal(step["chisq"], 1),
            count(step["df"]),
            coefficient(step["cfi"], 3),
            coefficient(step["rmsea"], 3),
            coefficient(step["cfi_change"], 3),
            decimal(step["chisq_change"], 1),
            count(step["df_change"]),
            _chance(step["p_change"]),
            _word(step, row),
        )
        for title, row in ladders
        for step in row["steps"][: 1 if row["reason"] else None]
    )
    head = ("Scale", "Equal", "χ²", "df", "CFI", "RMSEA", "ΔCFI", "Δχ²", "Δdf", "p", "Step")
    return Table(name, caption, head, body, (0, 1, 10))


def _word(step: Document, row: Document) -> str:
    """Say of a step what the sentences say: that it fails by no more than chance is left open."""
    if step["holds"] is False and row["beyond_chance"] is False:
        return OPEN
    if step["holds"] is None and row["beyond_chance"] is False and step["chisq"] is not None:
        return "not judged: the step before is left open"
    return {True: "holds", False: "does not hold", None: step["reason"] or NONE}[step["holds"]]


def _title(name: str, titles: Titles) -> str:
    return titles.get(name, name)
