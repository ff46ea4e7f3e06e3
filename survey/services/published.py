"""Where the files of a closed wave lie, and the key of the link to its results."""

import base64
import hashlib
import hmac
import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from survey.errors import WavePurged
from survey.settings import Settings, is_loopback
from survey.storage.models import Wave

SERVER_HERE: Final = "http://127.0.0.1:8000"  # where `tillit serve` listens if not told otherwise


def snapshot_path(settings: Settings, slug: str, wave: int, version: int = 1) -> Path:
    """Give the place of a wave's frozen rows; each version of the data has a file of its own."""
    return settings.snapshots_dir / snapshot_name(slug, wave, version)


def snapshot_name(slug: str, wave: int, version: int = 1) -> str:
    """Give the name of that file."""
    ending = f"-v{version}" if version > 1 else ""
    return f"{slug}-w{wave}{ending}.parquet"


def require_data(slug: str, wave: Wave) -> None:
    """Raise `WavePurged` if the data of a wave have been deleted."""
    if wave.purged_on is not None:
        raise WavePurged(wave=wave.number, slug=slug, day=wave.purged_on.isoformat())


def older_snapshots(settings: Settings, slug: str, wave: int, version: int) -> list[Path]:
    """Find the files that an earlier version of a wave's data left behind."""
    paths = (snapshot_path(settings, slug, wave, earlier) for earlier in range(1, version))
    return [path for path in paths if path.exists()]


def unfinished(settings: Settings, slug: str, wave: int) -> list[Path]:
    """Find what was being written of a wave when its writer was ended, a power cut for instance.

    Only who holds the wave's row may take data files away: nobody can be writing them then.
    """
    ending = r"(-v\d+|-ours|-theirs|-research|-research-page|-workspace|-comments)?"
    name = rf"\.{re.escape(slug)}-w{wave}{ending}\.(parquet|json|html)\.\w+\.part"
    return [
        path for path in settings.snapshots_dir.glob(".*.part") if re.fullmatch(name, path.name)
    ]


def results_path(settings: Settings, slug: str, wave: int, side: str | None = None) -> Path:
    """Give the place of a wave's results; a study of both sides has one file for each."""
    ending = f"-{side}" if side else ""
    return settings.snapshots_dir / f"{slug}-w{wave}{ending}.json"


def report_path(settings: Settings, slug: str, wave: int, side: str | None = None) -> Path:
    """Give the place of the report that is drawn from the same results."""
    return results_path(settings, slug, wave, side).with_suffix(".html")


def research_paths(settings: Settings, slug: str, wave: int) -> tuple[Path, Path, Path]:
    """Give the places of what researchers read of a wave, all its sides and earlier waves.

    Returns
    -------
    tuple of Path
        Numbers, report, and the inside of the report as our page shows it; the last is written
        last and taken away first: where it lies, the others lie too.
    """
    stem = f"{slug}-w{wave}-research"
    names = (f"{stem}.json", f"{stem}.html", f"{stem}-page.html")
    numbers, report, page = (settings.snapshots_dir / name for name in names)
    return numbers, report, page


def workspace_path(settings: Settings, slug: str, wave: int) -> Path:
    """Give the place of what partners are compared by."""
    return settings.snapshots_dir / f"{slug}-w{wave}-workspace.json"


def comments_path(settings: Settings, slug: str, wave: int) -> Path:
    """Give the place of the comments that may be shown, apart from what never changes."""
    return settings.snapshots_dir / f"{slug}-w{wave}-comments.json"


def results_key(settings: Settings, slug: str, wave: int) -> str:
    """Give the key without which the results page of a wave is not shown."""
    message = f"results/{slug}/{wave}".encode()
    digest = hmac.digest(settings.secret_key.encode(), message, hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:18]).decode()


def is_results_key(settings: Settings, slug: str, wave: int, given: str) -> bool:
    """Say, in a time that tells nothing, whether this is the key."""
    return hmac.compare_digest(results_key(settings, slug, wave).encode(), given.encode())


def results_link(settings: Settings, slug: str, wave: int) -> str:
    """Give the address of the results page of a closed wave, which this machine alone may see.

    Where people reach the server at a public address, the link is to `SERVER_HERE` instead.
    """
    return _link(settings, "compare", slug, wave)


def research_link(settings: Settings, slug: str, wave: int) -> str:
    """Give the address of the page for researchers, which is shown to the same visitors."""
    return _link(settings, "research", slug, wave)


def _link(settings: Settings, page: str, slug: str, wave: int) -> str:
    public = not is_loopback(urlsplit(settings.base_url).hostname or "")
    base = SERVER_HERE if public else settings.base_url
    return f"{base}/{page}/{slug}/{wave}?key={results_key(settings, slug, wave)}"


def known_links(settings: Settings, slug: str, wave: int) -> dict[str, str]:
    """Give the addresses of both pages where the settings that make them are known to a command."""
    if not (settings.base_url and settings.secret_key):
        return {}
    return {
        "page": results_link(settings, slug, wave),
        "research": research_link(settings, slug, wave),
    }
