"""From a message in the outbox to its words: the study, its own texts, links."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import BadSettings
from survey.services.mail.claiming import Claim
from survey.services.mail.codes import secret_of, stop_code
from survey.services.mail.kinds import KINDS
from survey.services.mail.queueing import SEALED
from survey.services.mail.sealing import unseal
from survey.services.mail.wording import Words, words_for
from survey.storage.engine import SEALS
from survey.storage.models import Installation, MailText, Study

Own = Mapping[str, str | None]


@dataclass(slots=True)
class Texts:
    """What messages of a run have in common, read from the database once for each study."""

    session: Session
    base_url: str
    _facts: dict[uuid.UUID | None, dict[str, str]] = field(default_factory=dict)
    _own: dict[tuple[uuid.UUID, str, str], Own] = field(default_factory=dict)

    def words(self, claimed: Claim) -> Words:
        """Give the words of a message that is about to leave.

        Raises
        ------
        SealBroken, BadSettings
            A secret in it cannot be read.
        """
        kind = KINDS[claimed.kind]
        values = self._opened(claimed)
        link = values.pop("link", "")
        if kind.links:
            link = f"{self.base_url}/r/{claimed.token}"
        stop = ""
        if kind.about_study:
            code = stop_code(secret_of(self.session), claimed.person)
            stop = f"{self.base_url}/mail/stop/{code}?lang={claimed.language}"
        return words_for(
            claimed.kind,
            claimed.language,
            {**values, **self.facts(claimed.study_id)},
            own=self.own(claimed.study_id, claimed.kind, claimed.language),
            link=link,
            stop_link=stop,
        )

    def facts(self, study_id: uuid.UUID | None) -> dict[str, str]:
        """Give what is said of the organisation and of a study."""
        if study_id not in self._facts:
            organisation = self.session.scalars(sa.select(Installation.organisation)).one()
            facts = {"organisation": organisation}
            if study_id is not None:
                study = self.session.get_one(Study, study_id)
                facts |= {"study": study.title, "contact": study.contact or ""}
            self._facts[study_id] = facts
        return self._facts[study_id]

    def own(self, study_id: uuid.UUID | None, kind: str, language: str) -> Own:
        """Give the subject and the lead that a study has itself."""
        if study_id is None:
            return {}
        key = (study_id, kind, language)
        if key not in self._own:
            row = self.session.get(MailText, key)
            self._own[key] = {"subject": row.subject, "lead": row.lead} if row else {}
        return self._own[key]

    def _opened(self, claimed: Claim) -> dict[str, str]:
        values = dict(claimed.values)
        sealed = values.pop(SEALED, {})
        secret_key = self.session.info.get(SEALS, "")
        if sealed and not secret_key:
            raise BadSettings(
                problem="TILLIT_SECRET_KEY is not set: mail that resets passwords is sealed with it"
            )
        return values | {name: unseal(secret_key, text) for name, text in sealed.items()}
