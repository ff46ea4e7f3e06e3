"""Keeps the texts of a closed wave that may be shown. For closing only: it loads polars."""

import random

import msgspec

from survey.services.comparing.comments import Comments
from survey.services.files import destroy, replacing
from survey.services.published import comments_path
from survey.services.snapshots import Snapshot
from survey.services.withholding import withhold
from survey.settings import Settings


def gather(settings: Settings, slug: str, wave: int, snapshot: Snapshot) -> None:
    """Keep the texts that may be shown, shuffled, in place of those that were kept before.

    A text is shown beside the others about the same partner, from the same side, where at least
    as many people wrote as the study's threshold for free text says; in identified studies too,
    since nobody who wrote expects to be told from the others here.
    """
    shown, _ = withhold(snapshot)
    least = snapshot.meta["thresholds"]["min_group_text"]
    asked = snapshot.meta["sides"][0]
    columns = [unit.values[0] for unit in snapshot.units if unit.kind == "text"]
    rows: dict[tuple[str, str], list[list[str]]] = {}
    for partner, side, *given in shown.frame.select("partner", "side", *columns).iter_rows():
        if written := [text.strip() for text in given if text and text.strip()]:
            rows.setdefault((side or asked, partner), []).append(written)
    found: dict[str, dict[str, list[str]]] = {}
    for (side, partner), wrote in sorted(rows.items()):
        if len(wrote) >= least:
            texts = [text for each in wrote for text in each]
            found.setdefault(side, {})[partner] = random.SystemRandom().sample(texts, len(texts))
    path = comments_path(settings, slug, wave)
    if path.exists():
        destroy(path)
    with replacing(path) as file:
        file.write(msgspec.json.encode(Comments(snapshot.meta.get("data_version", 1), found)))
