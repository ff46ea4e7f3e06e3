"""Mail: messages wait in the database and are sent once each, whatever crashes.

`queue` is for whoever has something to tell somebody; the kinds of messages stand in
`kinds`, their words in ``texts/``.
"""

from survey.services.mail.queueing import queue

__all__ = ["queue"]
