"""Who may see the results of a wave: compare, research and their downloads ask here, and only here.

People who are logged in see them by their role. The link with a key, which the command line
prints, needs no log-in and never leaves the machine: address and host must both be this
machine's own, nothing may have been forwarded, and the key must be right.
"""

from flask import request

from survey.pages import access
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
        The study and the number of its wave.

    Returns
    -------
    str
        What links between pages of results carry on, such as ``key=…``; nothing after a log-in.

    Raises
    ------
    NothingHere
        The visitor may not see them; nothing tells whether they exist.
    """
    key = request.args.get("key", "")
    if key and is_here() and is_results_key(site().settings, slug, wave, key):
        return f"key={key}"
    if key and access.signed_in() is None:
        raise NothingHere
    access.authorised("results.see", slug=slug, wave=wave)
    return ""


def is_here() -> bool:
    """Whether the visitor sits at this machine: both ends are its own, nothing was forwarded."""
    forwarded = _FORWARDED & {name.title() for name, _ in request.headers}
    host = request.host.rpartition(":")[0] if ":" in request.host else request.host
    local = is_loopback(request.remote_addr or "") and is_loopback(host.strip("[]"))
    return local and not forwarded
