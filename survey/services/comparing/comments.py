"""What people wrote of a partner, where enough of them wrote: apart from what never changes.

Answers that are taken back after closing stay in numbers that were published, but not here:
words are somebody's own. `gathering` keeps them.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from survey.services.published import comments_path
from survey.settings import Settings

Texts = Mapping[str, Mapping[str, list[str]]]  # side → partner → texts


class Comments(msgspec.Struct, frozen=True):
    """Texts that may be shown, in no order that means anything, and of which data they are."""

    version: int
    of: dict[str, dict[str, list[str]]]


_DECODER: Final = msgspec.json.Decoder(Comments)


def read(settings: Settings, slug: str, wave: int, version: int) -> Texts:
    """Read the texts that may be shown of a closed wave.

    Parameters
    ----------
    settings, slug, wave
        Of the installation; the study, and its closed wave.
    version
        Of the wave's data as they are now. Texts of another version are not given: something
        may have been taken back of them.
    """
    path = comments_path(settings, slug, wave)
    try:
        stat = path.stat()
    except FileNotFoundError:
        return {}
    found = _decoded(path, stat.st_mtime_ns, stat.st_size)
    return found.of if found is not None and found.version == version else {}


@lru_cache(maxsize=16)
def _decoded(path: Path, _changed: int, _size: int) -> Comments | None:
    try:
        return _DECODER.decode(path.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError, FileNotFoundError):
        return None
