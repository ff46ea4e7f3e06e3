"""The record of a partner: what was agreed, what happened, what is done about it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "record_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("sort", sa.String(20), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("party", sa.String(200), nullable=True),
        sa.Column("items", DOCUMENT, nullable=True),
        sa.Column("touches_id", sa.Uuid(), nullable=True),
        sa.Column("owner_user_id", sa.Uuid(), nullable=True),
        sa.Column("owner_contact_id", sa.Uuid(), nullable=True),
        sa.Column("aspect", sa.String(60), nullable=True),
        sa.Column("limits", sa.Text(), nullable=True),
        sa.Column("give", sa.Text(), nullable=True),
        sa.Column("gain", sa.Text(), nullable=True),
        sa.Column("struck_on", sa.Date(), nullable=True),
        sa.Column("struck_why", sa.String(200), nullable=True),
        sa.CheckConstraint(
            "(kind = 'expectation' AND sort IN ('expectation', 'rule', 'boundary')) OR "
            "(kind = 'incident' AND sort IN ('slight', 'serious', 'severe')) OR "
            "(kind = 'stage' AND sort IN ('exploring', 'agreeing', 'working', 'renewing', 'leaving', 'ended')) OR "
            "(kind NOT IN ('expectation', 'incident', 'stage') AND sort IS NULL)",
            name=op.f("ck_record_entry_sort"),
        ),
        sa.CheckConstraint(
            "(kind = 'expectation' AND state IN ('in_force', 'ended')) OR "
            "(kind = 'incident' AND state IN ('open', 'closed')) OR "
            "(kind = 'dispute' AND state IN ('raised', 'clarified', 'mediated', 'settled', 'withdrawn')) OR "
            "(kind = 'action' AND state IN ('planned', 'under_way', 'done', 'dropped')) OR "
            "(kind = 'stage' AND state IN ('noted')) OR "
            "(kind = 'brief' AND state IN ('noted'))",
            name=op.f("ck_record_entry_state"),
        ),
        sa.CheckConstraint(
            "(state IN ('ended', 'closed', 'settled', 'withdrawn', 'done', 'dropped')) = (ended_on IS NOT NULL)",
            name=op.f("ck_record_entry_ended_on"),
        ),
        sa.CheckConstraint(
            "kind IN ('expectation', 'incident', 'dispute', 'action', 'stage', 'brief')",
            name=op.f("ck_record_entry_kind"),
        ),
        sa.CheckConstraint("text <> ''", name=op.f("ck_record_entry_text")),
        sa.CheckConstraint(
            "(struck_on IS NULL) = (struck_why IS NULL)", name=op.f("ck_record_entry_struck")
        ),
        sa.CheckConstraint("due_on >= day", name=op.f("ck_record_entry_due_after")),
        sa.CheckConstraint("ended_on >= day", name=op.f("ck_record_entry_ends_after")),
        sa.CheckConstraint(
            "owner_user_id IS NULL OR owner_contact_id IS NULL",
            name=op.f("ck_record_entry_one_owner"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_contact_id"],
            ["contact.id"],
            name=op.f("fk_record_entry_owner_contact_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["owner_user_id"], ["user_account.id"], name=op.f("fk_record_entry_owner_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_record_entry_partner_id")
        ),
        sa.ForeignKeyConstraint(
            ["touches_id"],
            ["record_entry.id"],
            name=op.f("fk_record_entry_touches_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_entry")),
    )
    op.create_index(op.f("ix_record_entry_owner_contact_id"), "record_entry", ["owner_contact_id"])
    op.create_index(op.f("ix_record_entry_owner_user_id"), "record_entry", ["owner_user_id"])
    op.create_index(op.f("ix_record_entry_partner_id"), "record_entry", ["partner_id"])
    op.create_index(op.f("ix_record_entry_touches_id"), "record_entry", ["touches_id"])
    op.create_table(
        "card_release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("document_sha256", sa.String(64), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("reply_by", sa.Date(), nullable=False),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_on IS NULL)", name=op.f("ck_card_release_answer")
        ),
        sa.CheckConstraint("length(document_sha256) = 64", name=op.f("ck_card_release_document")),
        sa.CheckConstraint("length(token_sha256) = 64", name=op.f("ck_card_release_token")),
        sa.CheckConstraint("reply_by >= made_on", name=op.f("ck_card_release_reply_by")),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
            name=op.f("fk_card_release_contact_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_card_release_partner_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_card_release_user_id")
        ),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_card_release_wave_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_release")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_card_release_token_sha256")),
    )
    op.create_index(op.f("ix_card_release_contact_id"), "card_release", ["contact_id"])
    op.create_index(op.f("ix_card_release_partner_id"), "card_release", ["partner_id"])
    op.create_index(op.f("ix_card_release_user_id"), "card_release", ["user_id"])
    op.create_index(op.f("ix_card_release_wave_id"), "card_release", ["wave_id"])
    op.create_table(
        "record_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("deed", sa.String(20), nullable=False),
        sa.Column("before", DOCUMENT, nullable=False),
        sa.Column("after", DOCUMENT, nullable=False),
        sa.CheckConstraint("deed <> ''", name=op.f("ck_record_change_deed")),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["record_entry.id"],
            name=op.f("fk_record_change_entry_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_record_change_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_change")),
    )
    op.create_index(op.f("ix_record_change_entry_id"), "record_change", ["entry_id"])
    op.create_index(op.f("ix_record_change_user_id"), "record_change", ["user_id"])
    op.create_table(
        "record_step",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["record_entry.id"],
            name=op.f("fk_record_step_entry_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", "state", name=op.f("pk_record_step")),
    )
    op.create_table(
        "card_reply",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("stance", sa.String(10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("aspects", DOCUMENT, nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.CheckConstraint("stance IN ('comment', 'contest')", name=op.f("ck_card_reply_stance")),
        sa.CheckConstraint("changed_on >= sent_on", name=op.f("ck_card_reply_changed_on")),
        sa.CheckConstraint("times >= 1", name=op.f("ck_card_reply_times")),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["card_release.id"],
            name=op.f("fk_card_reply_release_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_card_reply")),
    )


def downgrade() -> None:
    op.drop_table("card_reply")
    op.drop_table("record_step")
    op.drop_table("record_change")
    op.drop_table("card_release")
    op.drop_table("record_entry")
