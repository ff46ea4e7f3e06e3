"""Sentences about what people handed in: English as they stand, and sayable in any language."""

from gettext import GNUTranslations
from typing import Any, Self


class Words(str):
    """A sentence that remembers the text it was made from and the values in it."""

    __slots__ = ("params", "text")

    text: str
    params: dict[str, Any]

    def __new__(cls, text: str, params: dict[str, Any]) -> Self:
        """Put the values into the English text."""
        sentence = super().__new__(cls, text % params)
        sentence.text, sentence.params = text, params
        return sentence


def in_words(text: str, /, **params: object) -> Words:
    """Say something in English, so that a page can say it in its own language.

    Parameters
    ----------
    text
        With places such as ``%(name)s``; it is the key of the catalogues.
    **params
        What stands in these places; a sentence in one of them is translated as well.

    Examples
    --------
    >>> print(in_words("%(name)r stands there twice", name="Nord"))
    'Nord' stands there twice
    """
    return Words(text, params)


def say_in(catalogue: GNUTranslations, sentence: str) -> str:
    """Say a sentence in the language of a catalogue; what is no `Words` stays as it is."""
    if not isinstance(sentence, Words):
        return sentence
    params = {
        name: say_in(catalogue, value) if isinstance(value, str) else value
        for name, value in sentence.params.items()
    }
    return catalogue.gettext(sentence.text) % params
