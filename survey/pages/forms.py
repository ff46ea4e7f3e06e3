"""Forms: fields that the kinds of questions make, drawn by templates, checked by WTForms.

Every form carries a token that belongs to the visitor's session. A form of
questions also says for which personal link it was made, so that a page left
open from another link is never stored here.
"""

from collections.abc import Mapping
from datetime import timedelta
from gettext import GNUTranslations
from typing import Any, Final

from werkzeug.datastructures import MultiDict
from wtforms import Field, StringField, ValidationError
from wtforms.csrf.session import SessionCSRF
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta

from survey.kinds import Answer

LIFETIME: Final = timedelta(hours=24)
LONGEST_TOKEN: Final = 100  # far more than any of ours, and an address that servers take
TOKEN: Final = "csrf_token"  # noqa: S105 (the name of the field)
Fields = tuple[tuple[str, Any], ...]  # name and unbound field; WTForms has no public type for it


class Guard(DefaultMeta):
    """What the forms of one request share: the session's secret and the language of messages."""

    csrf = True
    csrf_class = SessionCSRF
    csrf_time_limit = LIFETIME

    def __init__(self, secret: str, session: Any, translations: GNUTranslations) -> None:  # noqa: ANN401
        self.csrf_secret = secret.encode()
        self.csrf_context = session
        self._catalogue = translations

    def get_translations(self, _form: BaseForm) -> GNUTranslations:
        """Give the catalogue of this request's language."""
        return self._catalogue


class GuardedForm(BaseForm):
    """A form with the session's token and, besides, the fields it is given."""

    def __init__(
        self,
        guard: Guard,
        posted: MultiDict[str, str] | None = None,
        *,
        fields: Fields = (),
        saved: Mapping[str, Answer] | None = None,
    ) -> None:
        super().__init__(fields, meta=guard)
        self.process(posted, data=dict(saved or {}))

    @property
    def token(self) -> str:
        """The token to send with the form that is being drawn, always a fresh one."""
        return str(self[TOKEN]._value())  # type: ignore[attr-defined]  # noqa: SLF001 (WTForms' way)

    @property
    def is_current(self) -> bool:
        """Whether the posted token belonged to this session; known after `validate`."""
        return not self[TOKEN].errors

    @property
    def answers(self) -> dict[str, str | list[str]]:
        """What was given in the fields, by name; blank where nothing was."""
        return {field.name: field.data or "" for field in self if field.name != TOKEN}

    @property
    def mistakes(self) -> list[Field]:
        """The fields that must be changed, in their order."""
        return [field for field in self if field.errors and field.name != TOKEN]


class LinkField(StringField):
    """A personal link, or the token in it, as people paste it."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take what was pasted, without the blanks around it."""
        self.data = valuelist[-1].strip() if valuelist else ""

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse what cannot be a link of ours."""
        token = token_in(self.data)
        if not (token.isascii() and token.isalnum() and len(token) <= LONGEST_TOKEN):
            raise ValidationError(
                self.gettext("Paste the whole link from your invitation. It contains “/r/”.")
            )
        del form


def token_in(link: str | None) -> str:
    """Give the last part of a pasted address."""
    return (link or "").split("?")[0].rstrip("/").rpartition("/")[2]
