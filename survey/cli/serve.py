"""`tillit serve`: gunicorn, set so that nothing it writes names a visitor."""

import logging
import socket
import struct
from collections.abc import Callable
from typing import Any, Final

import click
from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from survey.app import create_app
from survey.cli.installation import storage_of
from survey.cli.postman import postman
from survey.cli.purge import purged
from survey.errors import BadSettings
from survey.settings import Settings, is_loopback
from survey.storage import schema

STALLED_SECONDS: Final = 30
_SILENT: Final = {
    "Invalid request from": "an invalid request was refused",
    "Error handling request": "a request failed",
}


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes."
)
@click.option(
    "--threads",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="Threads of each process.",
)
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Run the server.

    It does not start before TILLIT_SECRET_KEY, TILLIT_BASE_URL and
    TILLIT_TRUSTED_HOSTS are set. Put a proxy that speaks https before it; on
    loopback it may be reached by http. Data that were kept as long as was promised are
    deleted first, as by `tillit purge`. Where TILLIT_SMTP_URL and TILLIT_MAIL_FROM are set, mail
    that waits is sent by a process beside it.
    """
    settings = Settings.from_environment().for_serving()
    if not settings.secure and not is_loopback(host):
        raise BadSettings(
            problem=f"--host {host} is reached from other machines, but TILLIT_BASE_URL "
            f"({settings.base_url}) is http on loopback: set an https address, or listen on "
            "127.0.0.1"
        )
    with storage_of(settings) as storage:
        schema.require_head(storage)
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
        purged(storage, settings)
    with postman(settings):
        run(settings, host=host, port=port, workers=workers, threads=threads)


def run(
    settings: Settings,
    *,
    host: str,
    port: int,
    workers: int = 2,
    threads: int = 4,
    log_level: str = "info",
    when_ready: Callable[[], None] | None = None,
) -> None:
    """Serve until a signal ends it; ``when_ready`` is called once, when the port is open."""

    def ready(server: Any) -> None:  # noqa: ANN401 (gunicorn is untyped)
        for listener in server.LISTENERS:
            leave_the_stalled(listener.sock, STALLED_SECONDS)
        if when_ready:
            when_ready()

    _Server(
        settings,
        {
            "when_ready": ready,
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": workers,
            "threads": threads,
            "worker_class": "gthread",
            "preload_app": False,  # no connection may be shared by two processes
            "loglevel": log_level,
            "accesslog": None,  # it would keep addresses and links
            "logger_class": PrivateLog,
            "forwarded_allow_ips": "127.0.0.1,::1",  # links and cookies follow TILLIT_BASE_URL
            "control_socket_disable": True,
            "proc_name": "tillit",
        },
    ).run()


def leave_the_stalled(listener: socket.socket, seconds: int) -> None:
    """Give up on a visitor from whom nothing comes, or to whom nothing goes, for so long.

    Every connection takes this over from the port it came to. Without it a few phones
    that lost their network in mid-form would hold all threads for ever.
    """
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        listener.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", seconds, 0))


class PrivateLog(Logger):  # type: ignore[misc]
    """Gunicorn's log without visitors: no address, and no link, which has a token in it."""

    def setup(self, cfg: Any) -> None:  # noqa: ANN401 (gunicorn is untyped)
        """Set up gunicorn's log and let every record pass the filter."""
        super().setup(cfg)
        self.error_log.addFilter(without_visitor)


def without_visitor(record: logging.LogRecord) -> bool:
    """Replace a message that names an address or a link; the error's own trace stays."""
    for beginning, told in _SILENT.items():
        if str(record.msg).startswith(beginning):
            record.msg, record.args = told, ()
    return True


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self.settings = settings
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_app(self.settings)
