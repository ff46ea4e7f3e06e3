"""Which version of a reply our answer is to: one that was changed since waits for another."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let answers from before be to the reply as it stood on their day."""
    op.add_column("card_release", sa.Column("answered_times", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Forget which version it was; the day remains."""
    op.drop_column("card_release", "answered_times")
