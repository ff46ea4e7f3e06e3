"""`tillit study`: make, open and follow studies. Closing, which computes, is loaded apart."""

import datetime as dt
import getpass
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click
import msgspec

import questionnaires
from questionnaires import LANGUAGES, InstrumentError
from survey.cli.installation import installation
from survey.cli.lazy import LazyGroup
from survey.errors import BadInput
from survey.services import audit, studies
from survey.services.audit import COMMAND_LINE
from survey.services.partners import NewPartner, read_partners
from survey.services.published import known_links
from survey.services.studies import NewStudy, Status
from survey.storage.models import CONFIDENTIAL, PARTNER_KINDS, PRIVACY_MODES, SIDES

ROWS: Final = {
    "new": ("survey.cli.study:new", "Make a study, with its partners and a first wave."),
    "wave": ("survey.cli.study:wave_", "Begin the next wave of a study, in draft."),
    "open": ("survey.cli.study:open_wave", "Open a wave: links work, rules are frozen."),
    "check": ("survey.cli.follow:check", "Look at a draft wave before it opens."),
    "participation": ("survey.cli.follow:participation", "Count participation by partner."),
    "until": ("survey.cli.study:until", "Say by which day people are asked to answer."),
    "link": ("survey.cli.link:link", "Print the open link of an anonymous study, or its QR code."),
    "mail": ("survey.cli.study_mail:study_mail", "Words of a study in its mail, and previews."),
    "status": ("survey.cli.study:status", "Count participation."),
    "close": ("survey.cli.close:close", "Close a wave: freeze its data and compute results."),
    "research": (
        "survey.cli.research:research",
        "Make a closed wave's report for researchers anew, with all that takes long.",
    ),
}
WAVE = click.option("--wave", type=int, help="Number of the wave; the latest if not given.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=LazyGroup, rows=ROWS)
def study() -> None:
    """Make, open, follow and close studies."""


@click.command()
@click.argument("slug")
@click.option("--title", required=True, help="What respondents read as the name of the study.")
@click.option(
    "--instrument",
    "instrument_ids",
    required=True,
    multiple=True,
    metavar="ID",
    help="Repeatable: several make one questionnaire, which asks no item twice.",
)
@click.option("--partner", "names", multiple=True, metavar="NAME", help="A partner; repeatable.")
@click.option(
    "--partners",
    "sheet",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV of partners: name, and perhaps kind.",
)
@click.option(
    "--kind", type=click.Choice(PARTNER_KINDS), help="Kind of partners whose kind is not said."
)
@click.option(
    "--side",
    "sides",
    multiple=True,
    type=click.Choice(SIDES),
    default=["ours"],
    show_default=True,
    help="Who answers: our people, theirs; repeatable.",
)
@click.option(
    "--language",
    "languages",
    multiple=True,
    metavar="|".join(LANGUAGES),
    help="Repeatable; the first is the default. All of the instrument's if not given.",
)
@click.option("--min-group", type=int, default=5, show_default=True, help="3 to 20.")
@click.option("--min-group-text", type=int, default=10, show_default=True, help="Up to 20.")
@click.option(
    "--privacy",
    type=click.Choice(PRIVACY_MODES),
    default=CONFIDENTIAL,
    show_default=True,
    help="identified: with names; confidential: known to the system, shown to nobody below "
    "the threshold; anonymous: nothing leads from answers to a person.",
)
@click.option("--contact", default="", help="Whom people may ask; shown on page one.")
@click.option(
    "--retention-days",
    type=int,
    default=730,
    show_default=True,
    help="Days after closing when everything is deleted: 30 to 3650.",
)
@click.option(
    "--weight",
    "weights",
    multiple=True,
    metavar="CONSTRUCT=NUMBER",
    help="Weight of a construct in the composite score; repeatable, published, frozen at opening.",
)
def new(
    *,
    slug: str,
    title: str,
    instrument_ids: tuple[str, ...],
    names: tuple[str, ...],
    sheet: Path | None,
    kind: str | None,
    sides: tuple[str, ...],
    languages: tuple[str, ...],
    min_group: int,
    min_group_text: int,
    privacy: str,
    contact: str,
    retention_days: int,
    weights: tuple[str, ...],
) -> None:
    """Make a study, with its partners and a first wave in draft."""
    partners = tuple(NewPartner(name) for name in names)
    if sheet is not None:
        partners += read_partners(sheet.read_bytes(), sheet.name)
    wanted = NewStudy(
        slug=slug,
        title=title,
        instrument=_instrument(instrument_ids),
        partners=tuple(NewPartner(each.name, each.kind or kind) for each in partners),
        sides=sides,
        languages=languages,
        min_group=min_group,
        min_group_text=min_group_text,
        privacy_mode=privacy,
        contact=contact,
        retention_days=retention_days,
        weights=_weights(weights),
    )
    with installation() as (_, storage), storage.write() as session:
        made = studies.create(session, wanted)
        version = f"{made.instrument_id} {made.instrument_version[:12]}"
        audit.note(session, COMMAND_LINE, "study made", audit.of_study(slug))
    click.echo(
        f"Study {slug} is made, {privacy}: {version}, {len(partners)} partners, wave 1 in "
        f"draft.\nNext: tillit invite {slug} PEOPLE.csv, then tillit study open {slug}."
    )


@click.command("wave")
@click.argument("slug")
def wave_(slug: str) -> None:
    """Begin the next wave of a study, in draft, once the last one is closed.

    Invite people to it anew: links are for one wave. In an identified or confidential study
    people keep their identity from wave to wave; in an anonymous one nothing connects them.
    """
    with installation() as (_, storage), storage.write() as session:
        number = studies.next_wave(session, slug).number
        audit.note(session, COMMAND_LINE, "wave made", audit.of_study(slug, number))
    click.echo(
        f"Wave {number} of {slug} is in draft.\n"
        f"Next: tillit invite {slug} PEOPLE.csv, then tillit study open {slug}."
    )


@click.command()
@click.argument("slug")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@WAVE
def until(slug: str, day: dt.datetime, wave: int | None) -> None:
    """Say by which day people are asked to answer, or let them have longer.

    Page one tells them. It is a plea: answers are taken until the wave is closed.
    """
    with installation() as (_, storage), storage.write() as session:
        studies.ask_until(session, slug, day.date(), wave)
    click.echo(f"People are asked to answer {slug} by {day.date().isoformat()}.")


@click.command("open")
@click.argument("slug")
@WAVE
@click.option(
    "--accept-translation",
    "accepted",
    multiple=True,
    metavar="LANGUAGE",
    help="Use a translation that nobody reviewed or that is older than its source; repeatable. "
    "Your user name is written down with it.",
)
def open_wave(slug: str, wave: int | None, accepted: tuple[str, ...]) -> None:
    """Open a wave: links work from now on.

    The instrument, the privacy mode, the sides, the thresholds, the contact and the
    retention of the study are frozen by this, and what page one says about privacy is kept.
    """
    with installation() as (_, storage), storage.write() as session:
        made = studies.open_wave(session, slug, wave, accept=accepted, by=getpass.getuser())
        number = made.number
        audit.note(session, COMMAND_LINE, "wave opened", audit.of_study(slug, number))
    click.echo(f"Wave {number} of {slug} is open; its rules are frozen.")


@click.command()
@click.argument("slug")
@WAVE
@JSON
def status(slug: str, wave: int | None, *, as_json: bool) -> None:
    """Count participation, for the study as a whole.

    A confidential study shows nothing else while it is open: no scores, no partner. The
    addresses of the pages that show this, or the results of a closed wave, are printed again.
    """
    with installation() as (settings, storage), storage.read() as session:
        counts = studies.status(session, slug, wave)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(asdict(counts))).decode())
        return
    links = known_links(settings, slug, counts.wave) if counts.state != "draft" else {}
    if counts.state == "open":
        links.pop("page", None)  # there are no results yet; the other page shows these counts
    for label, value in (*_lines(counts), *links.items()):
        click.echo(f"{label:<24}{value}")


def _lines(counts: Status) -> list[tuple[str, Any]]:
    lines: list[tuple[str, Any]] = [
        ("study", f"{counts.study}: {counts.title}"),
        ("wave", f"{counts.wave}, {counts.state}"),
        ("instrument", f"{counts.instrument} {counts.instrument_version[:12]}"),
        ("privacy", counts.privacy_mode),
        ("thresholds", f"{counts.min_group} for scores, {counts.min_group_text} for text"),
        ("contact", counts.contact or "none"),
        ("answers asked for by", counts.answer_by or "no day"),
        ("weights", _weighed(counts)),
        ("kept", _kept(counts)),
        ("partners", counts.partners),
        ("people invited", counts.invited),
        ("assessments asked for", counts.assessments),
        ("  opened", counts.opened),
        ("  started", counts.started),
        ("  saved, not submitted", counts.saved),
        ("  submitted", counts.submitted),
        ("  withdrawn", counts.withdrawn),
        ("  partner not known", counts.declined),
    ]
    accepted = counts.accepted or {}
    for language, what in accepted.get("translations", {}).items():
        items = len(set(what["below"]) | set(what["stale"]))
        said = f"{items} items not reviewed or stale, accepted by {accepted['by']}"
        lines.append((f"translation {language}", f"{said} at {accepted['at'][:16]}"))
    if counts.snapshot_sha256:
        lines.append(("snapshot", counts.snapshot_sha256))
    return lines


def _weighed(counts: Status) -> str:
    weights = counts.weights or {}
    return ", ".join(f"{name} {weight:g}" for name, weight in weights.items()) or "equal"


def _kept(counts: Status) -> str:
    if counts.purged_on:
        return f"deleted on {counts.purged_on}"
    if counts.keep_until:
        return f"until {counts.keep_until}"
    if counts.retention_days is None:
        return "without a date"
    return f"until {counts.retention_days} days after closing"


def _weights(given: tuple[str, ...]) -> dict[str, float] | None:
    """Read weights such as trust=2."""
    weights = {}
    for each in given:
        name, _, number = each.partition("=")
        try:
            weights[name.strip()] = float(number)
        except ValueError:
            said = f"{each!r} is no weight; allowed is one like trust=2"
            raise BadInput("--weight", (said,)) from None
    return weights or None


def _instrument(ids: tuple[str, ...]) -> questionnaires.Instrument:
    """Load one questionnaire, or make one of several."""
    loaded = []
    for each in ids:
        try:
            loaded.append(questionnaires.load(each))
        except InstrumentError as error:
            raise _refused(f"--instrument {each}", error) from None
    try:
        return questionnaires.combine(*loaded)
    except InstrumentError as error:
        raise _refused(" ".join(f"--instrument {each}" for each in ids), error) from None


def _refused(where: str, error: InstrumentError) -> BadInput:
    return BadInput(where, tuple(problem.message for problem in error.problems))
