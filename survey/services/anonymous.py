"""How anonymous studies keep answers: nothing that is stored leads from them to a person.

Same functions as `survey.services.assessments`. Drafts and participation have keys made from
the token of the link, which is stored nowhere, so only who holds the link finds them. On
submission the answers move under a random key of their own, with a day and no time. Nothing
is logged: the moment of a line would be finer than the day.
"""

import hashlib
import hmac
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import WeakKey
from survey.services.assessments import STATUS, Saved
from survey.services.receipt_codes import receipt_from, receipt_hash
from survey.services.respondents import Respondent, RosterEntry, require_open, state_of
from survey.storage.engine import afterwards, leave_no_trace
from survey.storage.models import AnonymousAnswers, Base, Draft, Participation, new_id, today

LEAST_KEY: Final = 22  # characters of a browser's secret: 128 bits in base64
_DRAFT: Final = Base.metadata.tables[Draft.__tablename__]
_PART: Final = Base.metadata.tables[Participation.__tablename__]
_ANSWERS: Final = Base.metadata.tables[AnonymousAnswers.__tablename__]
_STATES: Final = sa.union_all(
    sa.select(
        _PART.c.key,
        _PART.c.submitted,
        _PART.c.declined,
        sa.null().cast(sa.Integer).label("pages_done"),
    ).where(_PART.c.key.in_(sa.bindparam("parts", expanding=True))),
    sa.select(
        _DRAFT.c.key,
        sa.false().label("submitted"),
        sa.false().label("declined"),
        _DRAFT.c.pages_done,
    ).where(_DRAFT.c.key.in_(sa.bindparam("drafts", expanding=True))),
)
_TAKE_PART: Final = sa.text(
    "INSERT INTO participation (key, wave_id, submitted, declined, opened) "
    "VALUES (:part, :wave_id, :no, :no, :yes) ON CONFLICT DO NOTHING"
).bindparams(sa.bindparam("part", type_=sa.Uuid()), sa.bindparam("wave_id", type_=sa.Uuid()))
_HELD: Final = (
    sa.select(_PART.c.submitted, _PART.c.declined)
    .where(_PART.c.key == sa.bindparam("part"))
    .with_for_update()
)
_READ: Final = sa.select(
    _DRAFT.c.answers, _DRAFT.c.pages_done, _DRAFT.c.item_order, _DRAFT.c.autosaves
).where(_DRAFT.c.key == sa.bindparam("draft"))
_BEGIN: Final = sa.insert(_DRAFT)
_CHANGE: Final = sa.update(_DRAFT).where(_DRAFT.c.key == sa.bindparam("draft"))
_REMOVE: Final = sa.delete(_DRAFT).where(_DRAFT.c.key == sa.bindparam("draft"))
_MARK: Final = sa.update(_PART).where(_PART.c.key == sa.bindparam("part"))
_OPEN: Final = sa.update(_PART).where(
    _PART.c.key.in_(sa.bindparam("parts", expanding=True)), _PART.c.opened.is_(False)
)
_MIXED: Final = 200
_MIX: Final = sa.text(
    "UPDATE participation SET submitted = participation.submitted FROM ("
    " SELECT key FROM participation WHERE wave_id = :wave_id"
    " ORDER BY key IN :parts DESC, random() LIMIT :most FOR UPDATE SKIP LOCKED"
    ") AS mixed WHERE participation.key = mixed.key"
).bindparams(
    sa.bindparam("parts", type_=sa.Uuid(), expanding=True), sa.bindparam("wave_id", type_=sa.Uuid())
)
_SUBMIT: Final = sa.insert(_ANSWERS)
_RECEIPT: Final = sa.select(_ANSWERS.c.wave_id).where(
    _ANSWERS.c.receipt_sha256 == sa.bindparam("code")
)


def part_key(token: str, wave_id: uuid.UUID, partner_id: uuid.UUID) -> uuid.UUID:
    """Give the key of the participation of a link for one partner."""
    return _keyed(token, "part", wave_id, partner_id)


def roster_states(
    session: Session, token: str, wave_id: uuid.UUID, partners: list[tuple[str, uuid.UUID]]
) -> tuple[RosterEntry, ...]:
    """Give the list of an anonymous respondent, in the order of the partners given."""
    keys = [
        (part_key(token, wave_id, partner_id), _keyed(token, "draft", wave_id, partner_id))
        for _, partner_id in partners
    ]
    rows = session.execute(
        _STATES, {"parts": [part for part, _ in keys], "drafts": [draft for _, draft in keys]}
    )
    found = {row.key: row for row in rows}
    entries = []
    for place, ((name, partner_id), (part, draft)) in enumerate(
        zip(partners, keys, strict=True), 1
    ):
        begun = found.get(draft)
        submitted, declined = found[part][1:3] if part in found else (False, False)
        done = begun.pages_done if begun else None
        state = state_of(done, submitted=bool(submitted), declined=bool(declined))
        entries.append(RosterEntry(place, name, state, done or 0, None, partner_id))
    return tuple(entries)


def read(session: Session, known: Respondent, entry: RosterEntry) -> Saved:
    """Give the draft about one partner; nothing after it was submitted."""
    submitted, declined = entry.state == "submitted", entry.state == "declined"
    return _read(session, known, entry, submitted=submitted, declined=declined)


def hold(session: Session, known: Respondent, entry: RosterEntry) -> Saved:
    """Lock the wave against closing and the participation against other tabs; read the draft.

    Raises
    ------
    WaveNotOpen, WaveClosed
        Something closed the wave since the respondent was read.
    """
    leave_no_trace(session)
    key = {**_key(known, entry), "wave_id": known.wave_id, "no": False, "yes": True}
    require_open(session.scalars(STATUS, key).one(), known.study_title, known.language)
    if known.open_link:  # who was invited has a row already
        session.execute(_TAKE_PART, key)
    submitted, declined = session.execute(_HELD, key).one()
    return _read(session, known, entry, submitted=submitted, declined=declined)


def write(
    session: Session,
    known: Respondent,
    entry: RosterEntry,
    saved: Saved,
    **values: Any,  # noqa: ANN401
) -> uuid.UUID:
    """Change the draft that is held, or begin it."""
    draft = _key(known, entry)["draft"]
    if saved.id is not None:
        session.execute(_CHANGE, {"draft": draft, **values})
    else:
        session.execute(_BEGIN, {"key": draft, "wave_id": known.wave_id, **values})
    return draft


def write_page(
    session: Session,
    known: Respondent,
    entry: RosterEntry,
    saved: Saved,
    page: int,  # noqa: ARG001 (when a page was posted is noted nowhere)
    **values: Any,  # noqa: ANN401 (columns)
) -> None:
    """Change the draft by a posted page."""
    write(session, known, entry, saved, **values)


def open_(session: Session, known: Respondent) -> None:
    """Note that the holder of this link has pressed Start; whose link it is, no row says.

    Nothing is stored for an open link before the first answer, which then counts as opening it.
    """
    parts = [_key(known, entry)["part"] for entry in known.roster]
    if session.execute(_OPEN, {"parts": parts, "opened": True}).rowcount:  # type: ignore[attr-defined]
        leave_no_trace(session)
        afterwards(session, partial(_mix, known.wave_id, parts))


def submit(
    session: Session,
    known: Respondent,
    entry: RosterEntry,
    saved: Saved,
    off_path: list[str],
    key: str,
) -> str:
    """Move the answers away from the link; give the receipt that only this browser can make."""
    code = _receipt(known, entry, key)
    row = {
        "id": new_id(),
        "wave_id": known.wave_id,
        "partner_id": entry.partner_id,
        "side": known.side,
        "instrument_id": known.instrument.id,
        "instrument_version": known.instrument.version,
        "answers": saved.answers,
        "off_path": off_path or None,
        "item_order": list(saved.order) if saved.order else None,
        "submitted_on": today(),
        "receipt_sha256": receipt_hash(code),
    }
    session.execute(_SUBMIT, row)
    keys = _key(known, entry)
    session.execute(_REMOVE, {"draft": keys["draft"]})
    session.execute(_MARK, {"part": keys["part"], "submitted": True, "opened": True})
    afterwards(session, partial(_mix, known.wave_id, [keys["part"]]))
    return code


def receipt_of(session: Session, known: Respondent, entry: RosterEntry, key: str) -> str | None:
    """Give the receipt of submitted answers to the browser that submitted them, else ``None``."""
    code = _receipt(known, entry, key)
    found = session.scalar(_RECEIPT, {"code": receipt_hash(code)})
    return code if found == known.wave_id else None


def decline(session: Session, known: Respondent, entry: RosterEntry, *, declined: bool) -> None:
    """Note that the holder of this link does not know the partner, or does after all."""
    session.execute(_MARK, {"part": _key(known, entry)["part"], "declined": declined})


def _mix(wave_id: uuid.UUID, parts: Sequence[uuid.UUID], session: Session) -> None:
    """Let participations carry a transaction's number that many others carry too.

    PostgreSQL shows with each row which transaction wrote it last (``xmin``), and answers have
    the number of the same one. SQLite changes the row in its place and keeps no number.
    """
    key = {"wave_id": wave_id, "parts": list(parts), "most": max(_MIXED, len(parts))}
    if session.scalars(STATUS, key).one() == "open":  # the wave first, as everywhere
        session.execute(_MIX, key)


def settle(session: Session, wave_id: uuid.UUID) -> None:
    """Take away what an open wave still needed, before it closes.

    Drafts and participation go. The answers are moved under new keys, in the order of these,
    so that neither their place in the file nor the number of the transaction that wrote them
    (PostgreSQL's ``xmin``) says in which order they came.
    """
    leave_no_trace(session)
    session.execute(sa.delete(_DRAFT).where(_DRAFT.c.wave_id == wave_id))
    session.execute(sa.delete(_PART).where(_PART.c.wave_id == wave_id))
    mine = _ANSWERS.c.wave_id == wave_id
    rows = [
        {**row, "id": new_id()}
        for row in session.execute(sa.select(_ANSWERS).where(mine)).mappings()
    ]
    session.execute(sa.delete(_ANSWERS).where(mine))
    if rows:
        session.execute(_SUBMIT, sorted(rows, key=_by_id))


def _by_id(row: Mapping[str, Any]) -> bytes:
    key: uuid.UUID = row["id"]
    return key.bytes


def _read(
    session: Session, known: Respondent, entry: RosterEntry, *, submitted: bool, declined: bool
) -> Saved:
    draft = _key(known, entry)["draft"]
    row = session.execute(_READ, {"draft": draft}).one_or_none()
    if row is None:
        return Saved(submitted=submitted, declined=declined)
    return Saved(
        id=draft,
        answers=row.answers,
        pages_done=row.pages_done,
        order=tuple(row.item_order) if row.item_order else None,
        autosaves=row.autosaves or {},
        submitted=submitted,
        declined=declined,
    )


def _receipt(known: Respondent, entry: RosterEntry, key: str) -> str:
    if len(key) < LEAST_KEY:
        raise WeakKey(least=LEAST_KEY)
    message = f"receipt|{known.wave_id.hex}|{entry.partner_id.hex}|{known.token}"
    return receipt_from(hmac.digest(key.encode(), message.encode(), hashlib.sha256))


def _key(known: Respondent, entry: RosterEntry) -> dict[str, uuid.UUID]:
    return {
        what: _keyed(known.token, what, known.wave_id, entry.partner_id)
        for what in ("part", "draft")
    }


def _keyed(token: str, what: str, wave_id: uuid.UUID, partner_id: uuid.UUID) -> uuid.UUID:
    message = f"{what}|{wave_id.hex}|{partner_id.hex}".encode()
    return uuid.UUID(bytes=hmac.digest(token.encode(), message, hashlib.sha256)[:16])
