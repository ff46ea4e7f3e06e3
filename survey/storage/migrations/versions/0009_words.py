"""What a study says in its mail itself, for each side of it."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SIDES = ("ours", "theirs")


def upgrade() -> None:
    """Say to both sides what was said to everybody."""
    rows = _taken()
    _make(
        sa.Column("side", sa.String(10), nullable=False),
        sa.CheckConstraint("side IN ('ours', 'theirs')", name=op.f("ck_mail_text_side")),
        key=("study_id", "kind", "side", "language"),
    )
    _give({**row, "side": side} for row in rows for side in SIDES)


def downgrade() -> None:
    """Say to everybody what was said to our side, or else to the other one."""
    said: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in sorted(_taken(), key=lambda row: row["side"]):
        said.setdefault((row["study_id"], row["kind"], row["language"]), row)
    _make(key=("study_id", "kind", "language"))
    _give({name: row[name] for name in row if name != "side"} for row in said.values())


def _taken() -> list[dict[str, Any]]:
    """Read the few rows there are, and drop their table."""
    rows = op.get_bind().execute(sa.text("SELECT * FROM mail_text")).mappings()
    found = [dict(row) for row in rows]
    op.drop_table("mail_text")
    return found


def _make(*further: sa.Column[str] | sa.CheckConstraint, key: tuple[str, ...]) -> None:
    op.create_table(
        "mail_text",
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("subject", sa.String(200), nullable=True),
        sa.Column("lead", sa.Text(), nullable=True),
        *further,
        sa.CheckConstraint(
            "subject IS NOT NULL OR lead IS NOT NULL", name=op.f("ck_mail_text_something")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_mail_text_study_id")),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_mail_text")),
    )


def _give(rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as the database gave them, keys as it keeps them."""
    for row in rows:
        names = ", ".join(row)
        places = ", ".join(f":{name}" for name in row)
        op.get_bind().execute(
            sa.text(f"INSERT INTO mail_text ({names}) VALUES ({places})"),  # noqa: S608 (our own names)
            row,
        )
