"""Connections: one writing and one reading engine on the same database.

The settings of SQLite are those that were seen to lose nothing: the driver's
own transactions are switched off, a writer begins with ``BEGIN IMMEDIATE``, and
writers queue here, where the queue is fair, instead of in SQLite's busy wait.
"""

import fcntl
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import StorageBusy

log = logging.getLogger(__name__)

BUSY_SECONDS = 30
READERS_SECONDS = 2
SEALS = "seals"  # in the info of each session: the key for what must not be readable
_TRACELESS = "traceless"
_AFTERWARDS = "afterwards"
_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}",  # first: the others may have to wait
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
)


class Storage:
    """The database of one installation.

    Parameters
    ----------
    database_url
        SQLAlchemy address; SQLite files and PostgreSQL through psycopg.
    secret_key
        Of the installation, which is not in the database: what must not be readable there is
        sealed with it.
    """

    def __init__(self, database_url: str, secret_key: str = "") -> None:
        url = sa.make_url(database_url)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.path = Path(url.database or "") if self.is_sqlite else None
        self._queue = _WriterQueue(self.path) if self.path else None
        self.writer = _engine(url)
        self.reader = self._reading_engine(url)
        self._info: dict[str, Any] = {
            "instruments": {},
            "notices": {},
            SEALS: secret_key,
        }

    def _reading_engine(self, url: sa.URL) -> sa.Engine:
        if self.is_sqlite:
            _sqlite_events(self.writer, begin="BEGIN IMMEDIATE")
            reader = _engine(url)
            _sqlite_events(reader, begin="BEGIN", read_only=True)
            return reader
        return self.writer.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session that commits when the block ends and rolls back when it raises."""
        with self.writing(), Session(self.writer, info=self._info) as session:
            yield session
            session.commit()
            if self.is_sqlite and session.info.get(_TRACELESS):
                session.close()
                self.settle()
            elif not self.is_sqlite:
                _act_afterwards(session)

    def settle(self) -> None:
        """Move everything from SQLite's log into the file, and empty the log.

        The log keeps the pages of each transaction in the order of writing: with it one
        could tell which rows came together, and find what was erased. The caller holds the
        right to write, so nothing is written in between; readers are waited for, though not
        for long: whoever writes next would wait as well, and will empty the log as well.
        """
        if not self.is_sqlite:
            return
        connection = self.writer.raw_connection()
        try:
            run = connection.cursor().execute
            run(f"PRAGMA busy_timeout={round(READERS_SECONDS * 1000)}")
            (busy, *_) = run("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            run(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        finally:
            connection.close()
        if busy:
            log.warning("SQLite's log is not emptied yet: something reads the database for long")

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session on one consistent state, in which the database refuses to write."""
        with Session(self.reader, info=self._info) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the right to write; on PostgreSQL, whose own locks are fair, nothing is held."""
        if self._queue is None:
            yield
        else:
            with self._queue.turn():
                yield

    def close(self) -> None:
        """Close all connections."""
        self.writer.dispose()
        self.reader.dispose()


def leave_no_trace(session: Session) -> None:
    """Let nothing but the rows remain of what this session writes: see `Storage.settle`."""
    session.info[_TRACELESS] = True


def afterwards(session: Session, act: Callable[[Session], None]) -> None:
    """Do something in a transaction of its own after this one, on PostgreSQL only.

    What was acknowledged is stored by then: if it fails, that is logged and no more.
    """
    session.info.setdefault(_AFTERWARDS, []).append(act)


def _act_afterwards(session: Session) -> None:
    for act in session.info.get(_AFTERWARDS, ()):
        try:
            act(session)
            session.commit()
        except sa.exc.DBAPIError:
            session.rollback()
            log.warning("what was to be done after a transaction was not done")


class _WriterQueue:
    """One writer at a time: a fair lock between threads, then a file lock between processes."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._threads = FairLock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        if not self._threads.acquire(BUSY_SECONDS):
            raise StorageBusy(seconds=BUSY_SECONDS)
        try:
            # The kernel gives the lock back when the descriptor closes, killed or not.
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)
        finally:
            self._threads.release()


class FairLock:
    """A lock that threads get in the order in which they asked for it.

    `threading.Lock` lets whoever comes just then go first; under 64 writers some
    waited seconds for work of two milliseconds.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, timeout: float) -> bool:
        """Wait for the lock; ``False`` if it did not come in time (seconds)."""
        with self._guard:
            if not self._held:
                self._held = True
                return True
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=timeout):
            return True
        with self._guard:
            if turn not in self._waiting:  # it was handed over at the last moment
                return True
            self._waiting.remove(turn)
            return False

    def release(self) -> None:
        """Hand the lock to the thread that has waited longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


def _engine(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url,
        json_serializer=_json_text,
        json_deserializer=msgspec.json.decode,
        pool_size=8,
        max_overflow=24,
        hide_parameters=True,
    )
    sa.event.listen(engine, "handle_error", _without_detail)
    return engine


def _without_detail(context: sa.ExceptionContext) -> None:
    """Keep the row out of an error's text: PostgreSQL appends the whole of it as DETAIL."""
    original = context.original_exception
    primary = getattr(getattr(original, "diag", None), "message_primary", None)
    if primary:
        original.args = (primary,)
        if context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.args = (primary,)


def _json_text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _sqlite_events(engine: sa.Engine, *, begin: str, read_only: bool = False) -> None:
    def connect(connection: Any, _record: object) -> None:  # noqa: ANN401 (the driver's own)
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        if read_only:
            connection.execute("PRAGMA query_only=ON")

    def start(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    sa.event.listen(engine, "connect", connect)
    sa.event.listen(engine, "begin", start)
