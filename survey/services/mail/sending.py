"""Sending what waits in the outbox: each message once, whatever breaks."""

import datetime as dt
import logging
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from survey.errors import BadMail, MailServerRefuses, MailServerUnreachable, SealBroken
from survey.services.mail import bouncing, claiming, ending, pace
from survey.services.mail.claiming import BATCH, Claim, Worker
from survey.services.mail.composing import Composed, compose
from survey.services.mail.drafting import Texts
from survey.services.mail.kinds import AT_ONCE, KINDS
from survey.services.mail.minting import take_back
from survey.services.mail.smtp import (
    TIMEOUT,
    Connection,
    Lost,
    NotServed,
    Refused,
    Unknown,
    Unreached,
)
from survey.services.mail.status import waiting
from survey.services.mail.thanking import queue_thanks
from survey.settings import Settings
from survey.storage.engine import Storage
from survey.storage.models import now

log = logging.getLogger(__name__)

LEASE: Final = 600.0
_IN_A_ROW: Final = 3  # breaks, one after the other, before a run ends


@dataclass(slots=True)
class Report:
    """What a run did; ``doubtful`` names messages by the number that `tillit send` takes."""

    sent: int = 0
    again: int = 0
    failed: int = 0
    waiting: int = 0
    doubtful: list[str] = field(default_factory=list)
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give the report for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a run goes: for how long a claim holds, how many messages at most, by which clock."""

    lease: float = LEASE
    limit: int | None = None
    timeout: float = TIMEOUT
    batch: int = BATCH
    clock: Callable[[], dt.datetime] = now
    stop: Callable[[], bool] = lambda: False


def send(storage: Storage, settings: Settings, terms: Terms | None = None) -> Report:
    """Send what is due, until nothing is, or until the limit or a quiet hour says stop.

    Parameters
    ----------
    storage, settings
        Of the installation.
    terms
        How the run goes.

    Returns
    -------
    Report
        What was sent, and what waits and why.

    Raises
    ------
    BadSettings
        No mail server, sender or address of ours is set.
    MailServerUnreachable, MailServerRefuses
        What was not sent waits; nothing is lost.
    """
    terms = terms or Terms()
    with storage.write() as session:
        ending.give_up(session, terms.clock())
        queue_thanks(session)
    run = _Run(storage, settings.for_mailing(), terms)
    try:
        run.until_done()
    finally:
        run.end()
        if run.report.sent or run.report.failed or run.report.doubtful:
            found = run.report
            log.info(
                "mail: %d sent, %d to be tried again, %d failed, %d doubtful",
                *(found.sent, found.again, found.failed, len(found.doubtful)),
            )
    return run.report


class _Run:
    """One worker's run: it claims, offers, marks, delivers and notes."""

    def __init__(self, storage: Storage, settings: Settings, terms: Terms) -> None:
        self._storage = storage
        self._settings = settings
        self._terms = terms
        self._worker = Worker(secrets.token_hex(16), terms.lease)
        server, sender = settings.smtp_url, settings.mail_from
        if server is None or sender is None:  # checked by `for_mailing`
            raise MailServerUnreachable(reason="none is set", waiting=0)
        self._line = Connection(server, sender.domain, terms.timeout)
        self._breaks = 0
        self._begun = 0
        self.report = Report()

    def until_done(self) -> None:
        """Claim and send until nothing is due."""
        while not self._terms.stop() and (room := self._room()) > 0:
            urgent = self._held_back()
            with self._storage.write() as session:
                moment = self._terms.clock()
                most = min(room, self._terms.batch)
                claims = claiming.claim(session, self._worker, moment, most=most, urgent=urgent)
            if not claims:
                return
            for claimed, message in list(self._composed(claims)):
                if self._terms.stop() or not self._send(claimed, message):
                    break

    def end(self) -> None:
        """Give back what was claimed, leave the server, count what waits."""
        with self._storage.write() as session:
            claiming.release(session, self._worker)
            self.report.waiting = waiting(session)
        self._line.close()

    def _room(self) -> int:
        limit = self._terms.limit
        return self._terms.batch if limit is None else limit - self._begun

    def _held_back(self) -> bool:
        """Whether a quiet hour or the limit leaves only mail that goes at once."""
        moment = self._terms.clock()
        quiet = self._settings.mail_quiet
        until = quiet.until(moment) if quiet else None
        if until is not None:
            self.report.why = f"nothing is sent before {until.isoformat(timespec='minutes')}"
            return True
        with self._storage.read() as session:
            left = pace.left(session, self._settings.mail_per_hour, moment)
        if left == 0:
            self.report.why = "as many are sent within an hour as may be"
            return True
        return False

    def _composed(self, claims: list[Claim]) -> Iterator[tuple[Claim, Composed]]:
        """Put messages together; what cannot be has failed."""
        with self._storage.read() as session:
            texts = Texts(session, self._settings.base_url)
            for claimed in claims:
                message = self._one(texts, claimed)
                if message is not None:
                    yield claimed, message

    def _one(self, texts: Texts, claimed: Claim) -> Composed | None:
        try:
            return compose(
                self._settings,
                texts.words(claimed),
                to=claimed.recipient,
                message_id=claimed.message_id,
                person=claimed.person,
            )
        except (BadMail, SealBroken) as error:
            with self._storage.write() as session:
                ending.failed(session, claimed.id, error.message_id, attempts=1)
            self.report.failed += 1
            return None

    def _send(self, claimed: Claim, message: Composed) -> bool:
        """Send one message; false when this batch is to be left."""
        try:
            self._line.offer(message)
            goes = self._begin(claimed)
            if not goes:
                self._line.withdraw()
                return goes is None
            self._line.deliver(message)
        except Refused as refused:
            self._refused(claimed, refused)
        except Lost as lost:
            self._lost(claimed, str(lost))
        except Unknown as unknown:
            self._unknown(claimed, str(unknown))
        except Unreached as why:
            raise MailServerUnreachable(reason=str(why), waiting=self._waiting()) from None
        except NotServed as refused:
            raise MailServerRefuses(reason=str(refused), waiting=self._waiting()) from None
        else:
            self._breaks = 0
            self.report.sent += 1
            kept = {name: claimed.values[name] for name in KINDS[claimed.kind].kept}
            with self._storage.write() as session:
                ending.sent(session, claimed.id, kept, anonymous=claimed.anonymous)
        return True

    def _begin(self, claimed: Claim) -> bool | None:
        """Mark, in a commit of its own, that the message leaves now.

        ``None`` if it is another worker's by now, false if the limit is reached.
        """
        moment = self._terms.clock()
        limit, at_once = self._settings.mail_per_hour, claimed.kind in AT_ONCE
        with self._storage.write() as session:
            if not claiming.begin(session, claimed, self._worker, moment):
                return None
            if not pace.take(session, limit, moment, at_once=at_once):
                session.rollback()
                return False
        self._begun += 1
        return True

    def _refused(self, claimed: Claim, refused: Refused) -> None:
        self._breaks = 0
        reason = f"the mail server refuses it with {refused.code}"
        with self._storage.write() as session:
            if not refused.permanent:
                self._count_again(self._again(session, claimed, reason))
                return
            self.report.failed += 1
            ending.failed(session, claimed.id, reason, attempts=claimed.attempts + 1)
            self._no_link(session, claimed)
            if refused.of_recipient and KINDS[claimed.kind].can_stop:
                bouncing.note(session, claimed.person, hard=True)

    def _lost(self, claimed: Claim, reason: str) -> None:
        """Nothing was taken: the message is tried again, the next one on a new line."""
        self._breaks += 1
        with self._storage.write() as session:
            self._count_again(self._again(session, claimed, reason))
        if self._breaks >= _IN_A_ROW:
            raise MailServerUnreachable(reason=reason, waiting=self._waiting())

    def _unknown(self, claimed: Claim, reason: str) -> None:
        self._breaks += 1
        with self._storage.write() as session:
            ending.doubtful(session, claimed.id, f"while it was sent: {reason}")
        self.report.doubtful.append(str(claimed.id))
        if self._breaks >= _IN_A_ROW:
            raise MailServerUnreachable(reason=reason, waiting=self._waiting())

    def _again(self, session: Any, claimed: Claim, reason: str) -> bool:  # noqa: ANN401
        self._no_link(session, claimed)
        moment = self._terms.clock()
        return ending.again(session, claimed.id, claimed.attempts, reason, moment)

    def _count_again(self, later: bool) -> None:  # noqa: FBT001
        if later:
            self.report.again += 1
        else:
            self.report.failed += 1

    @staticmethod
    def _no_link(session: Any, claimed: Claim) -> None:  # noqa: ANN401
        """Note that the link in it reached nobody; in an anonymous study they have none then."""
        if claimed.anonymous and claimed.token and claimed.invitation_id:
            take_back(session, claimed.invitation_id)

    def _waiting(self) -> int:
        with self._storage.read() as session:
            return waiting(session)
