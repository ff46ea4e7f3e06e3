"""Who may see the results of a wave: compare, research and their downloads ask here, and only here.

Until people can log in, results never leave the machine: address and host must both be
this machine's own, nothing may have been forwarded, and the link's key must be right.
"""

from flask import request

from survey.pages.refusals import NothingHere
from survey.pages.site import site
from survey.services.published import is_results_key
from survey.settings import is_loopback

_FORWARDED = frozenset({"X-Forwarded-For", "Forwarded"})


def require_access(slug: str, wave: int) -> str:
    """Let a visitor pass who may see the results of a wave; for anyone else nothing is here.

    Parameters
    ----------
    slug, wave
        The study and the number of its wave; whether they exist is not looked up.

    Returns
    -------
    str
        What links between pages of results carry on, such as ``key=…``.

    Raises
    ------
    NothingHere
        The visitor may not see them; nothing tells whether they exist.
    """
    key = request.args.get("key", "")
    if not _is_here() or not is_results_key(site().settings, slug, wave, key):
        raise NothingHere
    return f"key={key}"


def _is_here() -> bool:
    """Whether the visitor sits at this machine."""
    forwarded = _FORWARDED & {name.title() for name, _ in request.headers}
    host = request.host.rpartition(":")[0] if ":" in request.host else request.host
    local = is_loopback(request.remote_addr or "") and is_loopback(host.strip("[]"))
    return local and not forwarded
