"""Tables of all partners in a report: aspect by aspect, by weights, by volume."""

from survey.pages.report_parts import Composer, columns, counted, scored, words
from survey.pages.scope import CORNERS, Scope, scope
from survey.pages.tables_of_partners import heat, leading
from survey.pages.voice import NONE
from survey.pages.workspace import KINDS
from survey.services.reporting.blocks import (
    ASIDE,
    LEAD,
    Block,
    Cell,
    Column,
    Facts,
    Figure,
    Heading,
    Row,
    Text,
)


def aspects(by: Composer) -> list[Block]:
    """Set all partners against the median, aspect by aspect."""
    say, view = by.say, by.view
    found = heat(view)
    if found.marked:
        lead = view.voice.count(
            "%(num)d cell is beyond error: look there first.",
            "%(num)d cells are beyond error: look there first.",
            found.marked,
        )
    else:
        lead = say(
            "No cell is beyond error: on these answers no partner differs from the others on "
            "any aspect."
        )
    rows = [words(say("Median of all"), *found.typical)]
    for row in found.rows:
        name = Cell(row.partner)
        if not row.is_shown:
            rows.append(Row((name, Cell(view.too_few)), is_off=True))
            continue
        scores = [view.measure_of(aspect).scores[row.place] for aspect in view.aspects]
        rows.append(Row((name, *(scored(view, score) for score in scores))))
    title = say("Scores by partner and aspect")
    head = columns(say("Partner"), *found.head, numbers=len(found.head))
    table = by.table(say("Aspects"), title, head, rows)
    return [Heading(say("Aspect by aspect")), Text(lead, LEAD), *table, by.marks()]


def scorecard(by: Composer) -> list[Block]:
    """Say who leads by the published weights, and what that hangs on."""
    say, view, found = by.say, by.view, leading(by.view)
    if found is None:
        return []
    head = _head_of_leads(by)
    rows = [
        Row(
            (
                Cell(row.partner),
                scored(view, view.measure.scores[row.place]),
                *(Cell(t) for t in (row.interval, row.near, row.far, row.every, row.chance)),
            )
        )
        for row in found.rows
    ]
    caption = say("Composite, and in how many weightings each partner has the highest")
    first, *others = found.sentences or ("",)
    if view.workspace.equal_weights:
        weighed = say("Nobody chose weights for this study, so all aspects weigh alike.")
    else:
        weighed = say(
            "They were published before the study was opened, and could not be changed since."
        )
    return [
        Heading(say("Scorecard")),
        *([Text(first, LEAD)] if first else []),
        *(Text(sentence) for sentence in others),
        *by.table(say("Scorecard"), caption, head, rows),
        Heading(say("The weights"), 3),
        Text(weighed),
        *by.table(
            say("Weights"),
            say("The weights"),
            columns(say("Aspect"), say("Weight"), numbers=1),
            [words(label, share) for label, share in found.weights],
        ),
    ]


def _head_of_leads(by: Composer) -> tuple[Column, ...]:
    say, percent, work = by.say, by.view.voice.percent, by.view.workspace
    near, far = (say("Weights ± %(share)s", share=percent(w or 0)) for w in (work.near, work.far))
    return columns(
        say("Partner"),
        say("Composite"),
        by.level(),
        near,
        far,
        say("Any weights"),
        say("Truly highest"),
        numbers=6,
    )


def volume(by: Composer) -> list[Block]:
    """Set scores beside shares of the revenue."""
    say, view, found = by.say, by.view, scope(by.view)
    if not found.points:
        return []
    without = say(
        "Without a share of the revenue: %(partners)s.", partners=view.listed(found.without)
    )
    return [
        Heading(say("Score and volume")),
        Facts(tuple((f"{name} ({why})", who or NONE) for name, why, who in found.quadrants)),
        _drawn(by, found),
        *_points(by, found),
        *([Text(without, ASIDE)] if found.without else []),
    ]


def _drawn(by: Composer, found: Scope) -> Figure:
    words = {
        "across": by.say("Share of the revenue, per cent"),
        "upwards": by.view.label(by.view.name),
    }
    return by.figure(
        "scope_chart",
        by.say("Score and volume"),
        ", ".join(f"{point.number}: {point.partner}" for point in found.points),
        found.points,
        found.across,
        found.middle,
        found.ends,
        found.most,
        tuple(map(by.say, CORNERS)),
        words=words,
        id="scope-chart",
    )


def _points(by: Composer, found: Scope) -> list[Block]:
    say, view, title = by.say, by.view, by.say("Score and volume")
    numbers = (say("No."), say("Share, per cent"), say("Score"), by.level(), say("Answered"))
    head = (*columns(say("Partner")), *columns(*numbers, numbers=5), *columns(say("Class")))
    rows = [
        Row(
            (
                Cell(point.partner),
                counted(point.number),
                Cell(point.share),
                scored(view, view.measure.scores[point.place]),
                Cell(point.interval),
                Cell(point.coverage),
                Cell(say(KINDS[point.kraljic]) if point.kraljic in KINDS else NONE),
            )
        )
        for point in found.points
    ]
    return by.table(title, title, head, rows)
