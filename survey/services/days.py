"""Days in words, alike on pages, in mail and on paper."""

import datetime as dt
from typing import Final

from babel.dates import format_date

LOCALES: Final = {"en": "en_GB"}  # day before month, as everywhere in the Nordic countries


def long_date(day: dt.date, language: str) -> str:
    """Write a day as people do: 3 October 2026, 3. oktober 2026, 3. október 2026."""
    return format_date(day, format="long", locale=LOCALES.get(language, language))
