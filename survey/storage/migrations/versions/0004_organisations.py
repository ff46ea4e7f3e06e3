"""What partners are to us, the groups they stand in, and the people we know there."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = (
    ("category", sa.String(200)),
    ("region", sa.String(200)),
    ("kraljic", sa.String(20)),
    ("revenue_share", sa.Double()),
    ("archived_on", sa.Date()),
)
RULES = {
    "kraljic": "kraljic IN ('strategic', 'leverage', 'bottleneck', 'routine')",
    "revenue_share": "revenue_share BETWEEN 0 AND 100",
}


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, kind in COLUMNS:
        if sqlite and name in RULES:
            # SQLite takes a constraint with a new column, and at no other time.
            rule = f"CONSTRAINT ck_partner_{name} CHECK ({RULES[name]})"
            written = kind.compile(op.get_bind().dialect)
            op.execute(f"ALTER TABLE partner ADD COLUMN {name} {written} {rule}")
        else:
            op.add_column("partner", sa.Column(name, kind))
    if not sqlite:
        for name, rule in RULES.items():
            op.create_check_constraint(op.f(f"ck_partner_{name}"), "partner", rule)
    op.create_table(
        "partner_group",
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_partner_group_name")),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_partner_group_partner_id")
        ),
        sa.PrimaryKeyConstraint("partner_id", "name", name=op.f("pk_partner_group")),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("position", sa.String(200)),
        sa.CheckConstraint("name <> '' AND email <> ''", name=op.f("ck_contact_named")),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_contact_partner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("partner_id", "email", name=op.f("uq_contact_partner_id_email")),
    )


def downgrade() -> None:
    op.drop_table("contact")
    op.drop_table("partner_group")
    with op.batch_alter_table("partner") as batch:
        for name in RULES:
            batch.drop_constraint(op.f(f"ck_partner_{name}"), type_="check")
        for name, _ in reversed(COLUMNS):
            batch.drop_column(name)
