"""Reads `bank/constructs.toml` and `bank/scales.toml`."""

from typing import cast

from questionnaires import wording
from questionnaires.parts import (
    CONSTRUCT_KINDS,
    LANGUAGES,
    OFF_SCALE,
    AnswerScale,
    Construct,
    ConstructKind,
    OffScale,
    Point,
    Texts,
)
from questionnaires.rules import Rule
from questionnaires.table import Table, suggest

MAX_VALUE = 100  # answers are stored in a signed byte
_OFF_SCALE_TABLE = "off_scale"


def read_constructs(table: Table) -> dict[str, Construct]:
    """Read every construct of the file; problems are noted in the table."""
    constructs = {}
    for construct_id, entry in table.named_tables():
        with entry:
            constructs[construct_id] = Construct(
                id=construct_id,
                kind=cast(
                    "ConstructKind", entry.choice("kind", CONSTRUCT_KINDS, Rule.UNKNOWN_KIND)
                ),
                label=entry.texts("label"),
                description=entry.texts("description"),
            )
    return constructs


def read_scales(table: Table) -> dict[str, AnswerScale]:
    """Read every answer scale of the file; problems are noted in the table."""
    scales = {}
    for scale_id, entry in table.named_tables():
        if scale_id != _OFF_SCALE_TABLE:
            with entry:
                scales[scale_id] = _scale(scale_id, entry)
    return scales


def read_off_scale(table: Table) -> dict[str, OffScale]:
    """Read the answers off the scale, in the order in which they are offered."""
    with_codes = table.about(_OFF_SCALE_TABLE).table(_OFF_SCALE_TABLE)
    if with_codes is None:
        return {}
    for code in sorted(with_codes.content.keys() - set(OFF_SCALE)):
        with_codes.note(Rule.UNKNOWN_OFF_SCALE, f"«{code}» is no code; {suggest(code, OFF_SCALE)}")
    answers = {code: OffScale(code, with_codes.texts(code, wording.label)) for code in OFF_SCALE}
    no_duplicates(with_codes, {answer.code: answer.label for answer in answers.values()})
    return answers


def _scale(scale_id: str, entry: Table) -> AnswerScale:
    low, high = entry.get("low", int), entry.get("high", int)
    points = tuple(_point(point) for point in entry.tables("points"))
    _equally_many(entry, points)
    no_duplicates(entry, {str(point.value): point.label for point in points})
    if low is not None and high is not None:
        _check_range(entry, low, high, [point.value for point in points])
        points = _filled(low, high, points)
    return AnswerScale(scale_id, cast("int", low), cast("int", high), points)


def _filled(low: int, high: int, points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Call the points between two labelled ends by their numbers."""
    if [point.value for point in points] != [low, high]:
        return points
    between = (Point(value, dict.fromkeys(LANGUAGES, str(value))) for value in range(low + 1, high))
    return points[0], *between, points[1]


def _check_range(entry: Table, low: int, high: int, values: list[int]) -> None:
    """Note points that do not run from low to high, and ends that data files cannot hold."""
    if not -MAX_VALUE <= low < high <= MAX_VALUE:
        message = f"«low» is {low} and «high» {high}; low must lie below high, both within "
        entry.note(Rule.OUT_OF_RANGE, f"{message}-{MAX_VALUE} to {MAX_VALUE}")
    elif values not in ([*range(low, high + 1)], [low, high]):
        message = f"the points are {values}; they must run one by one from low = {low} to high = "
        entry.note(Rule.POINTS_NOT_CONSECUTIVE, f"{message}{high}, or be these two ends alone")


def _point(table: Table) -> Point:
    with table:
        return Point(cast("int", table.get("value", int)), table.texts("label", wording.label))


def _equally_many(entry: Table, points: tuple[Point, ...]) -> None:
    """Note a language that labels fewer points than the scale has."""
    for language in LANGUAGES:
        count = sum(language in point.label for point in points)
        if count != len(points):
            message = f"«{language}» labels {count} of {len(points)} points; label each of them"
            entry.note(Rule.UNEQUAL_POINTS, message, language)


def no_duplicates(entry: Table, labels: dict[str, Texts]) -> None:
    """Note two answers that read the same in one language."""
    for language in LANGUAGES:
        seen: dict[str, str] = {}
        for answer, label in labels.items():
            text = label.get(language)
            if text is None:
                continue
            first = seen.setdefault(text.casefold(), answer)
            if first != answer:
                message = f"«{text}» labels both {first} and {answer}; give each its own label"
                entry.note(Rule.DUPLICATE_LABEL, message, language)
