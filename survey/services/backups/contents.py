"""What a backup is: a tar file of the database, the data of closed waves, and their hashes.

``manifest.json`` comes first, so that a reader knows what must follow.
"""

import hashlib
import tarfile
from pathlib import Path
from typing import Final

import msgspec

from survey.services.backups.errors import NoBackup

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SNAPSHOTS: Final = "snapshots"
DATABASES: Final = {"database.sqlite3": "SQLite", "database.dump": "PostgreSQL"}
_BLOCK: Final = 1 << 20


class Manifest(msgspec.Struct, frozen=True):
    """What is in a backup.

    Parameters
    ----------
    format
        Of the file, 1.
    made_at
        UTC, ISO 8601.
    schema
        Revision of the database.
    files
        Name within the backup → SHA-256 of the bytes, in hexadecimal.
    """

    format: int
    made_at: str
    schema: str
    files: dict[str, str]

    @property
    def database(self) -> str:
        """Give the name of the one file that holds the database."""
        return next(name for name in self.files if name in DATABASES)

    @property
    def snapshots(self) -> int:
        """Count the files of closed waves."""
        return len(self.files) - 1


def sha256_of(path: Path) -> str:
    """Hash a file without reading it whole."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpack(path: Path, folder: Path) -> Manifest:
    """Put the files of a backup into an empty folder, each compared with its hash.

    Raises
    ------
    NoBackup
        It is none, misses something, or holds something else.
    """
    try:
        with tarfile.open(path, "r:") as archive:
            manifest = _manifest(archive)
            for name, digest in manifest.files.items():
                _take_out(archive, name, digest, folder)
            _require_end(archive)
    except (tarfile.TarError, msgspec.DecodeError, KeyError, ValueError, EOFError) as error:
        raise NoBackup(path=path, why=str(error) or type(error).__name__) from None
    return manifest


def _manifest(archive: tarfile.TarFile) -> Manifest:
    first = archive.next()
    stream = archive.extractfile(first) if first and first.name == MANIFEST else None
    if stream is None:
        raise ValueError("it does not begin with a manifest")
    manifest = msgspec.json.decode(stream.read(), type=Manifest)
    if manifest.format != FORMAT:
        raise ValueError(f"its format is {manifest.format}, this program knows {FORMAT}")
    if sum(name in DATABASES for name in manifest.files) != 1:
        raise ValueError("it does not hold one database")
    return manifest


def _require_end(archive: tarfile.TarFile) -> None:
    if archive.next() is not None:
        raise ValueError("it holds more than its manifest says")


def _take_out(archive: tarfile.TarFile, name: str, digest: str, folder: Path) -> None:
    """Write the next file of a backup where it belongs; what is not expected is refused."""
    member = archive.next()
    stream = archive.extractfile(member) if member and member.isreg() else None
    if member is None or stream is None or member.name != name:
        raise ValueError(f"{name} is missing")
    where, _, file = name.rpartition("/")
    if where not in {"", SNAPSHOTS} or file.startswith("."):
        raise ValueError(f"{name} does not belong into a backup")
    target = folder / where / file
    target.parent.mkdir(mode=0o700, exist_ok=True)
    seen = hashlib.sha256()
    with target.open("xb") as out:
        target.chmod(0o600)
        while block := stream.read(_BLOCK):
            seen.update(block)
            out.write(block)
    if seen.hexdigest() != digest:
        raise ValueError(f"{name} is not as it was written")
