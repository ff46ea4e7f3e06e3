"""The reference of the command line, written from the commands themselves.

``python -m survey.cli.reference > docs/reference/command-line.md`` writes it anew;
a test compares the two.
"""

from collections.abc import Iterator

import click

from survey.cli import main

_HEAD = """\
# Command line

Written from the commands themselves. Exit codes: 0 done; 1 refused, because of the state of
things (no such study, a wave that is closed); 2 refused, because of what was given (wrong usage,
bad data). Refusals go to standard error.
"""


def reference() -> str:
    """Give the help of every command, in the order of the table of verbs."""
    return _HEAD + "".join(
        _sections(main, click.Context(main, info_name="tillit", terminal_width=80))
    )


def _sections(command: click.Command, ctx: click.Context) -> Iterator[str]:
    text = command.get_help(ctx)
    yield f"\n## {ctx.command_path}\n\n```text\n{text}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            inner = command.get_command(ctx, name)
            if inner is not None:
                yield from _sections(
                    inner, click.Context(inner, info_name=name, parent=ctx, terminal_width=80)
                )


if __name__ == "__main__":
    click.echo(reference(), nl=False)
