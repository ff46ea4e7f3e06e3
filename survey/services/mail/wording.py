"""The words of a message: from data files and what a study says itself, as text and as HTML.

Values are data. They are put in once, so that braces in a name mean nothing; control
characters, line breaks and marks that turn the direction of writing are taken out, and in
HTML they are escaped and kept apart from the text around them.
"""

import datetime as dt
import re
import textwrap
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import jinja2
from markupsafe import Markup, escape

from survey.services.days import long_date
from survey.services.naming import tidy

NAME: Final = re.compile(r"\{([a-z_]+)\}")
_WIDTH: Final = 72
_COMMON: Final = "common"


@dataclass(frozen=True, slots=True)
class Words:
    """A message in words: texts with names in braces, and the facts that stand for them.

    ``lead`` and ``after`` are paragraphs before and after the link. ``why`` and ``stop`` stand
    at the end of mail that can be stopped.
    """

    language: str
    facts: Mapping[str, str]
    subject: str
    greeting: str
    lead: tuple[str, ...]
    after: tuple[str, ...]
    regards: str
    button: str = ""
    address: str = ""
    link: str = ""
    why: str = ""
    stop: str = ""
    stop_link: str = ""


@cache
def texts(kind: str) -> dict[str, Any]:
    """Read the texts of a kind of message, or ``common``: name → language → text."""
    file = resources.files(__package__).joinpath("texts", f"{kind}.toml")
    return tomllib.loads(file.read_text("utf-8"))


def words_for(
    kind: str,
    language: str,
    facts: Mapping[str, str],
    *,
    own: Mapping[str, str | None] | None = None,
    day: dt.date | None = None,
    link: str = "",
    stop_link: str = "",
) -> Words:
    """Choose the words of a message.

    Parameters
    ----------
    kind
        Whose texts are used.
    language
        Of the texts.
    facts
        Values by name: ``name``, ``organisation``, and of a study ``study`` and ``contact``.
    own
        ``subject`` and ``lead`` where the study has words of its own.
    day
        By which answers are asked for, said just before the link; ``None`` where none is.
    link
        Where the button leads.
    stop_link
        Where mail is stopped; empty for mail that cannot be.

    Returns
    -------
    Words
        To be given to `subject_of`, `as_text` and `as_html`.
    """
    said = {name: text[language] for name, text in texts(kind).items()}
    said |= {name: text for name, text in (own or {}).items() if text}
    common = {name: text[language] for name, text in texts(_COMMON).items()}
    facts = {name: clean(value) for name, value in facts.items()}
    lead, after = paragraphs(said["lead"]), paragraphs(said.get("after", ""))
    if day is not None:
        facts["day"] = long_date(day, language)
        lead += (common["answer_by"],)
    if facts.get("contact"):
        after += (common["contact"],)
    return Words(
        language=language,
        facts=facts,
        subject=said["subject"],
        greeting=common["greeting"],
        lead=lead,
        after=after,
        regards=common["regards"],
        button=said.get("button", ""),
        address=common["address"],
        link=link,
        why=said.get("why", common["why"]) if stop_link else "",
        stop=common["stop"],
        stop_link=stop_link,
    )


def subject_of(words: Words) -> str:
    """Give the subject, in one line."""
    return clean(filled(words.subject, words.facts))


def as_text(words: Words) -> str:
    """Write a message as plain text, in lines of at most 72 letters except for links."""

    def put(text: str) -> str:
        return textwrap.fill(
            filled(text, words.facts), _WIDTH, break_long_words=False, break_on_hyphens=False
        )

    parts = [put(words.greeting), *map(put, words.lead)]
    if words.link:
        parts.append(f"{put(words.button)}:\n{words.link}")
    parts += [*map(put, words.after), f"{words.regards}\n{put('{organisation}')}"]
    if words.stop_link:
        parts.append(f"-- \n{put(words.why)}\n{put(words.stop)}\n{words.stop_link}")
    return "\n\n".join(parts) + "\n"


def as_html(words: Words) -> str:
    """Write the same message as HTML that asks nothing of any server."""

    def put(text: str) -> Markup:
        """Escape a text; values in it are escaped and isolated."""
        return Markup(  # noqa: S704 (both parts are escaped)
            NAME.sub(lambda match: _isolated(words.facts[match[1]]), str(escape(text)))
        )

    return _template().render(words=words, subject=subject_of(words), put=put)


def filled(text: str, facts: Mapping[str, str]) -> str:
    """Put facts into a text, each once."""
    return NAME.sub(lambda match: facts[match[1]], text)


def paragraphs(text: str) -> tuple[str, ...]:
    """Split a text at its blank lines; within a paragraph lines are joined."""
    parts = (clean(part) for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")))
    return tuple(part for part in parts if part)


def clean(value: str) -> str:
    """Give a value as one line without invisible characters."""
    return tidy(
        "".join(
            " " if letter.isspace() else letter
            for letter in value
            if letter.isspace() or not unicodedata.category(letter).startswith("C")
        )
    )


def template_text() -> str:
    """Give what all messages are drawn from as HTML."""
    return resources.files(__package__).joinpath("mail.html").read_text("utf-8")


def _isolated(value: str) -> str:
    return f"<bdi>{escape(value)}</bdi>"


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(template_text())
