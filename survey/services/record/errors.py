"""What can be refused about a partner's record and about cards that are let out."""

# ruff: noqa: N818 (each name says what is wrong, as in survey.errors)

from survey.errors import SurveyError


class NoSuchEntry(SurveyError):
    """The record of the partner has no such entry."""

    status = 404
    text = "the record of this partner has no such entry"


class EntryStruck(SurveyError):
    """An entry that was struck out, and is not changed any more."""

    status = 409
    text = "this entry was struck out: it stays as it was"


class NoSuchRelease(SurveyError):
    """No such card was let out to this partner."""

    status = 404
    text = "no such card was let out to this partner"


class NotReleased(SurveyError):
    """A card that may not be let out; ``why`` says the rule."""

    status = 409
    text = "this card is not let out: {why}"

    def __init__(self, why: str) -> None:
        super().__init__(why=why)
        self.why = why


class NoMailThere(SurveyError):
    """A link that cannot be mailed to somebody; ``why`` says what stands in the way."""

    status = 409
    text = "no mail goes there: {why}"

    def __init__(self, why: str) -> None:
        super().__init__(why=why)
        self.why = why


class UnknownReply(SurveyError):
    """A link to a card that is wrong, over or taken back; which, is not said."""

    status = 404
    text = "this link leads to no card"
