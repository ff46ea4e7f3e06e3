"""Baseline: installation, instruments, studies, waves, people, assessments.

The triggers repeat rules of the services inside the database, so that no other
program, and no mistake of ours, can change thresholds after opening, answers
after submission or closing, or a version of an instrument.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
TABLES = (
    "installation",
    "instrument",
    "partner",
    "study",
    "participant",
    "study_partner",
    "wave",
    "invitation",
    "roster",
    "assessment",
    "page_visit",
)

FROZEN = (
    "instrument_id",
    "instrument_version",
    "privacy_mode",
    "sides",
    "min_group",
    "min_group_text",
)
STUDY_MESSAGE = "a study that was opened keeps its instrument, privacy mode, sides and thresholds"
WAVE_MESSAGE = "a wave goes from draft to open to closed, and a closed one does not change"
INSERT_MESSAGE = "answers are taken only while the wave is open"
UPDATE_MESSAGE = "answers do not change after submission or after the wave was closed"
INSTRUMENT_MESSAGE = "a version of an instrument does not change"


def upgrade() -> None:
    _organisations()
    _studies()
    _people()
    _assessments()
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_triggers()
    else:
        _sqlite_triggers()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in ("study_frozen", "wave_moves_on", "answers_stand", "instrument_stands"):
            op.execute(f"DROP FUNCTION tillit_{function}()")


def _organisations() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation", sa.String(200), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_single")),
        sa.CheckConstraint("organisation <> ''", name=op.f("ck_installation_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "instrument",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("canonical", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_instrument")),
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.CheckConstraint(
            "kind IN ('supplier', 'customer', 'distributor', 'other')", name=op.f("ck_partner_kind")
        ),
        sa.CheckConstraint("name <> ''", name=op.f("ck_partner_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("name", name=op.f("uq_partner_name")),
    )


def _studies() -> None:
    op.create_table(
        "study",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("instrument_id", sa.String(60), nullable=False),
        sa.Column("instrument_version", sa.String(64), nullable=False),
        sa.Column("privacy_mode", sa.String(20), nullable=False),
        sa.Column("sides", DOCUMENT, nullable=False),
        sa.Column("languages", DOCUMENT, nullable=False),
        sa.Column("min_group", sa.Integer(), nullable=False),
        sa.Column("min_group_text", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("privacy_mode IN ('confidential')", name=op.f("ck_study_privacy_mode")),
        sa.CheckConstraint("slug <> '' AND title <> ''", name=op.f("ck_study_named")),
        sa.CheckConstraint("min_group BETWEEN 3 AND 20", name=op.f("ck_study_min_group")),
        sa.CheckConstraint(
            "min_group_text BETWEEN min_group AND 20", name=op.f("ck_study_min_group_text")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id", "instrument_version"],
            ["instrument.id", "instrument.version"],
            name=op.f("fk_study_instrument_id_instrument_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
        sa.UniqueConstraint("slug", name=op.f("uq_study_slug")),
    )
    op.create_table(
        "study_partner",
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_study_partner_partner_id")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_study_partner_study_id")),
        sa.PrimaryKeyConstraint("study_id", "partner_id", name=op.f("pk_study_partner")),
        sa.UniqueConstraint("study_id", "place", name=op.f("uq_study_partner_study_id_place")),
    )
    op.create_index("ix_study_partner_partner_id", "study_partner", ["partner_id"])
    op.create_table(
        "wave",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("opened_at", TIME, nullable=True),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("snapshot_sha256", sa.String(64), nullable=True),
        sa.CheckConstraint("status IN ('draft', 'open', 'closed')", name=op.f("ck_wave_status")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_wave_number")),
        sa.CheckConstraint("(status = 'draft') = (opened_at IS NULL)", name=op.f("ck_wave_opened")),
        sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_wave_closed")),
        sa.CheckConstraint(
            "(status = 'closed') = (snapshot_sha256 IS NOT NULL)", name=op.f("ck_wave_snapshot")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_wave_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wave")),
        sa.UniqueConstraint("study_id", "number", name=op.f("uq_wave_study_id_number")),
    )


def _people() -> None:
    op.create_table(
        "participant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("side", sa.String(10), nullable=False),
        sa.CheckConstraint("side IN ('ours', 'theirs')", name=op.f("ck_participant_side")),
        sa.CheckConstraint("name <> '' AND email <> ''", name=op.f("ck_participant_named")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_participant_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
        sa.UniqueConstraint("study_id", "email", name=op.f("uq_participant_study_id_email")),
    )
    op.create_table(
        "roster",
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.CheckConstraint("place >= 1", name=op.f("ck_roster_place")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_roster_participant_id")
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_roster_partner_id")),
        sa.PrimaryKeyConstraint("participant_id", "partner_id", name=op.f("pk_roster")),
        sa.UniqueConstraint("participant_id", "place", name=op.f("uq_roster_participant_id_place")),
    )
    op.create_index("ix_roster_partner_id", "roster", ["partner_id"])
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("length(token_sha256) = 64", name=op.f("ck_invitation_token")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_invitation_participant_id")
        ),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_invitation_wave_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint(
            "participant_id", "wave_id", name=op.f("uq_invitation_participant_id_wave_id")
        ),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_invitation_token_sha256")),
    )
    op.create_index("ix_invitation_wave_id", "invitation", ["wave_id"])


def _assessments() -> None:
    op.create_table(
        "assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.String(60), nullable=False),
        sa.Column("instrument_version", sa.String(64), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("answers", DOCUMENT, nullable=False),
        sa.Column("pages_done", sa.Integer(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.Column("submitted_at", TIME, nullable=True),
        sa.Column("receipt", sa.String(40), nullable=True),
        sa.CheckConstraint(
            "(submitted_at IS NULL) = (receipt IS NULL)", name=op.f("ck_assessment_receipt")
        ),
        sa.CheckConstraint("pages_done >= 1", name=op.f("ck_assessment_pages_done")),
        sa.ForeignKeyConstraint(
            ["participant_id", "partner_id"],
            ["roster.participant_id", "roster.partner_id"],
            name=op.f("fk_assessment_participant_id_partner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["participant_id", "wave_id"],
            ["invitation.participant_id", "invitation.wave_id"],
            name=op.f("fk_assessment_participant_id_wave_id"),
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id", "instrument_version"],
            ["instrument.id", "instrument.version"],
            name=op.f("fk_assessment_instrument_id_instrument_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
        sa.UniqueConstraint(
            "participant_id",
            "partner_id",
            "wave_id",
            name=op.f("uq_assessment_participant_id_partner_id_wave_id"),
        ),
        sa.UniqueConstraint("receipt", name=op.f("uq_assessment_receipt")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_assessment_wave_id", "assessment", ["wave_id"])
    op.create_table(
        "page_visit",
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("first_at", TIME, nullable=False),
        sa.Column("last_at", TIME, nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.CheckConstraint("page >= 1 AND posts >= 1", name=op.f("ck_page_visit_counted")),
        sa.ForeignKeyConstraint(
            ["assessment_id"],
            ["assessment.id"],
            name=op.f("fk_page_visit_assessment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("assessment_id", "page", name=op.f("pk_page_visit")),
    )


def _sqlite_triggers() -> None:
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in FROZEN)
    wave_status = "(SELECT status FROM wave WHERE id = NEW.wave_id)"
    triggers = (
        (
            "study_frozen BEFORE UPDATE ON study",
            f"({changed}) AND EXISTS "
            "(SELECT 1 FROM wave WHERE study_id = OLD.id AND status <> 'draft')",
            STUDY_MESSAGE,
        ),
        (
            "wave_moves_on BEFORE UPDATE ON wave",
            "OLD.status = 'closed' OR (OLD.status, NEW.status) IN "
            "(VALUES ('open', 'draft'), ('draft', 'closed'))",
            WAVE_MESSAGE,
        ),
        (
            "answers_begin BEFORE INSERT ON assessment",
            f"{wave_status} IS NOT 'open'",
            INSERT_MESSAGE,
        ),
        (
            "answers_stand BEFORE UPDATE ON assessment",
            f"OLD.submitted_at IS NOT NULL OR {wave_status} IS NOT 'open'",
            UPDATE_MESSAGE,
        ),
        ("instrument_stands BEFORE UPDATE ON instrument", "1", INSTRUMENT_MESSAGE),
    )
    for head, condition, message in triggers:
        op.execute(
            f"CREATE TRIGGER tillit_{head} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def _postgresql_triggers() -> None:
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in FROZEN)
    bodies = {
        "study_frozen": f"""
            IF ({changed}) AND EXISTS
              (SELECT 1 FROM wave WHERE study_id = OLD.id AND status <> 'draft')
            THEN RAISE EXCEPTION '{STUDY_MESSAGE}' USING ERRCODE = 'check_violation'; END IF;""",
        "wave_moves_on": f"""
            IF OLD.status = 'closed' OR (OLD.status, NEW.status) IN
              (('open', 'draft'), ('draft', 'closed'))
            THEN RAISE EXCEPTION '{WAVE_MESSAGE}' USING ERRCODE = 'check_violation'; END IF;""",
        # FOR SHARE: whoever closes the wave waits for this answer, or this answer for the closing.
        "answers_stand": f"""
            IF (SELECT status FROM wave WHERE id = NEW.wave_id FOR SHARE)
              IS DISTINCT FROM 'open'
            THEN RAISE EXCEPTION '{INSERT_MESSAGE}' USING ERRCODE = 'check_violation'; END IF;
            IF TG_OP = 'UPDATE' AND OLD.submitted_at IS NOT NULL
            THEN RAISE EXCEPTION '{UPDATE_MESSAGE}' USING ERRCODE = 'check_violation'; END IF;""",
        "instrument_stands": f"""
            RAISE EXCEPTION '{INSTRUMENT_MESSAGE}' USING ERRCODE = 'check_violation';""",
    }
    for name, body in bodies.items():
        op.execute(
            f"CREATE FUNCTION tillit_{name}() RETURNS trigger LANGUAGE plpgsql AS $$"
            f"BEGIN {body} RETURN NEW; END $$"
        )
    for name, when, table in (
        ("study_frozen", "UPDATE", "study"),
        ("wave_moves_on", "UPDATE", "wave"),
        ("answers_stand", "INSERT OR UPDATE", "assessment"),
        ("instrument_stands", "UPDATE", "instrument"),
    ):
        op.execute(
            f"CREATE TRIGGER tillit_{name} BEFORE {when} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION tillit_{name}()"
        )
