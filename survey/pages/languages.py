"""Languages of the interface: gettext catalogues, compiled in memory when the server starts."""

import datetime as dt
import gettext
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from questionnaires import LANGUAGES
from survey.services.days import LOCALES, long_date

__all__ = ["NAMES", "SOURCE", "compile_catalogues", "decimal", "long_date", "moment", "preferred"]

FOLDER: Final = Path(__file__).with_name("translations")
SOURCE: Final = "en"
NAMES: Final = {  # each language in its own words
    "en": "English",
    "nb": "Bokmål",
    "nn": "Nynorsk",
    "is": "Íslenska",
}
_MACROLANGUAGES: Final = {"no": "nb"}


def compile_catalogues() -> dict[str, gettext.GNUTranslations]:
    """Read ``<language>/messages.po`` of every language and compile it in memory."""
    return {language: _compiled(language) for language in LANGUAGES}


def preferred(accepted: Iterable[tuple[str, float]], offered: tuple[str, ...]) -> str:
    """Choose among the offered languages by a browser's wishes.

    Parameters
    ----------
    accepted
        Pairs of language tag and quality, best first, as ``Accept-Language`` gives them.
    offered
        Languages to choose from.

    Returns
    -------
    str
        The first wish that is offered (``no`` counts as ``nb``), else English.
    """
    for tag, quality in accepted:
        language = tag.replace("_", "-").split("-")[0].lower()
        language = _MACROLANGUAGES.get(language, language)
        if quality > 0 and language in offered:
            return language
    return SOURCE


def decimal(number: float, language: str) -> str:
    """Write a number with the decimals it has: 12.5, 12,5."""
    return format_decimal(number, locale=LOCALES.get(language, language))


def moment(at: dt.datetime, language: str) -> str:
    """Write a moment to the minute, in UTC: 3 Oct 2026, 12:05 UTC."""
    day = format_date(at.date(), format="medium", locale=LOCALES.get(language, language))
    return f"{day}, {at:%H:%M} UTC"


def _compiled(language: str) -> gettext.GNUTranslations:
    with (FOLDER / language / "messages.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
