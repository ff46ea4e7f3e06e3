"""From a message in the outbox to its words: the study, its own texts, links."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.errors import BadMail, BadSettings
from survey.services.days import long_date
from survey.services.mail.claiming import Claim
from survey.services.mail.codes import secret_of, stop_code
from survey.services.mail.kinds import KINDS, TRIAL
from survey.services.mail.queueing import SEALED
from survey.services.mail.sealing import unseal
from survey.services.mail.wording import Words, words_for
from survey.services.record import links
from survey.storage.engine import SEALS
from survey.storage.models import (
    CardRelease,
    Installation,
    MailText,
    Partner,
    Study,
    User,
    Wave,
    today,
)

Own = Mapping[str, str | None]
SAMPLES: Final = {"en": "Kari Nordmann", "is": "Guðrún Jónsdóttir"}  # whom a preview is for
NO_TOKEN: Final = "x" * 22


@dataclass(slots=True)
class Texts:
    """What messages of a run have in common, read from the database once for each study."""

    session: Session
    base_url: str
    _facts: dict[uuid.UUID | None, dict[str, str]] = field(default_factory=dict)
    _own: dict[tuple[uuid.UUID, str, str, str], Own] = field(default_factory=dict)

    def words(self, claimed: Claim) -> Words:
        """Give the words of a message that is about to leave.

        Raises
        ------
        SealBroken, BadSettings
            A secret in it cannot be read.
        BadMail
            The study that it is a trial of, or its card, is not there any more.
        """
        if claimed.kind == TRIAL.name:
            return self._tried(claimed)
        kind = KINDS[claimed.kind]
        values = self._opened(claimed)
        link = values.pop("link", "")
        if kind.links:
            link = f"{self.base_url}/r/{claimed.token}"
        stop = ""
        about = self.facts(claimed.study_id)
        if kind.of_card:
            link = f"{self.base_url}/reply/{claimed.token}"
            about = about | self._of_card(values.pop("release"), claimed)
        if kind.can_stop:
            code = stop_code(secret_of(self.session), claimed.person)
            stop = f"{self.base_url}/mail/stop/{code}?lang={claimed.language}"
        return words_for(
            claimed.kind,
            claimed.language,
            {**values, **about},
            own=self.own(claimed.study_id, claimed.kind, claimed.side, claimed.language),
            day=still_to_come(claimed.answer_by) if kind.asks else None,
            link=link,
            stop_link=stop,
        )

    def sample(
        self,
        study_id: uuid.UUID,
        kind: str,
        language: str,
        own: Own,
        *,
        day: dt.date | None,
        name: str | None = None,
    ) -> Words:
        """Give the words of a message that is sent to nobody: its links lead nowhere."""
        facts = {"name": name or SAMPLES.get(language, SAMPLES["en"])}
        return words_for(
            kind,
            language,
            facts | self.facts(study_id),
            own=own,
            day=still_to_come(day) if KINDS[kind].asks else None,
            link=f"{self.base_url}/r/{NO_TOKEN}" if KINDS[kind].links else "",
            stop_link=f"{self.base_url}/mail/stop/{'x' * 36}?lang={language}",
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

    def own(self, study_id: uuid.UUID | None, kind: str, side: str | None, language: str) -> Own:
        """Give the subject and the lead that a study has itself."""
        if study_id is None or side is None:
            return {}
        key = (study_id, kind, side, language)
        if key not in self._own:
            row = self.session.get(MailText, key)
            self._own[key] = {"subject": row.subject, "lead": row.lead} if row else {}
        return self._own[key]

    def _tried(self, claimed: Claim) -> Words:
        values = claimed.values
        latest = (
            sa.select(Study.id, Wave.answer_by)
            .join(Wave, Wave.study_id == Study.id)
            .where(Study.slug == values["study"])
            .order_by(Wave.number.desc())
            .limit(1)
        )
        found = self.session.execute(latest).first()
        if found is None:
            raise BadMail(kind=claimed.kind, problem="its study is not there any more")
        own = {name: values[name] for name in ("subject", "lead")}
        kind, language, name = values["of"], claimed.language, values["name"]
        return self.sample(found.id, kind, language, own, day=found.answer_by, name=name)

    def _of_card(self, release: str, claimed: Claim) -> dict[str, str]:
        """Give what is said of a card: whose it is, who let it out, until when; no number of it."""
        row = self.session.get(CardRelease, uuid.UUID(hex=release))
        if row is None:
            raise BadMail(kind=claimed.kind, problem="its card is not there any more")
        organisation = self.facts(None)["organisation"]
        user = self.session.get(User, row.user_id) if row.user_id else None
        return {
            "partner": self.session.get_one(Partner, row.partner_id).name,
            "by": f"{user.name} ({organisation})" if user else organisation,
            "until": long_date(row.reply_by, claimed.language),
            "seen": long_date(links.last_day(row.reply_by, row.answered_on), claimed.language),
        }

    def _opened(self, claimed: Claim) -> dict[str, str]:
        values = dict(claimed.values)
        sealed = values.pop(SEALED, {})
        secret_key = self.session.info.get(SEALS, "")
        if sealed and not secret_key:
            raise BadSettings(
                problem="TILLIT_SECRET_KEY is not set: mail that resets passwords is sealed with it"
            )
        return values | {name: unseal(secret_key, text) for name, text in sealed.items()}


def still_to_come(day: dt.date | None) -> dt.date | None:
    """Give the day by which answers are asked for, unless it is over: then nothing is said."""
    return day if day is not None and day >= today() else None
