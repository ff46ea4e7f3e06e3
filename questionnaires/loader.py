"""Finds instruments and their bank on disk and lets only sound instruments through."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from os import PathLike
from pathlib import Path
from typing import Final

from questionnaires.errors import InstrumentError, Problem, UnknownInstrument
from questionnaires.item_bank import (
    CONSTRUCTS_FILE,
    ITEMS_FOLDER,
    SCALES_FILE,
    Bank,
    BankFiles,
    read_bank,
)
from questionnaires.model import Instrument
from questionnaires.parts import META_SUFFIX
from questionnaires.reading import read_instrument
from questionnaires.rules import Rule
from questionnaires.table import read_table, suggest

_BANK = "bank"


@dataclass(frozen=True)
class Library:
    """A folder that holds `bank/` and, beside it, `instruments/`; its bank is read once."""

    folder: Path

    @cached_property
    def bank(self) -> Bank:
        """The item bank, with its problems if it has any."""
        return read_bank(BankFiles.in_folder(self.folder / _BANK))

    @property
    def instruments(self) -> dict[str, Path]:
        """The instrument files by id, in alphabetical order."""
        return {path.stem: path for path in sorted((self.folder / "instruments").glob("*.toml"))}

    def load(self, instrument_id: str) -> Instrument:
        """Load one of the library's instruments."""
        files = self.instruments
        if instrument_id not in files:
            message = f"there is no such instrument; {suggest(instrument_id, files)}"
            raise UnknownInstrument(
                [Problem(str(self.folder), instrument_id, None, Rule.UNKNOWN_INSTRUMENT, message)]
            )
        return _sound(files[instrument_id], self.bank)


SHIPPED: Final = Library(Path(__file__).parent)


def available() -> tuple[str, ...]:
    """Give the ids of the shipped instruments in alphabetical order."""
    return tuple(SHIPPED.instruments)


@cache
def load(instrument_id: str) -> Instrument:
    """Load a shipped instrument; the same object each time.

    Parameters
    ----------
    instrument_id : one of `available()`

    Returns
    -------
    The instrument, complete in four languages and every side and perspective it declares.

    Raises
    ------
    UnknownInstrument
        When no instrument of that id is shipped.
    InstrumentError
        When its file or the bank breaks a rule; `problems` names every one.

    """
    return SHIPPED.load(instrument_id)


def load_file(path: str | PathLike[str]) -> Instrument:
    """Load an instrument from a file of one's own.

    Parameters
    ----------
    path : the file; items come from a folder `bank` beside it or beside its folder, else from
        the shipped bank

    Returns
    -------
    The instrument, complete in four languages and every side and perspective it declares.

    Raises
    ------
    InstrumentError
        When the file or the bank breaks a rule; `problems` names every one.

    """
    file = Path(path).absolute()
    return _sound(file, _library_of(file).bank)


def check_file(path: str | PathLike[str]) -> tuple[Problem, ...]:
    """Check an instrument file or a file of an item bank against every rule.

    Parameters
    ----------
    path : an instrument is checked with the bank it would be loaded with; a bank file with the
        rest of its bank and the instruments beside that, a single one in the place of the
        shipped file of its name

    Returns
    -------
    Every problem found; none when the file is sound.

    """
    file = Path(path).absolute()
    problems: list[Problem] = []
    table = read_table(file, problems)
    if table is None:
        return tuple(problems)
    if not _is_of_bank(file, table.content):
        bank = _library_of(file).bank
        read_instrument(file, bank, problems)
        return (*problems, *bank.problems)
    library, files = _surroundings(file)
    bank = read_bank(files)
    problems.extend(bank.problems)
    for instrument in library.instruments.values():
        read_instrument(instrument, bank, problems)
    return tuple(problems)


def bank_and_items(name: str) -> tuple[Bank, tuple[str, ...]]:
    """Give the sound bank behind an instrument or a file of items, and the ids used from it.

    Parameters
    ----------
    name : id of a shipped instrument, or path of an instrument's or a bank's TOML file

    Returns
    -------
    The bank, and the ids that the items of the instrument or the file have in it.

    Raises
    ------
    InstrumentError
        When a file breaks a rule, or the id is unknown.

    """
    if not name.endswith(".toml"):
        return SHIPPED.bank, _bank_ids(load(name))
    file = Path(name).absolute()
    problems: list[Problem] = []
    table = read_table(file, problems)
    if table is None:
        raise InstrumentError(problems)
    if not _is_of_bank(file, table.content):
        bank = _library_of(file).bank
        return bank, _bank_ids(_sound(file, bank))
    bank = read_bank(_surroundings(file)[1])
    if bank.problems:
        raise InstrumentError(bank.problems)
    return bank, tuple(item for item, home in bank.files.items() if home == str(file))


def _bank_ids(instrument: Instrument) -> tuple[str, ...]:
    """Give the ids of the bank's items behind those of an instrument, each once."""
    return tuple(dict.fromkeys(item.id.removesuffix(META_SUFFIX) for item in instrument.items))


def _sound(path: Path, bank: Bank) -> Instrument:
    problems: list[Problem] = []
    instrument = read_instrument(path, bank, problems)
    problems.extend(bank.problems)
    if instrument is None or problems:
        raise InstrumentError(problems)
    return instrument


def _library_of(path: Path) -> Library:
    """Give the library whose bank an instrument file uses."""
    for folder in (path.parent, path.parent.parent):
        if (folder / _BANK).is_dir() and folder != SHIPPED.folder:
            return Library(folder)
    return SHIPPED


def _is_of_bank(path: Path, content: Mapping[str, object]) -> bool:
    """Tell a bank file from an instrument by its name or, for items, by its table of items."""
    return path.name in {CONSTRUCTS_FILE, SCALES_FILE} or "items" in content


def _surroundings(path: Path) -> tuple[Library, BankFiles]:
    """Give the library a bank file belongs to, and the files of the bank with it in place."""
    bank_folder = path.parent.parent if path.parent.name == ITEMS_FOLDER else path.parent
    if bank_folder.name == _BANK:
        return Library(bank_folder.parent), BankFiles.in_folder(bank_folder)
    return SHIPPED, BankFiles.in_folder(SHIPPED.folder / _BANK).with_file(path)
