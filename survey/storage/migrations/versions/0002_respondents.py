"""Privacy modes, anonymous answers, notices, autosave, orders, withdrawal, retention.

SQLite cannot change a constraint, so tables whose constraints change are written anew from
their own text; `survey.storage.schema` runs revisions with foreign keys off and checks them
at the end. All triggers are made anew, since they hold the rules of the modes.
"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MODES_BEFORE = "privacy_mode IN ('confidential')"
MODES = "privacy_mode IN ('identified', 'confidential', 'anonymous')"
KEPT = "retention_days BETWEEN 30 AND 3650"
WITHDRAWN = "withdrawn_on IS NULL OR submitted_at IS NOT NULL"
ANONYMOUS = ("open_link", "participation", "draft", "anonymous_answers")
# table → (text before, text now), as SQLite keeps it
REWRITTEN = {
    "instrument": (("id VARCHAR(60)", "id VARCHAR(200)"),),
    "study": (
        ("instrument_id VARCHAR(60)", "instrument_id VARCHAR(200)"),
        (MODES_BEFORE, MODES),
    ),
    "assessment": (
        ("instrument_id VARCHAR(60)", "instrument_id VARCHAR(200)"),
        ("CHECK (pages_done >= 1)", "CHECK (pages_done >= 0)"),
    ),
}
ADDED = {
    "study": (
        ("contact", sa.String(200)),
        ("retention_days", sa.Integer()),
        ("translations", DOCUMENT),
    ),
    "wave": (
        ("keep_until", sa.Date()),
        ("purged_on", sa.Date()),
        ("overrides", DOCUMENT),
    ),
    "assessment": (
        ("withdrawn_on", sa.Date()),
        ("item_order", DOCUMENT),
        ("off_path", DOCUMENT),
        ("autosaves", DOCUMENT),
        ("notice_sha256", sa.String(64)),
    ),
}
CHECKS = (
    ("study", "retention_days", KEPT),
    ("wave", "data_version", "data_version >= 1"),
    ("assessment", "withdrawn_on", WITHDRAWN),
)

FROZEN_BEFORE = (
    "instrument_id",
    "instrument_version",
    "privacy_mode",
    "sides",
    "min_group",
    "min_group_text",
)
FROZEN = (*FROZEN_BEFORE, "contact", "retention_days")
STUDY_BEFORE = "a study that was opened keeps its instrument, privacy mode, sides and thresholds"
STUDY = (
    "a study that was opened keeps its instrument, privacy mode, sides, thresholds, "
    "contact and retention"
)
WAVE = "a wave goes from draft to open to closed, and a closed one does not change"
INSERT = "answers are taken only while the wave is open"
UPDATE = "answers do not change after submission or after the wave was closed"
INSTRUMENT = "a version of an instrument does not change"
NOTICE = "a notice that was shown does not change"
ATTRIBUTED = "an anonymous study takes no answers with a person"
UNATTRIBUTED = "only an anonymous study takes answers without a person"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _drop_postgresql_triggers()
        _alter_postgresql(up=True)
    else:
        _drop_sqlite_triggers()
    for table, columns in ADDED.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    op.add_column(
        "wave", sa.Column("data_version", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    op.add_column(
        "roster", sa.Column("declined", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    if op.get_bind().dialect.name == "postgresql":
        for table, name, text in CHECKS:
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, text)
    else:
        _rewrite_sqlite(up=True)
    _notices()
    _anonymous()
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_triggers()
    else:
        _sqlite_triggers()


def downgrade() -> None:
    """Go back; refused where a study has a mode that the older schema cannot hold."""
    other = op.get_bind().scalar(
        sa.text("SELECT count(*) FROM study WHERE privacy_mode <> 'confidential'")
    )
    if other:
        raise RuntimeError(f"{other} studies are identified or anonymous: schema 0001 has neither")
    postgresql_ = op.get_bind().dialect.name == "postgresql"
    _drop_postgresql_triggers() if postgresql_ else _drop_sqlite_triggers()
    for table in (*reversed(ANONYMOUS), "notice"):
        op.drop_table(table)
    op.execute("UPDATE assessment SET pages_done = 1 WHERE pages_done = 0")
    if postgresql_:
        for table, name, _ in CHECKS:
            op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
        _alter_postgresql(up=False)
    else:
        _rewrite_sqlite(up=False)
    op.drop_column("roster", "declined")
    op.drop_column("wave", "data_version")
    for table, columns in reversed(ADDED.items()):
        for name, _ in reversed(columns):
            op.drop_column(table, name)
    if postgresql_:
        _postgresql_triggers_before()
    else:
        _sqlite_triggers_before()


# Tables --------------------------------------------------------------------------------


def _alter_postgresql(*, up: bool) -> None:
    length, modes, least = (200, MODES, 0) if up else (60, MODES_BEFORE, 1)
    for table, column in (
        ("instrument", "id"),
        ("study", "instrument_id"),
        ("assessment", "instrument_id"),
    ):
        op.alter_column(table, column, type_=sa.String(length))
    for table, name, text in (
        ("study", "privacy_mode", modes),
        ("assessment", "pages_done", f"pages_done >= {least}"),
    ):
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, text)


def _rewrite_sqlite(*, up: bool) -> None:
    """Write tables anew with other constraints, and their rows into them."""
    for table in ("instrument", "study", "wave", "assessment"):
        changes = [pair if up else pair[::-1] for pair in REWRITTEN.get(table, ())]
        checks = [f"CONSTRAINT ck_{t}_{name} CHECK ({text})" for t, name, text in CHECKS if t == table]
        for check in checks:
            changes.append((", \n\tPRIMARY KEY", f", \n\t{check}, \n\tPRIMARY KEY")
                           if up else (f", \n\t{check}", ""))
        _rewrite(table, changes)


def _rewrite(table: str, changes: list[tuple[str, str]]) -> None:
    run = op.get_bind().exec_driver_sql
    text = run("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).scalar_one()
    indexes = run(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
        (table,),
    ).scalars().all()
    for before, now in _with_constraint_names(text, table, changes):
        if before not in text:
            raise RuntimeError(f"table {table} is not as revision 0001 made it: no {before!r}")
        text = text.replace(before, now, 1)
    columns = ", ".join(row[1] for row in run(f"PRAGMA table_info({table})"))
    run(re.sub(rf'^CREATE TABLE "?{table}"?', f"CREATE TABLE rewritten_{table}", text))
    run(f"INSERT INTO rewritten_{table} ({columns}) SELECT {columns} FROM {table}")
    run(f"DROP TABLE {table}")
    run(f"ALTER TABLE rewritten_{table} RENAME TO {table}")
    for index in indexes:
        run(index)


def _with_constraint_names(
    text: str, table: str, changes: list[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Put checks before the primary key's constraint, which has a name in these tables."""
    named = f"CONSTRAINT pk_{table} PRIMARY KEY"
    return [
        (before.replace("PRIMARY KEY", named), now.replace("PRIMARY KEY", named))
        if named in text
        else (before, now)
        for before, now in changes
    ]


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.String(10), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("text", DOCUMENT, nullable=False),
        sa.CheckConstraint("side IN ('ours', 'theirs')", name=op.f("ck_notice_side")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_notice_sha256")),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_notice_wave_id")),
        sa.PrimaryKeyConstraint("wave_id", "side", "language", name=op.f("pk_notice")),
    )


def _anonymous() -> None:
    op.create_table(
        "open_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.String(10), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.String(12), nullable=False),
        sa.CheckConstraint("side IN ('ours', 'theirs')", name=op.f("ck_open_link_side")),
        sa.CheckConstraint("length(code) = 12", name=op.f("ck_open_link_code")),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_open_link_wave_id")),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_open_link_partner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_link")),
        sa.UniqueConstraint("code", name=op.f("uq_open_link_code")),
    )
    op.create_index("ix_open_link_wave_id", "open_link", ["wave_id"])
    op.create_index("ix_open_link_partner_id", "open_link", ["partner_id"])
    op.create_table(
        "participation",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("submitted", sa.Boolean(), nullable=False),
        sa.Column("declined", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_participation_wave_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_participation")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_participation_wave_id", "participation", ["wave_id"])
    op.create_table(
        "draft",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("answers", DOCUMENT, nullable=False),
        sa.Column("pages_done", sa.Integer(), nullable=False),
        sa.Column("item_order", DOCUMENT, nullable=True),
        sa.Column("autosaves", DOCUMENT, nullable=True),
        sa.CheckConstraint("pages_done >= 0", name=op.f("ck_draft_pages_done")),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_draft_wave_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_draft")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_draft_wave_id", "draft", ["wave_id"])
    _anonymous_answers()


def _anonymous_answers() -> None:
    op.create_table(
        "anonymous_answers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.String(10), nullable=False),
        sa.Column("instrument_id", sa.String(200), nullable=False),
        sa.Column("instrument_version", sa.String(64), nullable=False),
        sa.Column("answers", DOCUMENT, nullable=False),
        sa.Column("off_path", DOCUMENT, nullable=True),
        sa.Column("item_order", DOCUMENT, nullable=True),
        sa.Column("submitted_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("receipt_sha256", sa.String(64), nullable=False),
        sa.CheckConstraint("side IN ('ours', 'theirs')", name=op.f("ck_anonymous_answers_side")),
        sa.CheckConstraint(
            "length(receipt_sha256) = 64", name=op.f("ck_anonymous_answers_receipt")
        ),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["wave.id"], name=op.f("fk_anonymous_answers_wave_id")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_anonymous_answers_partner_id")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id", "instrument_version"],
            ["instrument.id", "instrument.version"],
            name=op.f("fk_anonymous_answers_instrument_id_instrument_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anonymous_answers")),
        sa.UniqueConstraint("receipt_sha256", name=op.f("uq_anonymous_answers_receipt_sha256")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_anonymous_answers_wave_id", "anonymous_answers", ["wave_id"])
    op.create_index("ix_anonymous_answers_partner_id", "anonymous_answers", ["partner_id"])


# Triggers ------------------------------------------------------------------------------


def _drop_sqlite_triggers() -> None:
    run = op.get_bind().exec_driver_sql
    names = run("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
    for name in names:
        run(f"DROP TRIGGER {name}")


def _drop_postgresql_triggers() -> None:
    run = op.get_bind().exec_driver_sql
    rows = run(
        "SELECT tgname, tgrelid::regclass::text, tgfoid::regproc::text FROM pg_trigger "
        "WHERE NOT tgisinternal AND left(tgname::text, 6) = 'tillit'"
    ).all()
    for name, table, _ in rows:
        run(f"DROP TRIGGER {name} ON {table}")
    for function in sorted({function for _, _, function in rows}):
        run(f"DROP FUNCTION {function}()")


def _mode(row: str) -> str:
    return (
        "(SELECT study.privacy_mode FROM study JOIN wave ON wave.study_id = study.id "
        f"WHERE wave.id = {row}.wave_id)"
    )


def _same(columns: tuple[str, ...], different: str) -> str:
    return " OR ".join(f"NEW.{column} {different} OLD.{column}" for column in columns)


def _closed_change(different: str) -> str:
    """What may not change in a closed wave, unless its data got a new version."""
    kept = _same(
        ("id", "study_id", "number", "status", "opened_at", "closed_at", "keep_until"), different
    )
    return (
        f"({kept} OR (NEW.snapshot_sha256 {different} OLD.snapshot_sha256 "
        "AND NEW.data_version <> OLD.data_version + 1))"
    )


def _withdrawal(different: str, empty: str, kept: tuple[str, ...]) -> str:
    """A submitted row that becomes an empty, withdrawn one."""
    return (
        "(OLD.withdrawn_on IS NULL AND NEW.withdrawn_on IS NOT NULL "
        f"AND NEW.answers = {empty} AND NEW.off_path IS NULL AND NOT ({_same(kept, different)}))"
    )


ASSESSMENT_KEPT = ("id", "participant_id", "partner_id", "wave_id", "receipt")
ANONYMOUS_KEPT = ("id", "wave_id", "partner_id", "side", "submitted_on", "receipt_sha256")


def _sqlite_triggers() -> None:
    status = "(SELECT status FROM wave WHERE id = NEW.wave_id)"
    withdrawal = _withdrawal("IS NOT", "'{}'", ASSESSMENT_KEPT)
    rows = [
        (
            "study_frozen BEFORE UPDATE ON study",
            f"({_same(FROZEN, 'IS NOT')}) AND EXISTS "
            "(SELECT 1 FROM wave WHERE study_id = OLD.id AND status <> 'draft')",
            STUDY,
        ),
        (
            "wave_moves_on BEFORE UPDATE ON wave",
            f"(OLD.status = 'closed' AND {_closed_change('IS NOT')}) OR "
            "(OLD.status, NEW.status) IN (VALUES ('open', 'draft'), ('draft', 'closed'))",
            WAVE,
        ),
        ("answers_begin BEFORE INSERT ON assessment", f"{status} IS NOT 'open'", INSERT),
        (
            "answers_attributed BEFORE INSERT ON assessment",
            f"{_mode('NEW')} IS 'anonymous'",
            ATTRIBUTED,
        ),
        (
            "answers_stand BEFORE UPDATE ON assessment",
            f"CASE WHEN OLD.submitted_at IS NULL THEN {status} IS NOT 'open' "
            f"ELSE NOT {withdrawal} END",
            UPDATE,
        ),
        ("instrument_stands BEFORE UPDATE ON instrument", "1", INSTRUMENT),
        ("notice_stands BEFORE UPDATE ON notice", "1", NOTICE),
        (
            "anonymous_stand BEFORE UPDATE ON anonymous_answers",
            f"NOT {_withdrawal('IS NOT', repr('{}'), ANONYMOUS_KEPT)}",
            UPDATE,
        ),
        ("draft_open BEFORE UPDATE ON draft", f"{status} IS NOT 'open'", UPDATE),
        ("participation_open BEFORE UPDATE ON participation", f"{status} IS NOT 'open'", UPDATE),
    ]
    for table in ("draft", "anonymous_answers"):
        rows.append((f"{table}_begin BEFORE INSERT ON {table}", f"{status} IS NOT 'open'", INSERT))
    for table in ANONYMOUS:
        rows.append(
            (
                f"{table}_unattributed BEFORE INSERT ON {table}",
                f"{_mode('NEW')} IS NOT 'anonymous'",
                UNATTRIBUTED,
            )
        )
    _make_sqlite(rows)


def _make_sqlite(rows: list[tuple[str, str, str]]) -> None:
    for head, condition, message in rows:
        op.execute(
            f"CREATE TRIGGER tillit_{head} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def _raise(condition: str, message: str) -> str:
    return (
        f"IF {condition} THEN RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'; "
        "END IF;\n"
    )


# FOR SHARE: whoever closes the wave waits for this answer, or this answer for the closing.
OPEN_HERE = "(SELECT status FROM wave WHERE id = NEW.wave_id FOR SHARE) IS DISTINCT FROM 'open'"


def _postgresql_triggers() -> None:
    other = "IS DISTINCT FROM"
    attributed = _withdrawal(other, "'{}'::jsonb", ASSESSMENT_KEPT)
    unattributed = _withdrawal(other, "'{}'::jsonb", ANONYMOUS_KEPT)
    only_anonymous = _raise(f"{_mode('NEW')} {other} 'anonymous'", UNATTRIBUTED)
    _make_postgresql(
        (
            "study_frozen",
            "UPDATE",
            "study",
            _raise(
                f"({_same(FROZEN, other)}) AND EXISTS "
                "(SELECT 1 FROM wave WHERE study_id = OLD.id AND status <> 'draft')",
                STUDY,
            ),
        ),
        (
            "wave_moves_on",
            "UPDATE",
            "wave",
            _raise(
                f"(OLD.status = 'closed' AND {_closed_change(other)}) OR "
                "(OLD.status, NEW.status) IN (('open', 'draft'), ('draft', 'closed'))",
                WAVE,
            ),
        ),
        (
            "answers_begin",
            "INSERT",
            "assessment",
            _raise(f"{_mode('NEW')} = 'anonymous'", ATTRIBUTED) + _raise(OPEN_HERE, INSERT),
        ),
        (
            "answers_stand",
            "UPDATE",
            "assessment",
            "IF OLD.submitted_at IS NULL THEN\n"
            + _raise(OPEN_HERE, UPDATE)
            + "ELSE\n"
            + _raise(f"NOT {attributed}", UPDATE)
            + "END IF;",
        ),
        ("instrument_stands", "UPDATE", "instrument", _raise("true", INSTRUMENT)),
        ("notice_stands", "UPDATE", "notice", _raise("true", NOTICE)),
        ("anonymous_stand", "UPDATE", "anonymous_answers", _raise(f"NOT {unattributed}", UPDATE)),
        (
            "anonymous_begin",
            "INSERT",
            "anonymous_answers",
            only_anonymous + _raise(OPEN_HERE, INSERT),
        ),
        ("draft_begin", "INSERT", "draft", only_anonymous + _raise(OPEN_HERE, INSERT)),
        ("draft_open", "UPDATE", "draft", _raise(OPEN_HERE, UPDATE)),
        ("participation_begin", "INSERT", "participation", only_anonymous),
        ("participation_open", "UPDATE", "participation", _raise(OPEN_HERE, UPDATE)),
        ("open_link_begin", "INSERT", "open_link", only_anonymous),
    )


def _make_postgresql(*rows: tuple[str, str, str, str]) -> None:
    for name, when, table, body in rows:
        op.execute(
            f"CREATE FUNCTION tillit_{name}() RETURNS trigger LANGUAGE plpgsql AS $$"
            f"BEGIN {body} RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER tillit_{name} BEFORE {when} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION tillit_{name}()"
        )


# The triggers of 0001, for going back --------------------------------------------------


def _sqlite_triggers_before() -> None:
    status = "(SELECT status FROM wave WHERE id = NEW.wave_id)"
    _make_sqlite(
        [
            (
                "study_frozen BEFORE UPDATE ON study",
                f"({_same(FROZEN_BEFORE, 'IS NOT')}) AND EXISTS "
                "(SELECT 1 FROM wave WHERE study_id = OLD.id AND status <> 'draft')",
                STUDY_BEFORE,
            ),
            (
                "wave_moves_on BEFORE UPDATE ON wave",
                "OLD.status = 'closed' OR (OLD.status, NEW.status) IN "
                "(VALUES ('open', 'draft'), ('draft', 'closed'))",
                WAVE,
            ),
            ("answers_begin BEFORE INSERT ON assessment", f"{status} IS NOT 'open'", INSERT),
            (
                "answers_stand BEFORE UPDATE ON assessment",
                f"OLD.submitted_at IS NOT NULL OR {status} IS NOT 'open'",
                UPDATE,
            ),
            ("instrument_stands BEFORE UPDATE ON instrument", "1", INSTRUMENT),
        ]
    )


def _postgresql_triggers_before() -> None:
    frozen = _raise(
        f"({_same(FROZEN_BEFORE, 'IS DISTINCT FROM')}) AND EXISTS "
        "(SELECT 1 FROM wave WHERE study_id = OLD.id AND status <> 'draft')",
        STUDY_BEFORE,
    )
    moves = _raise(
        "OLD.status = 'closed' OR (OLD.status, NEW.status) IN "
        "(('open', 'draft'), ('draft', 'closed'))",
        WAVE,
    )
    stand = _raise(OPEN_HERE, INSERT) + _raise(
        "TG_OP = 'UPDATE' AND OLD.submitted_at IS NOT NULL", UPDATE
    )
    _make_postgresql(
        ("study_frozen", "UPDATE", "study", frozen),
        ("wave_moves_on", "UPDATE", "wave", moves),
        ("answers_stand", "INSERT OR UPDATE", "assessment", stand),
        ("instrument_stands", "UPDATE", "instrument", _raise("true", INSTRUMENT)),
    )
