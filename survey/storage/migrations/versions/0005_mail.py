"""Mail: the outbox, links that were mailed, bounces, people who want none, texts of a study."""

import secrets

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TABLES = (
    "outbox",
    "invitation_link",
    "opt_out",
    "bounce",
    "mail_text",
    "mail_choice",
    "mail_minute",
    "mail_secret",
)


def upgrade() -> None:
    op.add_column(
        "invitation", sa.Column("unsent", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    _outbox()
    _links()
    _people()
    _studies()
    _sending()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("invitation", "unsent")


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("recipient", sa.String(254), nullable=True),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("values", DOCUMENT, nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("claimed_by", sa.String(32), nullable=True),
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(200), nullable=True),
        sa.Column("wave_id", sa.Uuid(), nullable=True),
        sa.Column("invitation_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'claimed', 'sending', 'sent', 'failed', 'doubtful', 'cancelled')",
            name=op.f("ck_outbox_state"),
        ),
        sa.CheckConstraint("kind <> '' AND key <> ''", name=op.f("ck_outbox_named")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_outbox_attempts")),
        sa.CheckConstraint(
            "(state IN ('sent', 'cancelled')) = (recipient IS NULL)",
            name=op.f("ck_outbox_recipient"),
        ),
        sa.CheckConstraint(
            "(state IN ('claimed', 'sending')) = (claimed_until IS NOT NULL)",
            name=op.f("ck_outbox_claimed_until"),
        ),
        sa.CheckConstraint(
            "(claimed_until IS NULL) = (claimed_by IS NULL) OR state = 'doubtful'",
            name=op.f("ck_outbox_claimed_by"),
        ),
        sa.CheckConstraint("length(message_id) = 32", name=op.f("ck_outbox_message_id")),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_outbox_wave_id")),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
            name=op.f("fk_outbox_invitation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_outbox_state_next_at", "outbox", ["state", "next_at"])
    op.create_index("ix_outbox_wave_id", "outbox", ["wave_id"])
    op.create_index("ix_outbox_invitation_id", "outbox", ["invitation_id"])


def _links() -> None:
    op.create_table(
        "invitation_link",
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.CheckConstraint("length(token_sha256) = 64", name=op.f("ck_invitation_link_token")),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
            name=op.f("fk_invitation_link_invitation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_invitation_link")),
    )
    op.create_index("ix_invitation_link_invitation_id", "invitation_link", ["invitation_id"])


def _people() -> None:
    op.create_table(
        "opt_out",
        sa.Column("person", sa.String(26), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.CheckConstraint("length(person) = 26", name=op.f("ck_opt_out_person")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_opt_out")),
    )
    op.create_table(
        "bounce",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.CheckConstraint("kind IN ('hard', 'soft')", name=op.f("ck_bounce_kind")),
        sa.CheckConstraint("length(person) = 26", name=op.f("ck_bounce_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounce")),
        sa.UniqueConstraint("person", "kind", "day", name=op.f("uq_bounce_person_kind_day")),
    )


def _studies() -> None:
    op.create_table(
        "mail_text",
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("subject", sa.String(200), nullable=True),
        sa.Column("lead", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "subject IS NOT NULL OR lead IS NOT NULL", name=op.f("ck_mail_text_something")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_mail_text_study_id")),
        sa.PrimaryKeyConstraint("study_id", "kind", "language", name=op.f("pk_mail_text")),
    )
    op.create_table(
        "mail_choice",
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("thanks", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_mail_choice_study_id")),
        sa.PrimaryKeyConstraint("study_id", name=op.f("pk_mail_choice")),
    )


def _sending() -> None:
    op.create_table(
        "mail_minute",
        sa.Column("minute", MOMENT, nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.CheckConstraint("sent >= 1", name=op.f("ck_mail_minute_sent")),
        sa.PrimaryKeyConstraint("minute", name=op.f("pk_mail_minute")),
    )
    made = op.create_table(
        "mail_secret",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_mail_secret_single")),
        sa.CheckConstraint("length(secret) = 64", name=op.f("ck_mail_secret_secret")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_secret")),
    )
    op.bulk_insert(made, [{"id": 1, "secret": secrets.token_hex(32)}])
