"""Whether the translations of a study may be shown to people, and who said so if not."""

from collections.abc import Sequence
from typing import Any, Final

from questionnaires import STATUSES, Instrument
from survey.errors import BadInput, TranslationsNotReady
from survey.storage.models import Study, Wave, now

SOURCE: Final = "en"  # what is translated from
_LEAST: Final = STATUSES.index("reviewed")


def shortcomings(instrument: Instrument, languages: Sequence[str]) -> dict[str, Any] | None:
    """List what is not ready in an instrument as it was read from its file.

    Parameters
    ----------
    instrument
        With the status of its translations, which its stored form no longer has.
    languages
        Those that a study offers.

    Returns
    -------
    dict or None
        Language → ``below`` (items of which no second person has read the translation) and
        ``stale`` (items whose English text changed since), each a list of ids, where there
        are any.
    """
    found: dict[str, Any] = {}
    states = instrument.translation_status()
    for language in languages:
        if language == SOURCE:
            continue
        below = [
            item.id
            for item in instrument.items
            if language in item.status and STATUSES.index(item.status[language]) < _LEAST
        ]
        stale = list(states[language].stale)
        if below or stale:
            found[language] = {"below": below, "stale": stale}
    return found or None


def accept(study: Study, wave: Wave, accepted: Sequence[str], by: str) -> None:
    """Let a wave open, or refuse; what was accepted is written down with who and when.

    Parameters
    ----------
    study, wave
        The wave is about to open.
    accepted
        Languages whose translations someone takes the responsibility for.
    by
        Who that is.

    Raises
    ------
    BadInput
        A language that the study does not offer.
    TranslationsNotReady
        Naming each item of each language that was not accepted.
    """
    unknown = [language for language in accepted if language not in study.languages]
    if unknown:
        said = f"--accept-translation: {', '.join(unknown)} is none of {', '.join(study.languages)}"
        raise BadInput(f"study {study.slug}", (said,))
    found = study.translations or {}
    refused = {language: what for language, what in found.items() if language not in accepted}
    if refused:
        raise TranslationsNotReady(
            slug=study.slug,
            problems="".join(f"\n  {line}" for line in _lines(refused)),
            flags=" ".join(f"--accept-translation {language}" for language in refused),
        )
    if found:
        wave.overrides = {"translations": found, "by": by, "at": now().isoformat()}


def _lines(refused: dict[str, Any]) -> list[str]:
    says = {
        "below": "not reviewed by a second reader",
        "stale": "the English text changed since",
    }
    return [
        f"{language}: {said}: {', '.join(what[kind])}"
        for language, what in refused.items()
        for kind, said in says.items()
        if what[kind]
    ]
