"""`tillit study mail`: what a study says in its mail, and what that will look like."""

from pathlib import Path

import click

from questionnaires import LANGUAGES
from survey.cli.installation import installation
from survey.services.files import replacing
from survey.services.mail import own_words
from survey.services.mail.kinds import INVITATION, OF_A_STUDY
from survey.services.studies import find
from survey.settings import Settings
from survey.storage.base import SIDES
from survey.storage.engine import Storage


@click.command("mail")
@click.argument("slug")
@click.option(
    "--kind",
    type=click.Choice(OF_A_STUDY),
    default=INVITATION.name,
    show_default=True,
    help="Which message.",
)
@click.option(
    "--language", type=click.Choice(LANGUAGES), help="In which language; the study's first."
)
@click.option(
    "--side", type=click.Choice(SIDES), help="To which side of the study; all that it has."
)
@click.option("--subject", help="Its subject; empty for ours.")
@click.option(
    "--file",
    "lead",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What it says before the link: a text file, paragraphs with blank lines between them. "
    "{name}, {organisation}, {study} and {contact} are filled in. Empty for our words.",
)
@click.option("--thanks/--no-thanks", default=None, help="Whether people are thanked when done.")
@click.option("--preview", is_flag=True, help="Print the message as it will be.")
@click.option("--as", "person", metavar="EMAIL", help="Preview it as this person will get it.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Preview: write the HTML to this file.",
)
def study_mail(
    *,
    slug: str,
    kind: str,
    language: str | None,
    side: str | None,
    subject: str | None,
    lead: Path | None,
    thanks: bool | None,
    preview: bool,
    person: str | None,
    html: Path | None,
) -> None:
    """Say something in a study's mail instead of our words, or look at a message."""
    with installation() as (settings, storage):
        with storage.write() as session:
            study, _ = find(session, slug)
            language = language or study.languages[0]
            if subject is not None or lead is not None:
                text = None if lead is None else lead.read_text("utf-8-sig")
                own_words.say(session, slug, kind, language, side=side, subject=subject, lead=text)
            if thanks is not None:
                own_words.thank(session, slug, wanted=thanks)
        if preview or person or html:
            _show(storage, settings, slug, (kind, language, side), person, html)
        else:
            click.echo(f"Noted. Look at it: tillit study mail {slug} --kind {kind} --preview")


def _show(
    storage: Storage,
    settings: Settings,
    slug: str,
    which: tuple[str, str, str | None],
    person: str | None,
    html: Path | None,
) -> None:
    base_url = settings.base_url or "https://survey.example.org"
    kind, language, side = which
    with storage.read() as session:
        found = own_words.preview(
            session, slug, kind, language, base_url=base_url, side=side, person=person
        )
    if html is not None:
        with replacing(html) as file:
            file.write(found.html.encode())
        return
    click.echo(f"{found.subject}\n\n{found.text}", nl=False)
