"""What may be asked of `tillit analyse`: its options, in the order in which its help tells them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

FILE: Final = click.Path(dir_okay=False, path_type=Path)

OPTIONS: Final[tuple[Callable[..., Any], ...]] = (
    click.option(
        "--scales", "scales_file", type=FILE, help="TOML file that tells items and scales."
    ),
    click.option("--instrument", metavar="ID", help="Score the answers to this questionnaire."),
    click.option("--partner", metavar="COLUMN", help="Column that names the partner of each row."),
    click.option(
        "--side",
        metavar="SIDE",
        help="Of a snapshot: ours or theirs, or both to compare them. Else the column of sides.",
    ),
    click.option("--wave", metavar="COLUMN", help="Column that names the wave of each row."),
    click.option(
        "--earlier",
        type=FILE,
        multiple=True,
        help="Snapshot of an earlier wave to compare with; repeatable.",
    ),
    click.option("--outcome", metavar="SCALE", help="Scale whose drivers are wanted."),
    click.option(
        "--without-flagged", is_flag=True, help="Also show results without careless rows."
    ),
    click.option(
        "--keep",
        type=click.IntRange(min=1),
        multiple=True,
        help="Row that is flagged as careless and to be kept; repeatable.",
    ),
    click.option(
        "--instructed",
        metavar="ITEM=ANSWER",
        multiple=True,
        help="Item that asked for this answer: who gave another is flagged. Repeatable.",
    ),
    click.option("--seconds", metavar="COLUMN", help="Column with the seconds that a row took."),
    click.option(
        "--rater",
        metavar="COLUMN",
        help="Column that names the rater, alike in all waves: takes severity out of the scores.",
    ),
    click.option("--composite", is_flag=True, help="One score per partner from several scales."),
    click.option(
        "--weight",
        "weight",
        metavar="SCALE=NUMBER",
        multiple=True,
        help="Weight of a scale in the composite; repeatable. Without any they weigh alike.",
    ),
    click.option(
        "--pairs", is_flag=True, help="Compare all pairs of up to 50 partners, not only of 15."
    ),
    click.option(
        "--equal-within",
        metavar="POINTS",
        type=click.FloatRange(0, min_open=True),
        help="Partners that differ by less are equal. Default: 1/16 of the range, .25 on 1 to 5.",
    ),
    click.option("--two-level", is_flag=True, help="Reliability within and between partners."),
    click.option(
        "--thorough",
        is_flag=True,
        help="Also compute what takes long, such as whether scales mean the same on both sides and "
        "in all waves.",
    ),
    click.option(
        "--group",
        metavar="COLUMN",
        multiple=True,
        help="Do scales mean the same in all groups of this column (language)? Repeatable.",
    ),
    click.option(
        "--retest",
        metavar="COLUMN",
        help="Column that names the rater, alike in all waves: are scores stable?",
    ),
    click.option(
        "--estimator",
        type=click.Choice(["ml", "mlr", "wlsmv"]),
        default="mlr",
        show_default=True,
        help="Of the factor models: robust against answers that are not normal, or for "
        "ordinal ones.",
    ),
    click.option(
        "--cluster",
        metavar="COLUMN|none",
        default="auto",
        help="Column whose rows belong together; intervals of scales allow for it. Default: the "
        "partner, if 10 or more were rated.",
    ),
    click.option("--fiml", is_flag=True, help="Let rows with gaps enter the factor model too."),
    click.option("--html", type=FILE, help="Write a report that opens in any browser."),
    click.option("--json", "json_file", metavar="FILE", help="Write all numbers; - prints them."),
    click.option(
        "--ci",
        type=click.Choice(["adf", "feldt", "bootstrap"]),
        default="adf",
        show_default=True,
        help="Interval of alpha.",
    ),
    click.option(
        "--level",
        type=click.FloatRange(0, 1, min_open=True, max_open=True),
        default=0.95,
        show_default=True,
        help="Level of all intervals.",
    ),
    click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True),
    click.option(
        "--missing",
        type=click.Choice(["pairwise", "listwise"]),
        default="pairwise",
        show_default=True,
        help="Rows that enter a covariance: those with both answers, or those with all.",
    ),
    click.option(
        "--min-n",
        type=click.IntRange(min=1),
        help="Show no number of fewer answers than this. Default: 1, or what the snapshot says.",
    ),
)


def analysis_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all of them."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
