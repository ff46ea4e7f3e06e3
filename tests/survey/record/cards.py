"""A card that is let out without closing a wave: a document made by hand."""

import datetime as dt
import hashlib

import msgspec
import sqlalchemy as sa

from survey.services.tokens import new_token, token_hash
from survey.storage.models import CardRelease, Contact, Partner, StudyPartner, Wave

MADE = dt.date(2026, 10, 1)
UNTIL = dt.date(2099, 11, 2)


def aspect(name, score=None):
    numbers = {"score": score, "ci_low": score and score - 0.5, "ci_high": score and score + 0.5}
    label = {"en": name.title(), "nb": f"{name.title()} (nb)"}
    return {"id": name, "label": label, "low": 1, "high": 5, "n": score and 7, **numbers}


def card(partner):
    return {
        "format": 1, "partner": partner, "organisation": "Vik", "study": "suppliers",
        "title": "Our suppliers", "wave": 1, "closed_on": "2026-09-30", "least": 5, "level": 0.95,
        "aspects": [aspect("trust", 3.4), aspect("openness")],
    }  # fmt: skip


def let_out(session, partner="Fjord", *, language="en", until=UNTIL):
    """Let a card out to a new person at a partner of a study; gives the token and the key."""
    key = session.scalars(sa.select(Partner.id).where(Partner.name == partner)).one()
    asked = sa.select(Wave.id).join(StudyPartner, StudyPartner.study_id == Wave.study_id)
    wave = session.scalars(asked.where(StudyPartner.partner_id == key)).first()
    person = Contact(partner_id=key, name="Eva Strand", email="eva@fjord.no", language=language)
    session.add(person)
    session.flush()
    token, document = new_token(), msgspec.json.encode(card(partner))
    release = CardRelease(
        partner_id=key, wave_id=wave, contact_id=person.id, language=language,
        token_sha256=token_hash(token), document=document, made_on=MADE, reply_by=until,
        document_sha256=hashlib.sha256(document).hexdigest(),
    )  # fmt: skip
    session.add(release)
    session.flush()
    return token, release.id
