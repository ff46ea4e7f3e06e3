"""Formats of an export: each is a function of a module, and one row in this table."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, BinaryIO, Final

from survey.services.formats import as_csv, as_json, as_parquet, as_xlsx, labelled
from survey.services.snapshots import Snapshot

FORMATS: Final[Mapping[str, Callable[[Snapshot, BinaryIO, dict[str, Any] | None], None]]] = {
    "csv": as_csv.write,
    "xlsx": as_xlsx.write,
    "sav": labelled.sav,
    "dta": labelled.dta,
    "parquet": as_parquet.write,
    "json": as_json.write,
}
NEEDS: Final[Mapping[str, str]] = {"xlsx": "xlsxwriter", "sav": "pyreadstat", "dta": "pyreadstat"}


def available() -> list[str]:
    """Give the formats whose program is installed."""
    return [name for name in FORMATS if name not in NEEDS or find_spec(NEEDS[name]) is not None]
