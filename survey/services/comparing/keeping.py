"""Keeps what partners are compared by, beside the results of its wave. For closing only."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from survey.services.assessing import Stack
from survey.services.comparing.building import build
from survey.services.comparing.kept import read
from survey.services.comparing.measuring import measure
from survey.services.comparing.model import ENCODER, Workspace
from survey.services.files import replacing
from survey.services.published import results_path, workspace_path
from survey.settings import Settings


def keep(settings: Settings, slug: str, document: Mapping[str, Any], stack: Stack) -> Path:
    """Choose what a report holds for comparison, and keep it.

    Parameters
    ----------
    settings
        Of the installation.
    slug
        The study.
    document
        The report for researchers of a wave.
    stack
        The rows that it was made of.
    """
    told = document["snapshot"]
    sides = [side for side in told["sides"] if side != told["side"]]
    path = results_path(settings, slug, told["wave"], sides[0]) if sides else None
    other = msgspec.json.decode(path.read_bytes()) if path is not None and path.exists() else None
    weights = (document.get("composite") or {}).get("weights", {})
    beside = measure(stack, weights, document["settings"]["level"])
    found, target = build(document, other, beside), workspace_path(settings, slug, told["wave"])
    before = read(settings, slug, told["wave"])
    shown = {**(before.told if before else {}), **_told(found)}
    with replacing(target) as file:
        file.write(ENCODER.encode(msgspec.structs.replace(found, told=shown)))
    return target


def _told(found: Workspace) -> dict[str, list[str]]:
    """Name the partners whose items are shown, by scale."""
    return {
        item.scale: [n for n, s in zip(found.names, item.scores, strict=True) if s is not None]
        for item in found.items.values()
    }
