"""What to improve, as parts of a partner's report: the lowest unmet step, and what matters most."""

from survey.pages.card_rows import STEP_STATES, STEPS
from survey.pages.card_view import Card
from survey.pages.report_parts import Composer, columns, counted, scored
from survey.services.reporting.blocks import ASIDE, LEAD, Block, Cell, Heading, Row, Text


def met(by: Composer, card: Card) -> list[Block]:
    """Set Berg's four as steps, the lowest first."""
    say, steps = by.say, card.steps
    if not steps:
        return []
    head = columns(say("Step"), say("Score"), by.level(), numbers=2)
    asked = [name for name in STEPS if name in by.view.workspace.scales]
    rows = [
        Row(
            (
                Cell(step.label),
                _score(card, name),
                Cell(step.interval),
                Cell(say(STEP_STATES[step.kind])),
            )
        )
        for name, step in zip(asked, steps, strict=True)
    ]
    title = say("What to mend first")
    table = by.table(say("Steps"), title, (*head, *columns(say("State"))), rows)
    how = say(
        "A step counts as met where the whole interval lies nearer to “agree” than to the "
        "middle. Customers expect accuracy before availability, and both before adaptation "
        "and advice."
    )
    return [Heading(title), Text(card.first_unmet, LEAD), *table, Text(how, ASIDE)]


def priorities(by: Composer, card: Card) -> list[Block]:
    """Set each aspect's score beside its importance for all."""
    say, view = by.say, by.view
    if not card.matrix:
        return []
    title = say("Score and importance")
    told = say(
        "What is low on the score and high in importance comes first. Importance is the share "
        "of each aspect in what all aspects explain of the overall impression, over all "
        "partners; its intervals are wide."
    )
    if view.workspace.explained is not None:
        share = view.voice.percent(view.workspace.explained)
        told += " " + say("All aspects together explain %(share)s of it.", share=share)
    across = {"across": say("Score, from %(span)s", span=card.reach)}
    labels = "; ".join(f"{row.place}: {row.label}" for row in card.priorities)
    drawn = by.figure("priority_matrix", title, labels, card.matrix, words=across, id="priority")
    level = by.level()
    head = (
        *columns(say("Aspect")),
        *columns(
            say("No."), say("Score"), level, say("Importance"), level, numbers=5
        ),
    )  # fmt: skip
    drivers = view.workspace.drivers
    rows = [
        Row(
            (
                Cell(row.label),
                counted(row.place),
                _score(card, drivers[row.place - 1].scale),
                *(Cell(text) for text in (row.interval, row.share, row.share_interval)),
            )
        )
        for row in card.priorities
    ]
    caption = say("The numbers: %(label)s", label=title)
    return [Heading(title), Text(told), drawn, *by.table(title, caption, head, rows)]


def _score(card: Card, name: str) -> Cell:
    return scored(card.view, card.view.measure_of(name).scores[card.place])
