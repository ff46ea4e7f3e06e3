"""Items that asked for one answer, as they are typed or as a questionnaire tells them."""

from collections.abc import Mapping, Sequence

import click


def instructed_from(typed: Sequence[str], told: Mapping[str, str]) -> dict[str, float | str]:
    """Read which answer an item asked for.

    Parameters
    ----------
    typed
        Each `ITEM=ANSWER`.
    told
        The same from the questionnaire; what is typed of an item counts instead.

    Returns
    -------
    dict
        Item to its answer: a number if it spells one.

    Raises
    ------
    click.BadParameter
        If one cannot be read, or an item has two.

    Examples
    --------
    >>> instructed_from(["check=2"], {"instructed_disagree": "disagree"})
    {'instructed_disagree': 'disagree', 'check': 2.0}
    """
    own: dict[str, float | str] = {}
    for text in typed:
        name, _, answer = (part.strip() for part in text.partition("="))
        if not name or not answer:
            raise _bad(f"{text!r} is no item with its answer; give ITEM=ANSWER, such as check=2.")
        if name in own:
            raise _bad(f"{name!r} has two answers; give one.")
        own[name] = _number(answer)
    return {**told, **own}


def _number(answer: str) -> float | str:
    try:
        return float(answer)
    except ValueError:
        return answer


def _bad(message: str) -> click.BadParameter:
    return click.BadParameter(message, param_hint="--instructed")
