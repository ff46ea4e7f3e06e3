"""Keeps what partners are compared by, beside the results of its wave. For closing only."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from survey.services.assessing import Stack
from survey.services.comparing.building import build
from survey.services.comparing.measuring import measure
from survey.services.comparing.model import ENCODER
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
    target = workspace_path(settings, slug, told["wave"])
    with replacing(target) as file:
        file.write(ENCODER.encode(build(document, other, beside)))
    return target
