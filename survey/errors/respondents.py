"""The respondent's way."""

# ruff: noqa: N818 (as in survey.errors.base)

from survey.errors.base import SurveyError


class UnknownInvitation(SurveyError):
    """The link leads to no invitation; the same for a wrong and a withdrawn one."""

    status = 404
    text = "this link is not known"


class WaveNotOpen(SurveyError):
    """The survey behind the link has not been opened yet."""

    status = 409
    text = "the survey {title!r} is not open yet"


class WaveClosed(WaveNotOpen):
    """The survey behind the link is closed for good."""

    status = 410
    text = "the survey {title!r} is closed"


class UnknownLanguage(SurveyError):
    """A language in which this study is not offered."""

    text = "language {language!r} is not offered; choose one of {allowed}"


class UnknownPartner(SurveyError):
    """A place that is not on this person's list."""

    status = 404
    text = "there is no place {place} on this list; places are 1 to {last}"


class UnknownPage(SurveyError):
    """A page number that the questionnaire does not have."""

    status = 404
    text = "there is no page {page}; pages are 1 to {last}"


class PageTooEarly(SurveyError):
    """A later page, or the end, before the pages before it."""

    status = 409
    text = "page {allowed} comes first"

    def __init__(self, *, allowed: int) -> None:
        super().__init__(allowed=allowed)
        self.allowed = allowed


class AlreadySubmitted(SurveyError):
    """These answers were handed in; they do not change any more."""

    status = 409
    text = "these answers were already submitted"

    def __init__(self, *, receipt: str | None) -> None:
        super().__init__(receipt=receipt)
        self.receipt = receipt


class UnknownItem(SurveyError):
    """An answer to something that this page does not ask."""

    text = "page {page} has no question {item!r}; nothing was stored"


class OffScale(SurveyError):
    """An answer that is not among those offered."""

    text = "{item}: the answer is not on the scale; allowed are {allowed}; nothing was stored"


class TooManyChosen(SurveyError):
    """More options than the question allows."""

    text = "{item}: {chosen} were chosen, at most {allowed} are allowed; nothing was stored"


class TextTooLong(SurveyError):
    """A free text beyond its limit."""

    text = (
        "{item}: the text has {length} characters, at most {allowed} are kept; nothing was stored"
    )


class WrongOrder(SurveyError):
    """An order of questions that the questionnaire does not allow."""

    text = "the questions cannot stand in this order; nothing was stored"


class BadAutosave(SurveyError):
    """A number or a name of a browser tab that no page of ours sends."""

    text = "an autosave has a client of 1 to 40 letters and a number from 1; nothing was stored"


class WeakKey(SurveyError):
    """A browser session without a secret of its own."""

    status = 500
    text = "the session's key has fewer than {least} characters; nothing was stored"


class UnknownReceipt(SurveyError):
    """No answers were submitted under this code."""

    status = 404
    text = "no answers are known under this receipt"


class UnknownReceipts(SurveyError):
    """Some of the codes given to a command are unknown; they are named by line only."""

    text = (
        "no answers are known under the receipt in line {lines} (of {count} receipts): look for "
        "a slip of the pen; all others are erased"
    )
