"""The demonstration: a study of suppliers with four closed waves, and two open ones to try.

Everything goes the way that real answers go: partners and people come from sheets, every page is
saved and submitted by the respondents' services, and waves are opened and closed. What is true of
the suppliers stands in `truths`: a reader of the results should find that, and nothing else.
"""

from survey.services.demo.making import anyone, guest, make, people
from survey.services.demo.playing import play
from survey.services.demo.truths import (
    ANONYMOUS_STUDY,
    CLOSED_STUDY,
    OPEN_STUDY,
    ORGANISATION,
    PARTNERS,
    WAVES,
)

__all__ = [
    "ANONYMOUS_STUDY",
    "CLOSED_STUDY",
    "OPEN_STUDY",
    "ORGANISATION",
    "PARTNERS",
    "WAVES",
    "anyone",
    "guest",
    "make",
    "people",
    "play",
]
