"""Both sides, warnings, the brief, and what numbers are worth: parts of a partner's report."""

from collections.abc import Sequence

from survey.pages.card_rows import SideRow
from survey.pages.card_view import Card
from survey.pages.report_parts import Composer, columns, words
from survey.pages.voice import NONE
from survey.pages.warned import warned
from survey.services.reporting.blocks import ASIDE, Block, Bullets, Facts, Heading, Text


def both(by: Composer, card: Card) -> list[Block]:
    """Set our view beside theirs, aspect by aspect."""
    say, view = by.say, by.view
    if not card.dumbbells:
        return []
    title = say("Do we see it the same way?")
    labels = ", ".join(row.label for row in card.both)
    drawn = by.figure("dumbbell", title, labels, card.dumbbells, *view.ends, id="both")
    head = (
        *columns(say("Aspect"), say("Difference"), numbers=1),
        *columns(say("From our side"), say("From their side")),
    )
    rows = [words(row.label, row.gap, row.ours, row.theirs) for row in card.both]
    caption = say(
        "Difference of the sides (ours less theirs), and what each side's answers say about both"
    )
    legend = say(
        "Filled: how we see them. Hollow: how they see us. A line is the interval, a small "
        "tick what that side believes the other says."
    )
    return [
        Heading(title),
        drawn,
        Text(legend, ASIDE),
        *by.table(say("Both sides"), caption, head, rows),
        *_side(by, say("How we see them"), [(label, ours) for label, ours, _ in card.sided]),
        *_side(by, say("How they see us"), [(label, theirs) for label, _, theirs in card.sided]),
    ]


def _side(by: Composer, name: str, rows: Sequence[tuple[str, SideRow]]) -> list[Block]:
    """Give the numbers of the picture, of one side."""
    say = by.say
    head = columns(say("Aspect"), "n", say("Mean"), by.level(), say("Belief"), numbers=4)
    told = say("means, and what this side believes the other says")
    cells = [words(label, NONE if row.n is None else str(row.n), row.mean, row.interval, row.guess)
             for label, row in rows]  # fmt: skip
    return by.table(name, f"{name}: {told}", head, cells)


def warnings(by: Composer, card: Card) -> list[Block]:
    """Say which early warnings stand, and which may be chance."""
    say = by.say
    blocks: list[Block] = [Heading(say("Is a dispute coming?"))]
    if card.reasons:
        blocks.append(Bullets(card.reasons))
    else:
        blocks.append(
            Text(say("No warning stands. With few raters that is no all-clear."))
        )  # fmt: skip
    if card.unsure:
        blocks += [Heading(say("Warnings that may be chance"), 3), Bullets(card.unsure)]
    head = (
        *columns(say("Aspect"), say("Warning")),
        *columns(say("Found"), by.level(), numbers=2),
        *columns(say("Warns at")),
        *columns(say("False alone in at most"), numbers=1),
        *columns(say("Among all looked at")),
    )
    rows = [
        words(row.label, row.rule, row.found, row.interval, row.limit, row.alone, row.state)
        for row in warned(by.view, card.place)
    ]
    caption = say("What was found, and where each rule warns")
    return [*blocks, *by.table(say("Warnings"), caption, head, rows)]


def brief(by: Composer, card: Card) -> list[Block]:
    """Gather what both sides agree on, and what one of them does not see."""
    say, found = by.say, card.brief
    parts = (
        (say("Both agree that this is good"), found.strengths),
        (say("Both agree that this is poor"), found.concerns),
        (say("They differ, and at least one knows it"), found.known),
        (say("Blind spots"), found.blind),
    )
    blocks: list[Block] = [Heading(say("Before a negotiation"))]
    for heading, items in parts:
        blocks += [Heading(heading, 3), *by.bullets(items)]
    return blocks


def worth(by: Composer, card: Card) -> list[Block]:
    """Say how far the score can be relied on, and how many answers would be enough."""
    say, found = by.say, card.trust
    if found is None:
        return []
    rows = (
        (say("Reliability of the score, 0 to 1"), found.reliability),
        (say("Half the width of its interval"), found.half_width),
        (say("Answers for a reliability of .70"), found.needed),
    )
    return [Heading(say("What these numbers are worth")), Facts(rows), Bullets(found.sentences)]
