"""Published weights, a day for answers, studies in the making, sheets that are looked at."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
FROZEN = (
    "instrument_id",
    "instrument_version",
    "privacy_mode",
    "sides",
    "min_group",
    "min_group_text",
    "contact",
    "retention_days",
)
KEPT = "a study that was opened keeps its instrument, privacy mode, sides, thresholds, "
BEFORE = KEPT + "contact and retention"
NOW = KEPT + "weights, contact and retention"


def upgrade() -> None:
    op.add_column("study", sa.Column("weights", DOCUMENT, nullable=True))
    op.add_column("wave", sa.Column("answer_by", sa.Date(), nullable=True))
    op.create_table(
        "study_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("chosen", DOCUMENT, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_draft")),
    )
    op.create_table(
        "sheet_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(80), nullable=False),
        sa.Column("file", sa.String(200), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_upload")),
    )
    _freeze((*FROZEN, "weights"), NOW)


def downgrade() -> None:
    _freeze(FROZEN, BEFORE)
    op.drop_table("sheet_upload")
    op.drop_table("study_draft")
    for table, column in (("wave", "answer_by"), ("study", "weights")):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")


def _freeze(columns: tuple[str, ...], refused: str) -> None:
    """Make the trigger anew that keeps the rules of a study as they were when it opened."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    different = "IS NOT" if sqlite else "IS DISTINCT FROM"
    changed = " OR ".join(f"NEW.{column} {different} OLD.{column}" for column in columns)
    condition = (
        f"({changed}) AND EXISTS "
        "(SELECT 1 FROM wave WHERE study_id = OLD.id AND status <> 'draft')"
    )
    if sqlite:
        op.execute("DROP TRIGGER tillit_study_frozen")
        op.execute(
            f"CREATE TRIGGER tillit_study_frozen BEFORE UPDATE ON study WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{refused}'); END"
        )
    else:
        op.execute(
            "CREATE OR REPLACE FUNCTION tillit_study_frozen() RETURNS trigger "
            f"LANGUAGE plpgsql AS $$BEGIN IF {condition} THEN RAISE EXCEPTION '{refused}' "
            "USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
        )
