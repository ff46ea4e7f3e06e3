"""Sealing what waits in the outbox and must not be read in the database or its log.

A stream made by HMAC-SHA256 in counter mode, and a second HMAC over what came of it. The
key is the installation's secret, which is not in the database.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Final

from survey.errors import SealBroken

_NONCE, _TAG, _BLOCK = 16, 32, 32
_PURPOSES: Final = (b"mail: sealed text", b"mail: seal")


def seal(secret_key: str, text: str) -> str:
    """Give a text that only who has the key can read or make, and no one can change."""
    nonce = secrets.token_bytes(_NONCE)
    body = _streamed(secret_key, nonce, text.encode())
    return base64.urlsafe_b64encode(nonce + _tag(secret_key, nonce + body) + body).decode()


def unseal(secret_key: str, sealed: str) -> str:
    """Give a sealed text back, or raise `SealBroken`: it was changed, or the key was."""
    data = base64.urlsafe_b64decode(sealed)
    nonce, tag, body = data[:_NONCE], data[_NONCE : _NONCE + _TAG], data[_NONCE + _TAG :]
    if not hmac.compare_digest(tag, _tag(secret_key, nonce + body)):
        raise SealBroken
    return _streamed(secret_key, nonce, body).decode()


def _streamed(secret_key: str, nonce: bytes, data: bytes) -> bytes:
    key = hmac.digest(secret_key.encode(), _PURPOSES[0], hashlib.sha256)
    blocks = (
        hmac.digest(key, nonce + number.to_bytes(4), hashlib.sha256)
        for number in range(-(-len(data) // _BLOCK))
    )
    return bytes(one ^ other for one, other in zip(data, b"".join(blocks), strict=False))


def _tag(secret_key: str, data: bytes) -> bytes:
    key = hmac.digest(secret_key.encode(), _PURPOSES[1], hashlib.sha256)
    return hmac.digest(key, data, hashlib.sha256)
