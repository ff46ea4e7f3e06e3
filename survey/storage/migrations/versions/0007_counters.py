"""Who has pressed Start; counts that closing an anonymous wave keeps; partners in the log by key."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
LOG = "what stands in the audit log does not change"
OPENED = {  # what was begun before there was a note of it was opened
    "invitation": "EXISTS (SELECT 1 FROM assessment a WHERE a.wave_id = invitation.wave_id "
    "AND a.participant_id = invitation.participant_id)",
    "participation": "submitted OR declined",
}


def upgrade() -> None:
    for table, begun in OPENED.items():
        op.add_column(
            table, sa.Column("opened", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        op.execute(f"UPDATE {table} SET opened = true WHERE {begun}")
    op.add_column("wave", sa.Column("counted", DOCUMENT, nullable=True))
    _rewrite_log(
        f"'partner/' || coalesce((SELECT {_key()} FROM partner p "
        "WHERE 'partner/' || p.name = audit_log.object), 'gone')"
    )


def downgrade() -> None:
    _rewrite_log(
        f"'partner/' || coalesce((SELECT p.name FROM partner p "
        f"WHERE 'partner/' || {_key()} = audit_log.object), 'gone')"
    )
    for table, column in (("wave", "counted"), *((table, "opened") for table in OPENED)):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")


def _key() -> str:
    """Give the key of a partner in hexadecimal, which is how SQLite keeps it."""
    return "p.id" if _is_sqlite() else "replace(CAST(p.id AS text), '-', '')"


def _rewrite_log(what: str) -> None:
    """Say anew which partner a line is about, which nobody else may change."""
    sqlite = _is_sqlite()
    op.execute(
        "DROP TRIGGER tillit_log_stands"
        if sqlite
        else "ALTER TABLE audit_log DISABLE TRIGGER tillit_log_stands"
    )
    op.execute(f"UPDATE audit_log SET object = {what} WHERE object LIKE 'partner/%'")
    op.execute(
        "CREATE TRIGGER tillit_log_stands BEFORE UPDATE ON audit_log WHEN 1 "
        f"BEGIN SELECT RAISE(ABORT, '{LOG}'); END"
        if sqlite
        else "ALTER TABLE audit_log ENABLE TRIGGER tillit_log_stands"
    )


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
