"""Reports composed in every language, from the desk and the record as they are now."""

import datetime as dt
from collections.abc import Mapping

from sqlalchemy.orm import Session

from questionnaires import LANGUAGES
from survey.pages.card_view import Card
from survey.pages.compared import COMPOSITE, Compared
from survey.pages.rendering import Renderer
from survey.pages.report_partner import PartnerReport, Sources
from survey.pages.report_parts import Composer
from survey.pages.report_portfolio import PortfolioReport
from survey.pages.voice import Voice
from survey.services.comparing.desk import Desk, opened_on
from survey.services.comparing.model import Workspace
from survey.services.record import items
from survey.services.record.whole import whole
from survey.services.reporting.blocks import Document


def on_partner(
    session: Session, renderer: Renderer, desk: Desk, place: int, *, record: bool, day: dt.date
) -> dict[str, Document]:
    """Compose the report on the partner at a place of a wave, by language.

    Parameters
    ----------
    session
        Of any kind.
    renderer
        Draws the pictures.
    desk, place
        The wave, and the place of a partner that the register knows.
    record
        Whether what was agreed and done is in it.
    day
        On which it is made.
    """
    partner = desk.partners[place]
    if partner is None:
        return {}
    sources = Sources(
        register=partner,
        record=whole(session, partner.id) if record else None,
        items=items.known(session, partner.id),
        opened=opened_on(session, desk.workspace.study),
    )
    found = {}
    for by in _composers(renderer, desk, {}, day):
        report = PartnerReport(by, Card(by.view, place, own=(partner.id,)), sources)
        found[by.view.voice.language] = report.document()
    return found


def on_all(
    renderer: Renderer, desk: Desk, chosen: Mapping[str, str], day: dt.date
) -> dict[str, Document]:
    """Compose the report on the partners that have all of the values, by language."""
    return {
        by.view.voice.language: PortfolioReport(by).document()
        for by in _composers(renderer, desk, chosen, day)
    }


def first_wave(work: Workspace) -> int:
    """Give the earliest wave whose numbers can be in a report."""
    points = (point.wave for course in work.composite_courses if course for point in course.points)
    return min([*work.waves, *points])


def _composers(
    renderer: Renderer, desk: Desk, chosen: Mapping[str, str], day: dt.date
) -> list[Composer]:
    work = desk.workspace
    name = COMPOSITE if work.composite else next(iter(work.scales))
    views = (
        Compared(desk, Voice(code, renderer.catalogues[code]), name, desk.chosen(chosen))
        for code in LANGUAGES
    )
    return [Composer(view, renderer, day, chosen) for view in views]
