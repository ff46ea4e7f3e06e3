"""A real mail server on loopback for tests, which remembers what it took, and may misbehave."""

import asyncio
import contextlib
import email
import email.policy
import socket
import threading
import time
from dataclasses import dataclass, field

import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from survey.services.mail.sending import Terms, send


@dataclass
class Taken:
    """One message as the server got it."""

    sender: str
    recipient: str
    content: bytes

    @property
    def message(self):
        return email.message_from_bytes(self.content, policy=email.policy.default)

    def body(self, kind):
        return self.message.get_body((kind,)).get_content()

    @property
    def link(self):
        return next(line for line in self.body("plain").splitlines() if "/r/" in line)

    @property
    def token(self):
        return self.link.rpartition("/")[2]


@dataclass
class MailServer:
    """What the server took, and what it answers to whom; addresses begin with a word."""

    taken: list = field(default_factory=list)
    answers: dict = field(default_factory=dict)  # (verb, beginning of the address) → answer
    offered: list = field(default_factory=list)
    slow: float = 0.0
    port: int = 0

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address):
        return [each for each in self.taken if each.recipient == address]

    def _answer(self, verb, address):
        for (wanted, beginning), answer in self.answers.items():
            if wanted == verb and address.startswith(beginning):
                return answer
        return None

    async def handle_MAIL(  # noqa: N802 (as aiosmtpd calls it)
        self, _server, _session, envelope, address, _options
    ):
        answer = self._answer("MAIL", address)
        if answer:
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 (as aiosmtpd calls it)
        self, server, _session, envelope, address, _options
    ):
        self.offered.append(address)
        answer = self._answer("RCPT", address)
        if answer == "drop":
            server.transport.close()
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (as aiosmtpd calls it)
        self, server, _session, envelope
    ):
        await asyncio.sleep(self.slow)
        (address,) = envelope.rcpt_tos
        answer = self._answer("DATA", address)
        if answer and answer != "drop":
            return answer
        self.taken.append(Taken(envelope.mail_from, address, envelope.content))
        if answer == "drop":  # it was taken, but nobody is told
            server.transport.close()
        return "250 OK"


class _Quick(SMTP):
    """Without the look-up of names that greets each connection."""

    def __init__(self, *args, **options):
        super().__init__(*args, hostname="mail.test", **options)


@contextlib.contextmanager
def mail_server():
    """Run a server until the block ends."""
    server = MailServer()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server.port = listener.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.factory = lambda: _Quick(server)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def wait_for(condition, seconds=10):
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.02)


def rows(survey, text="SELECT * FROM outbox ORDER BY kind, key"):
    with survey.storage.read() as session:
        return session.execute(sa.text(text)).mappings().all()


def states(survey):
    return sorted(row["state"] for row in rows(survey))


def sent(survey, server, **terms):
    report = send(survey.storage, survey.settings, Terms(**terms))
    survey.tokens |= {
        each.recipient: each.token for each in server.taken if "/r/" in each.body("plain")
    }
    return report
