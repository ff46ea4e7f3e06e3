"""Whether what was kept of a wave fits together: as many scores as partners, places that exist."""

from collections.abc import Iterator

from survey.services.comparing.model import Measure, Workspace


def misfit(kept: Workspace) -> str | None:
    """Name the first part of a kept file that does not fit the others; ``None`` where all fit.

    A file can be of the right shape and yet be damaged, or mended by hand: pages look partners
    up by their place and scales by their name, in every part.
    """
    return next((part for part, fits in _parts(kept) if not fits), None)


def _parts(kept: Workspace) -> Iterator[tuple[str, bool]]:
    size, scales = len(kept.names), set(kept.scales)
    yield "names", len(set(kept.names)) == size
    yield "scales", bool(scales) and all(_measured(each, size) for each in kept.scales.values())
    yield "composite", kept.composite is None or _measured(kept.composite, size)
    yield "labels", scales <= set(kept.labels)
    yield "weights", set(kept.weights) <= scales
    yield "leads", kept.composite is None or len(kept.leads) == size
    for name, lists in (("theirs", kept.theirs), ("seen", kept.seen), ("courses", kept.courses)):
        yield name, set(lists) <= scales and all(len(each) == size for each in lists.values())
    yield "theirs", set(kept.theirs) in (set(), scales)
    yield "composite_courses", len(kept.composite_courses) in (0, size)
    yield "closed", len(kept.closed) == len(kept.waves)
    yield "warnings", all(w.scale in scales and 0 <= w.partner < size for w in kept.warnings)
    yield "drivers", all(driver.scale in scales for driver in kept.drivers)
    yield "alike", all(len(pair) == 2 and set(pair) <= scales for pair in kept.alike)
    items = kept.items.values()
    yield "items", all(each.scale in scales and len(each.scores) == size for each in items)
    yield "unknown", set(kept.unknown) <= scales


def _measured(measure: Measure, size: int) -> bool:
    """Whether a measure has a score for each partner, and its bands name partners."""
    places = (place for band in measure.bands for place in band)
    return (
        measure.lowest < measure.highest
        and len(measure.scores) == size
        and all(0 <= place < size for place in places)
    )
