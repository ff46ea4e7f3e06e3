"""Weights of a composite as they are typed, or as they follow from what scales measure."""

from collections.abc import Mapping, Sequence

import click

_OF_THE_PARTNER = ("relationship", "performance")  # kinds of constructs that a composite is of


def weights_from(
    typed: Sequence[str], *, composite: bool, kinds: Mapping[str, str]
) -> dict[str, float] | None:
    """Read the weights of a composite.

    Parameters
    ----------
    typed
        Each `SCALE=NUMBER`.
    composite
        Whether a composite is wanted even without weights.
    kinds
        Scale to the kind of its construct, where that is known.

    Returns
    -------
    dict or None
        Scale to weight. None: no composite is wanted, or nothing is known of what the scales
        measure, so that all weigh alike.

    Raises
    ------
    click.BadParameter
        If a weight cannot be read, or a scale has two.

    Examples
    --------
    >>> weights_from(["trust=2", "quality=.5"], composite=False, kinds={})
    {'trust': 2.0, 'quality': 0.5}
    >>> kinds = {"trust": "relationship", "quality": "performance", "loyalty": "outcome"}
    >>> weights_from([], composite=True, kinds=kinds)
    {'trust': 1.0, 'quality': 1.0}
    """
    found: dict[str, float] = {}
    for text in typed:
        name, _, number = (part.strip() for part in text.rpartition("="))
        if not name:
            raise _bad(f"{text!r} is no weight; give SCALE=NUMBER, such as trust=2.")
        if name in found:
            raise _bad(f"{name!r} has two weights; give one.")
        try:
            found[name] = float(number)
        except ValueError:
            raise _bad(f"the weight of {name!r} is {number!r}; give a number above 0.") from None
    if found:
        return found
    known = [name for name, kind in kinds.items() if kind in _OF_THE_PARTNER]
    return dict.fromkeys(known, 1.0) if composite and len(known) > 1 else None


def _bad(message: str) -> click.BadParameter:
    return click.BadParameter(message, param_hint="--weight")
