"""The respondent's pages as they are drawn, for who answers and for who looks at a preview.

Whoever calls gives the respondent, what is saved and the form; nothing here knows where these
come from, or writes anything. ``beside`` is what a preview adds: other addresses for the links
of a page (``paths``), and the bar that says that it is a preview.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response

from questionnaires import fill
from survey.pages.forms import GuardedForm
from survey.pages.languages import long_date
from survey.pages.questions import Question
from survey.pages.sheets import ReviewRow, Sheet
from survey.pages.site import answer, answer_to
from survey.services.notices import Notice
from survey.services.receipts import ReceiptView
from survey.services.respondents import Respondent, RosterEntry


def landing(
    known: Respondent,
    language: str,
    *,
    form: GuardedForm,
    sheet: Sheet,
    notice: Notice,
    status: int,
    **beside: Any,  # noqa: ANN401
) -> Response:
    """Draw what the survey is about and who sees what, with the button that starts."""
    return answer(
        "landing.html",
        language,
        status=status,
        languages=known.languages,
        form=form,
        respondent=known,
        left=sum(entry.state in {"not_started", "started"} for entry in known.roster),
        begun=any(entry.state != "not_started" for entry in known.roster),
        sheet=sheet,
        notice=notice,
        stale=status != 200,
        **beside,
    )


def about(
    known: Respondent,
    *,
    form: GuardedForm,
    sheet: Sheet,
    has_link: bool,
    status: int,
    **beside: Any,  # noqa: ANN401
) -> Response:
    """Draw again what the survey is about and who sees what."""
    return answer_to(
        known,
        "about.html",
        status=status,
        form=form,
        sheet=sheet,
        notice=known.notice,
        has_link=has_link,
        stale=status != 200,
        **beside,
    )


def roster(
    known: Respondent,
    entries: Sequence[tuple[RosterEntry, str]],
    *,
    form: GuardedForm,
    status: int,
    **beside: Any,  # noqa: ANN401
) -> Response:
    """Draw the list of partners, with the address at which each goes on."""
    states = [entry.state for entry in known.roster]
    return answer_to(
        known,
        "roster.html",
        status=status,
        form=form,
        entries=entries,
        left=states.count("not_started") + states.count("started"),
        done=states.count("submitted"),
        begun=states.count("started"),
        stale=status != 200,
        **beside,
    )


def questions(  # noqa: PLR0913 (what a page of questions shows)
    known: Respondent,
    entry: RosterEntry,
    asked: Iterable[Question],
    *,
    form: GuardedForm,
    sheet: Sheet,
    progress: tuple[int, int],
    mark: str,
    autosave: str,
    status: int,
    **beside: Any,  # noqa: ANN401
) -> Response:
    """Draw a page of questions.

    Parameters
    ----------
    known, entry
        Who answers, and about whom.
    asked
        The questions of the page, in the order in which they are asked.
    form
        With their fields, filled as they are saved or as they were sent.
    sheet
        The questionnaire in the person's language.
    progress
        Which page on the way this is, from 1, and how many there are; the first introduces.
    mark, autosave
        The sign of the personal link, and the address that takes answers one by one; nothing
        in a preview.
    status
        400 where the page is drawn once more as it was sent, with what is wrong in it.
    **beside
        See above.
    """
    names = {"partner": entry.partner, "organisation": known.organisation}
    return answer_to(
        known,
        "page.html",
        status=status,
        form=form,
        mark=mark,
        entry=entry,
        autosave=autosave,
        progress=progress,
        introduction=fill(sheet.introduction, **names) if progress[0] == 1 else "",
        period=sheet.period,
        questions=[(each, fill(each.text, **names), form[each.id]) for each in asked],
        stale=not form.is_current,
        **beside,
    )


def review(
    known: Respondent,
    entry: RosterEntry,
    rows: Sequence[ReviewRow],
    *,
    form: GuardedForm,
    mark: str,
    status: int,
    **beside: Any,  # noqa: ANN401
) -> Response:
    """Draw all answers about one partner before they are sent."""
    return answer_to(
        known,
        "review.html",
        status=status,
        form=form,
        mark=mark,
        entry=entry,
        rows=rows,
        blank=[row for row in rows if not row.answer],
        stale=status != 200,
        **beside,
    )


def copy(
    known: Respondent,
    entry: RosterEntry,
    rows: Sequence[ReviewRow],
    *,
    day: str,
    **beside: Any,  # noqa: ANN401
) -> Response:
    """Draw the answers about one partner as a page to print or keep."""
    return answer(
        "copy.html",
        known.language,
        respondent=known,
        entry=entry,
        rows=rows,
        day=day,
        **beside,
    )


def receipt(
    view: ReceiptView,
    code: str,
    language: str,
    *,
    form: GuardedForm,
    left: int | None,
    continues: bool,
    languages: tuple[str, ...],
    **beside: Any,  # noqa: ANN401
) -> Response:
    """Draw that answers are stored, or withdrawn; nothing shows which they were."""
    return answer(
        "receipt.html",
        language,
        languages=languages,
        form=form,
        view=view,
        code=code,
        left=left,
        day=long_date(view.day, language),
        withdrawn=long_date(view.withdrawn_on, language) if view.withdrawn_on else "",
        continues=continues,
        **beside,
    )


def withdrawal(
    view: ReceiptView,
    code: str,
    language: str,
    *,
    form: GuardedForm,
    languages: tuple[str, ...],
    status: int,
    **beside: Any,  # noqa: ANN401
) -> Response:
    """Draw what withdrawing does, before it is done."""
    return answer(
        "withdraw.html",
        language,
        status=status,
        languages=languages if status == 200 else (),
        form=form,
        view=view,
        code=code,
        day=long_date(view.day, language),
        stale=status != 200,
        **beside,
    )
