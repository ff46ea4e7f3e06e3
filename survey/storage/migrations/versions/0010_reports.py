"""Reports on partners, as they were made."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KEYS = {"wave_id": "wave", "partner_id": "partner", "user_id": "user_account"}


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("first_wave", sa.Integer(), nullable=False),
        sa.Column("with_record", sa.Boolean(), nullable=False),
        sa.Column("chosen", DOCUMENT, nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.CheckConstraint("kind IN ('partner', 'portfolio')", name=op.f("ck_report_kind")),
        sa.CheckConstraint(
            "(kind = 'partner') = (partner_id IS NOT NULL)", name=op.f("ck_report_partner")
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_report_sha256")),
        sa.CheckConstraint("first_wave >= 1", name=op.f("ck_report_first_wave")),
        *(
            sa.ForeignKeyConstraint([key], [f"{table}.id"], name=op.f(f"fk_report_{key}"))
            for key, table in KEYS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
    )
    for key in KEYS:
        op.create_index(op.f(f"ix_report_{key}"), "report", [key])


def downgrade() -> None:
    """Drop it, with the reports."""
    for key in KEYS:
        op.drop_index(op.f(f"ix_report_{key}"), table_name="report")
    op.drop_table("report")
