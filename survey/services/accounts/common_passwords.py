"""Passwords that many people choose, told by how they are made.

A list of the most common passwords is mostly one short list of words, written with other
letters and with digits behind. So the words are kept, and what people do to them is undone:
a password is common when too little of it is left after the words, runs along the alphabet or
a keyboard, years and repetitions are taken out.
"""

import re
from collections.abc import Iterator
from typing import Final

_WORDS: Final = """
password passord passorð passwort motdepasse contrasena lykilord lykilorð leyniord leyniorð
hemmelig secret login logginn innlogging innskraning admin administrator root user bruker notandi
guest gjest test testing default changeme changeit endremeg letmein slippmeginn welcome velkommen
velkomin velkominn hello hallo halló hei hei123 goddag access adgang trustno master iloveyou
jegelskerdeg elskdeg elskan eg elska thig love kjaerlighet kjærlighet astin ástin babygirl princess
prinsesse prinsessa sunshine solskinn solskin superman batman spiderman starwars pokemon minecraft
football fotball fotbolti fótbolti handball handball soccer hockey baseball basketball liverpool
arsenal chelsea manchester united barcelona madrid juventus rosenborg brann valerenga vålerenga
monkey dragon tiger shadow killer freedom whatever computer internet server google facebook
instagram youtube microsoft windows office apple iphone samsung
summer winter autumn spring sommer vinter host høst haust vår var sumar vetur haustid haustið vor
january february march april june july august september october november december
januar februar mars mai juni juli oktober desember januar febrúar apríl maí júní júlí ágúst
monday tuesday wednesday thursday friday saturday sunday mandag tirsdag onsdag torsdag fredag
lordag lørdag sondag søndag
norge noreg norway island ísland iceland oslo bergen trondheim stavanger tromso tromsø reykjavik
reykjavík akureyri london paris berlin stockholm kobenhavn københavn england sweden denmark
jesus christ michael jennifer jordan daniel jessica thomas charlie andrew ashley nicole hannah
survey undersokelse undersøkelse konnun könnun company firma bedrift fyrirtaeki fyrirtæki
qwerty azerty qwertz
""".split()  # noqa: SIM905 (as a list, this would be two hundred lines)
_ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyzæøåþ",
    "01234567890",
    "1234567890+",
    "qwertyuiopåð",
    "asdfghjkløæ",
    "asdfghjklæø",
    "zxcvbnm",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
)
_DISGUISES: Final = str.maketrans("0134578@$!|€", "oieastbasiie")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_REPEATED: Final = re.compile(r"(.{1,5}?)\1{2,}|(.)\2+")
_SHORTEST_WORD, _SHORTEST_RUN = 3, 3
_OWN_LETTERS, _OWN_DIFFERENT = 5, 4


def undisguised(text: str) -> str:
    """Put letters where people put digits and signs that look like them."""
    return text.translate(_DISGUISES)


def is_common(password: str) -> bool:
    """Say whether so little of a password is its own that it stands high on every list.

    Parameters
    ----------
    password
        Of any length.

    Returns
    -------
    bool
        Fewer than five letters or digits are left, or fewer than four different ones.
    """
    folded = password.casefold()
    half = len(folded) // 2
    if len(folded) % 2 == 0 and folded[:half] == folded[half:]:
        return is_common(folded[:half])
    taken = {place for start, end in _known_parts(folded) for place in range(start, end)}
    own = [sign for place, sign in enumerate(folded) if place not in taken and sign.isalnum()]
    return len(own) < _OWN_LETTERS or len(set(own)) < _OWN_DIFFERENT


def _known_parts(folded: str) -> Iterator[tuple[int, int]]:
    """Give start and end of every part that says nothing."""
    for pattern in (_YEAR, _REPEATED):
        yield from (found.span() for found in pattern.finditer(folded))
    for spelling in {folded, undisguised(folded)}:
        for word in _KNOWN:
            start = spelling.find(word)
            while start >= 0:
                yield start, start + len(word)
                start = spelling.find(word, start + 1)
    for row in _ROWS:
        yield from _runs(folded, row)
        yield from _runs(folded, row[::-1])


def _runs(text: str, row: str) -> Iterator[tuple[int, int]]:
    """Find where a text follows a row of keys or letters."""
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and text[start : end + 1] in row:
            end += 1
        if end - start >= _SHORTEST_RUN:
            yield start, end
        start = end


_KNOWN: Final = tuple(sorted({word for word in _WORDS if len(word) >= _SHORTEST_WORD}))
