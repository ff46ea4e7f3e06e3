"""Open links of anonymous studies: one address for everybody, on a poster or in a mail.

Whoever starts from one gets a personal link that is nobody's: the code of the open link and
a token of their own. Nothing is stored for it before the first answer.
"""

import uuid
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import NoOpenLink, NoSuchPartner, UnknownInvitation, UnknownSide
from survey.services.anonymous_people import holder
from survey.services.partners import partners_of
from survey.services.respondents import STUDY_COLUMNS, Respondent, require_open
from survey.services.studies import find, require_state
from survey.services.tokens import TOKEN, new_code, new_token
from survey.storage.models import ANONYMOUS, SIDES, Base, OpenLink, Partner, Study, Wave

CODE_LENGTH: Final = 12
_TABLES: Final = Base.metadata.tables
_LINK, _STUDY, _WAVE = _TABLES["open_link"].c, _TABLES["study"].c, _TABLES["wave"].c
_LISTED, _PARTNER = _TABLES["study_partner"].c, _TABLES["partner"].c
_BY_CODE: Final = (
    sa.select(_LINK.side, _LINK.partner_id, _STUDY.id.label("study_id"), *STUDY_COLUMNS)
    .select_from(_TABLES["open_link"])
    .join(_TABLES["wave"], _WAVE.id == _LINK.wave_id)
    .join(_TABLES["study"], _STUDY.id == _WAVE.study_id)
    .join(_TABLES["installation"], sa.true())
    .where(_LINK.code == sa.bindparam("code"))
)
_PARTNERS: Final = (
    sa.select(_PARTNER.name, _PARTNER.id)
    .join(_TABLES["study_partner"], _LISTED.partner_id == _PARTNER.id)
    .where(
        _LISTED.study_id == sa.bindparam("study_id"),
        sa.or_(
            sa.bindparam("partner_id", type_=sa.Uuid()).is_(None),
            _LISTED.partner_id == sa.bindparam("partner_id", type_=sa.Uuid()),
        ),
    )
    .order_by(_LISTED.place)
)


@dataclass(frozen=True, slots=True)
class OpenAddress:
    """An open link of a wave, and whom it asks about what."""

    link: str
    wave: int
    side: str
    partner: str | None

    @property
    def code(self) -> str:
        """What tells it from others, at the end of the link."""
        return self.link.rpartition("/")[2]


def is_token(token: str) -> bool:
    """Whether this is the token of somebody who came by an open link."""
    return len(token) > CODE_LENGTH and bool(TOKEN.fullmatch(token[CODE_LENGTH:]))


def by_code(session: Session, code: str, language: str = "") -> Respondent:
    """Give what the landing page of an open link shows: a respondent who has not begun.

    Raises
    ------
    UnknownInvitation, WaveNotOpen, WaveClosed
    """
    return _holder(session, code, "", language)


def begin(session: Session, code: str, language: str) -> str:
    """Make a personal link's token for somebody who starts from an open link; nothing is stored.

    Raises
    ------
    UnknownInvitation, WaveNotOpen, WaveClosed
    """
    by_code(session, code, language)
    return code + new_token()


def by_token(session: Session, token: str, language: str = "") -> Respondent:
    """Find the respondent whom `begin` gave a token; raises as `by_code` does."""
    return _holder(session, token[:CODE_LENGTH], token, language)


def _holder(session: Session, code: str, token: str, language: str) -> Respondent:
    row: Any = None
    if len(code) == CODE_LENGTH and code.isascii() and code.isalnum():
        row = session.execute(_BY_CODE, {"code": code}).one_or_none()
    if row is None:
        raise UnknownInvitation
    require_open(row.status, row.title, language or row.languages[0])
    found = session.execute(_PARTNERS, {"study_id": row.study_id, "partner_id": row.partner_id})
    partners: list[tuple[str, uuid.UUID]] = [(name, key) for name, key in found]
    return holder(session, row, token, language, partners, open_link=True)


def make(
    session: Session,
    slug: str,
    *,
    base_url: str,
    side: str | None = None,
    partner: str | None = None,
) -> OpenAddress:
    """Give the open link of the latest wave of an anonymous study, made when first asked for.

    Parameters
    ----------
    session
        A writing session.
    slug
        The study.
    base_url
        What the link begins with.
    side
        Who is asked; the study's first side if nothing is said.
    partner
        The one partner that is asked about. People on the other side answer for their own
        organisation, so for them it must be named where the study has several.

    Raises
    ------
    UnknownStudy, UnknownSide, WaveState
    NoOpenLink
        The study is not anonymous: an open link leads to nobody, so nobody could go on.
    NoSuchPartner
    """
    study, wave = find(session, slug)
    if study.privacy_mode != ANONYMOUS:
        raise NoOpenLink(slug=slug, mode=study.privacy_mode)
    require_state(slug, wave, "draft", "open", act="link to it")
    chosen = side or study.sides[0]
    if chosen not in study.sides:
        raise UnknownSide(side=chosen, slug=slug, allowed=", ".join(study.sides))
    found = _partner(session, study, chosen, partner)
    code = _code(session, wave, chosen, found)
    return OpenAddress(f"{base_url}/o/{code}", wave.number, chosen, found.name if found else None)


def listed(session: Session, slug: str, *, base_url: str) -> list[OpenAddress]:
    """Give the open links of the latest wave of a study: by side, of all partners first.

    Raises
    ------
    UnknownStudy
    """
    _, wave = find(session, slug)
    found = session.execute(
        sa.select(OpenLink.code, OpenLink.side, Partner.name)
        .outerjoin(Partner, Partner.id == OpenLink.partner_id)
        .where(OpenLink.wave_id == wave.id)
    ).all()
    order = sorted(found, key=lambda row: (row.side, (row.name or "").casefold()))
    return [
        OpenAddress(f"{base_url}/o/{row.code}", wave.number, row.side, row.name) for row in order
    ]


def address(session: Session, code: str, *, base_url: str) -> str:
    """Give the open link with this code.

    Raises
    ------
    UnknownInvitation
    """
    if session.scalar(sa.select(OpenLink.id).where(OpenLink.code == code)) is None:
        raise UnknownInvitation
    return f"{base_url}/o/{code}"


def _partner(session: Session, study: Study, side: str, name: str | None) -> Partner | None:
    partners = partners_of(session, study)
    known = ", ".join(partner.name for partner in partners)
    if name is None:
        if side == SIDES[1] and len(partners) > 1:
            raise NoSuchPartner(given="none was named", known=known)
        return None
    for partner in partners:
        if partner.name.casefold() == name.strip().casefold():
            return partner
    raise NoSuchPartner(given=repr(name), known=known)


def _code(session: Session, wave: Wave, side: str, partner: Partner | None) -> str:
    partner_id = partner.id if partner else None
    same = sa.and_(
        OpenLink.wave_id == wave.id,
        OpenLink.side == side,
        OpenLink.partner_id.is_(None) if partner is None else OpenLink.partner_id == partner_id,
    )
    code = session.scalar(sa.select(OpenLink.code).where(same))
    if code is None:
        code = new_code(CODE_LENGTH)
        session.add(OpenLink(wave_id=wave.id, side=side, partner_id=partner_id, code=code))
        session.flush()
    return code
