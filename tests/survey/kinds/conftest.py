"""One item of every kind, and a questionnaire in which what is asked depends on the answers."""

import msgspec
import pytest

from questionnaires import AnswerScale, Item, OffScale, Page, Point
from questionnaires.parts import Condition, Option

LANGUAGES = ("en", "nb", "nn", "is")
BESIDE = ("dont_know", "not_applicable")


def texts(english):
    return {"en": english, **{code: f"{english} ({code})" for code in LANGUAGES[1:]}}


def scale(low, high, *words):
    """Every point has words, or only the two ends and the others their number."""
    names = words if len(words) > 2 else (words[0], *map(str, range(low + 1, high)), words[1])
    points = [
        Point(value, texts(name) if not name.isdigit() else dict.fromkeys(LANGUAGES, name))
        for value, name in zip(range(low, high + 1), names, strict=True)
    ]
    return AnswerScale(f"scale{low}to{high}", low, high, tuple(points))


def item(item_id, kind, **parts):
    sides = {
        side: {"direct": texts(f"{{partner}}, {side}: {item_id}?")} for side in ("ours", "theirs")
    }
    return Item(id=item_id, kind=kind, texts=sides, **parts)


def options(*ids):
    return tuple(Option(each, texts(each.title())) for each in ids)


AGREE = scale(1, 5, "Not at all", "Little", "Some", "Much", "Wholly")
LIKELY = scale(0, 10, "Very unlikely", "Very likely")
ITEMS = {
    each.id: each
    for each in (
        item("agrees", "rating", scale=AGREE, construct="trust"),
        item("likely", "rating", scale=LIKELY, construct="recommend"),
        item("wish", "choice", options=options("call", "mail", "none")),
        item("petals", "pick", options=options("price", "care", "speed", "range"), pick=2),
        item("say", "text", max_length=20, hint=texts("No names, please.")),
    )
}


@pytest.fixture
def beside():
    return tuple(OffScale(code, texts(code.replace("_", " ").capitalize())) for code in BESIDE)


@pytest.fixture
def items():
    return ITEMS


@pytest.fixture(scope="session", params=list(ITEMS))
def any_item(request):
    return ITEMS[request.param]


@pytest.fixture
def branching(branching_once):
    return branching_once


@pytest.fixture(scope="session")
def branching_once(instrument):
    """Whoever agrees little is asked why; whoever then gives a reason is asked for a wish."""
    low = Condition(item="agrees", at_most=2)
    why = msgspec.structs.replace(ITEMS["petals"], id="why", show_if=(low,))
    wish = msgspec.structs.replace(ITEMS["wish"], show_if=(Condition(item="why", includes="care"),))
    return msgspec.structs.replace(
        instrument,
        id="branching",
        pages=(
            Page((ITEMS["agrees"], ITEMS["petals"])),
            Page((why,), show_if=(low,)),
            Page((wish, ITEMS["say"])),
        ),
    )
