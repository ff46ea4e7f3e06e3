"""A group of commands that imports a command's module only when the command is used."""

import errno
import importlib
import signal
from collections.abc import Mapping
from typing import Any

import click

from survey.errors import SurveyError

_INTERRUPTED = 128 + signal.SIGINT  # as shells have it

Rows = Mapping[str, tuple[str, str]]


class LazyGroup(click.Group):
    """A click group over a table: name → ``module:command`` and one line of help.

    What a command refuses is printed on stderr, and the exit code says whether the
    data (2) or the state of things (1) is why.
    """

    def __init__(self, *, rows: Rows, **attributes: Any) -> None:  # noqa: ANN401 (click's own)
        super().__init__(**attributes)
        self.rows = rows

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Give the names, in the order of the table."""
        return list(self.rows)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        if cmd_name not in self.rows:
            return None
        module, _, attribute = self.rows[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.rows.items()])

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run a command; what is refused ends it with a message instead of a traceback."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(_INTERRUPTED)
        except SurveyError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(error.exit_code)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # the reader of a pipe went away; click ends quietly
            place = f"{error.filename}: " if error.filename else ""
            click.echo(f"Error: {place}{error.strerror or error}", err=True)
            ctx.exit(1)
