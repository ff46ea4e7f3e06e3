"""Accounts: people who log in, their sessions, and the log of what was done.

Triggers keep what was done as it was written, and what was used up used up.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = (
    "audit_log",
    "login_attempt",
    "login_salt",
    "password_reset",
    "recovery_code",
    "user_session",
    "user_partner",
    "user_account",
)
LOG = "what stands in the audit log does not change"
SESSION = "a session that has ended does not begin again"
USED = "what can be used once was used"


def upgrade() -> None:
    _people()
    _sessions()
    _once()
    _attempts()
    _log()
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_triggers()
    else:
        _sqlite_triggers()


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    names = POSTGRESQL if postgresql else SQLITE
    for name, table, *_ in names:
        op.execute(f"DROP TRIGGER tillit_{name}" + (f" ON {table}" if postgresql else ""))
        if postgresql:
            op.execute(f"DROP FUNCTION tillit_{name}()")
    for table in TABLES:
        op.drop_table(table)


def _people() -> None:
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=True),
        sa.Column("totp_nonce", sa.String(64), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('admin', 'researcher', 'manager', 'viewer')",
            name=op.f("ck_user_account_role"),
        ),
        sa.CheckConstraint("name <> ''", name=op.f("ck_user_account_name")),
        sa.CheckConstraint(
            "email <> '' AND email = lower(email)", name=op.f("ck_user_account_email")
        ),
        sa.CheckConstraint(
            "totp_step IS NULL OR totp_nonce IS NOT NULL", name=op.f("ck_user_account_totp")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email", name=op.f("uq_user_account_email")),
    )
    op.create_table(
        "user_partner",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        _of_user("user_partner"),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_user_partner_partner_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "partner_id", name=op.f("pk_user_partner")),
    )
    op.create_index("ix_user_partner_partner_id", "user_partner", ["partner_id"])


def _sessions() -> None:
    op.create_table(
        "user_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owes_code", sa.Boolean(), nullable=False),
        sa.Column("misses", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("length(token_sha256) = 64", name=op.f("ck_user_session_token")),
        sa.CheckConstraint("misses >= 0", name=op.f("ck_user_session_misses")),
        _of_user("user_session"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_user_session_token_sha256")),
    )
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"])


def _once() -> None:
    op.create_table(
        "recovery_code",
        sa.Column("code_sha256", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(code_sha256) = 64", name=op.f("ck_recovery_code_code")),
        _of_user("recovery_code"),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_recovery_code")),
    )
    op.create_index("ix_recovery_code_user_id", "recovery_code", ["user_id"])
    op.create_table(
        "password_reset",
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(token_sha256) = 64", name=op.f("ck_password_reset_token")),
        _of_user("password_reset"),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_password_reset")),
    )
    op.create_index("ix_password_reset_user_id", "password_reset", ["user_id"])


def _attempts() -> None:
    op.create_table(
        "login_salt",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("salt", sa.String(64), nullable=False),
        sa.CheckConstraint("length(salt) = 64", name=op.f("ck_login_salt_salt")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_login_salt")),
    )
    op.create_table(
        "login_attempt",
        sa.Column("bucket", sa.String(64), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(bucket) = 64", name=op.f("ck_login_attempt_bucket")),
        sa.CheckConstraint("misses >= 0", name=op.f("ck_login_attempt_misses")),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_login_attempt")),
    )


def _log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("origin", sa.String(20), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("object", sa.String(200), nullable=False),
        sa.CheckConstraint("origin IN ('web', 'command line')", name=op.f("ck_audit_log_origin")),
        sa.CheckConstraint("action <> ''", name=op.f("ck_audit_log_action")),
        sa.CheckConstraint("user_id IS NULL OR origin = 'web'", name=op.f("ck_audit_log_who")),
        _of_user("audit_log"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    for column in ("at", "user_id", "action"):
        op.create_index(f"ix_audit_log_{column}", "audit_log", [column])


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["user_account.id"], name=op.f(f"fk_{table}_user_id")
    )


# Triggers ------------------------------------------------------------------------------

ENDED = "OLD.ended_at IS NOT NULL AND ({} OR {})"
SQLITE = (
    ("log_stands", "audit_log", "UPDATE", "1", LOG),
    ("log_stays", "audit_log", "DELETE", "1", LOG),
    (
        "session_ended",
        "user_session",
        "UPDATE",
        ENDED.format(*(f"NEW.{name} IS NOT OLD.{name}" for name in ("ended_at", "token_sha256"))),
        SESSION,
    ),
    ("reset_used", "password_reset", "UPDATE", "OLD.used_at IS NOT NULL", USED),
    ("recovery_used", "recovery_code", "UPDATE", "OLD.used_at IS NOT NULL", USED),
)
POSTGRESQL = (
    ("log_stands", "audit_log", "UPDATE OR DELETE OR TRUNCATE", "true", LOG),
    (
        "session_ended",
        "user_session",
        "UPDATE",
        ENDED.format(
            *(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in ("ended_at", "token_sha256"))
        ),
        SESSION,
    ),
    ("reset_used", "password_reset", "UPDATE", "OLD.used_at IS NOT NULL", USED),
    ("recovery_used", "recovery_code", "UPDATE", "OLD.used_at IS NOT NULL", USED),
)


def _sqlite_triggers() -> None:
    for name, table, when, condition, message in SQLITE:
        op.execute(
            f"CREATE TRIGGER tillit_{name} BEFORE {when} ON {table} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def _postgresql_triggers() -> None:
    for name, table, when, condition, message in POSTGRESQL:
        op.execute(
            f"CREATE FUNCTION tillit_{name}() RETURNS trigger LANGUAGE plpgsql AS $$"
            f"BEGIN IF {condition} THEN RAISE EXCEPTION '{message}' "
            "USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
        )
        each = "STATEMENT" if "TRUNCATE" in when else "ROW"
        op.execute(
            f"CREATE TRIGGER tillit_{name} BEFORE {when} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION tillit_{name}()"
        )
