"""Questions as HTML: what is the same for everybody is drawn once and kept."""

from typing import Any, Final

import jinja2
from markupsafe import Markup, escape
from wtforms import Field

from survey.pages.questions import Question

_HOLE: Final = "\x00"  # where the text goes, in which the partner's name stands


class Drawing:
    """Draws questions of one language, each with the template of its kind.

    A rating shows the same to everybody but for the name in its text and the answer that is
    chosen. Such drawings are kept as long as the process lives: one for each item and answer,
    and only of answers that were found right.

    Parameters
    ----------
    environment
        Where the templates of the kinds are found.
    """

    def __init__(self, environment: jinja2.Environment) -> None:
        self._environment = environment
        self._kept: dict[tuple[Question, str], list[str]] = {}

    def __call__(self, question: Question, text: str, field: Field) -> Markup:
        """Draw a question with its text, what was answered and what is wrong with that."""
        if field.errors or not question.few:
            return self._drawn(question, text, field)
        key = (question, field.data)
        parts = self._kept.get(key)
        if parts is None:
            parts = self._kept[key] = str(self._drawn(question, _HOLE, field)).split(_HOLE)
        return Markup(str(escape(text)).join(parts))  # noqa: S704 (the parts were drawn by a macro)

    def _drawn(self, question: Question, text: str, field: Field) -> Markup:
        kind: Any = self._environment.get_template(question.template).module
        return Markup(kind.draw(question, text, field))  # noqa: S704 (a macro escapes by itself)
