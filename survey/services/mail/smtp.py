"""One connection to the mail server, which tells apart what was taken and what was not.

The difference matters once the content is on its way: when the line breaks before, the
message was certainly not taken; when it breaks before the server has said so, nobody knows.
"""

import re
import smtplib
import ssl
from typing import Final

from survey.mail_settings import SmtpServer
from survey.services.mail.composing import Composed
from survey.settings import is_loopback

TIMEOUT: Final = 60.0  # seconds, for each answer of the server
_GO_ON: Final = 354
_POLICY: Final = re.compile(r"\b5\.7\.\d")
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_DOT: Final = re.compile(rb"(?m)^\.")
_CLOSING: Final = 421


class Unreached(Exception):  # noqa: N818 (it says what happened)
    """There is no line to the server."""


class Lost(Exception):  # noqa: N818
    """The line broke before this message was taken."""


class Unknown(Exception):  # noqa: N818
    """The line broke after the content was sent: the server may have taken it."""


class NotServed(Exception):  # noqa: N818
    """The server takes nothing from us, whoever it is for."""


class Refused(Exception):  # noqa: N818
    """The server did not take this message.

    ``code``: its number, with the status of RFC 3463 where it gives one. ``permanent``: trying
    again is no use. ``of_recipient``: the address is why.
    """

    def __init__(self, code: str, *, permanent: bool, of_recipient: bool) -> None:
        super().__init__(code)
        self.code = code
        self.permanent = permanent
        self.of_recipient = of_recipient


class Connection:
    """A connection that is made when it is first needed, and kept.

    Parameters
    ----------
    server
        Where to, from the settings.
    name
        What we call ourselves, the domain that mail is from.
    timeout
        Seconds to wait for each answer.
    """

    def __init__(self, server: SmtpServer, name: str, timeout: float = TIMEOUT) -> None:
        self._server = server
        self._name = name
        self._timeout = timeout
        self._smtp: smtplib.SMTP | None = None

    def offer(self, message: Composed) -> None:
        """Tell the server from and to whom; nothing of the message is sent.

        Raises
        ------
        Refused, Lost, Unreached, NotServed
        """
        smtp = self._open()
        try:
            code, _ = smtp.mail(message.sender)
            if code != 250:
                self._give_up_on(smtp, code)
                if code // 100 == 5:
                    raise NotServed(f"the sender is refused with {code}")
                raise self._refusal(code, b"")
            code, text = smtp.rcpt(message.recipient)
            if code not in {250, 251}:
                self._give_up_on(smtp, code)
                raise self._refusal(code, text)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self.close()
            raise Lost(_reason(error)) from None

    def deliver(self, message: Composed) -> None:
        """Send the content of the message that was just offered, and wait until it is taken.

        Raises
        ------
        Refused, Lost, Unknown
        """
        smtp = self._smtp
        if smtp is None:
            raise Lost("the connection is closed")
        try:
            code, text = smtp.docmd("DATA")
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self.close()
            raise Lost(_reason(error)) from None
        if code != _GO_ON:
            self._give_up_on(smtp, code)
            raise self._refusal(code, text)
        try:
            smtp.send(_DOT.sub(b"..", message.content) + b".\r\n")
            code, text = smtp.getreply()
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self.close()
            raise Unknown(_reason(error)) from None
        if code != 250:
            self._give_up_on(smtp, code)
            raise self._refusal(code, text)

    def withdraw(self) -> None:
        """Take back what was offered."""
        if self._smtp is not None:
            self._give_up_on(self._smtp, 250)

    def close(self) -> None:
        """Take leave of the server, if it still listens."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            smtp.quit()
        except (smtplib.SMTPException, OSError):
            smtp.close()

    def _open(self) -> smtplib.SMTP:
        if self._smtp is None:
            try:
                self._smtp = self._connected()
            except smtplib.SMTPResponseException as error:
                if error.smtp_code // 100 == 4 or isinstance(error, smtplib.SMTPConnectError):
                    raise Unreached(f"the server answers {error.smtp_code}") from None
                raise NotServed(f"the log-in is refused with {error.smtp_code}") from None
            except ssl.SSLError as error:
                raise NotServed(f"no safe connection: {error.reason}") from None
            except smtplib.SMTPServerDisconnected as error:
                raise Unreached(_reason(error)) from None
            except smtplib.SMTPException:  # it is an OSError as well
                raise NotServed("it offers no encryption, or no log-in that we know") from None
            except OSError as error:
                raise Unreached(_reason(error)) from None
        return self._smtp

    def _connected(self) -> smtplib.SMTP:
        """Connect, be encrypted unless the server is on this machine, and log in."""
        server, context = self._server, ssl.create_default_context()
        place = (server.host, server.port, self._name)
        smtp = (
            smtplib.SMTP_SSL(*place, timeout=self._timeout, context=context)
            if server.tls
            else smtplib.SMTP(*place, timeout=self._timeout)
        )
        try:
            smtp.ehlo_or_helo_if_needed()
            if not server.tls and not is_loopback(server.host):
                smtp.starttls(context=context)
            if server.user:
                smtp.login(server.user, server.password)
        except OSError:
            smtp.close()
            raise
        return smtp

    def _give_up_on(self, smtp: smtplib.SMTP, code: int) -> None:
        """Make the connection ready for the next message, or leave it."""
        if code == _CLOSING:
            self.close()
            return
        try:
            smtp.rset()
        except (smtplib.SMTPException, OSError):
            self.close()

    @staticmethod
    def _refusal(code: int, text: bytes) -> Refused | Lost:
        if code == _CLOSING:
            return Lost("the server closes the connection")
        permanent = code // 100 == 5
        said = text.decode("ascii", "replace")
        ours = _POLICY.search(said)  # a rule of theirs about us
        status = _STATUS.match(said)
        numbers = f"{code} {status[0]}" if status else str(code)
        return Refused(numbers, permanent=permanent, of_recipient=permanent and not ours)


def _reason(error: Exception) -> str:
    """Name what went wrong, without what the server said: that may hold an address."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or "the connection broke"
