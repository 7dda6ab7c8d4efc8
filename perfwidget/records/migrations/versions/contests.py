"""Contests of statements, and acknowledging them."""

import sqlalchemy as sa
from alembic import op

revision = "contests"
down_revision = "first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.add_column("pay_statements", sa.Column("acknowledged_at", sa.BigInteger, nullable=True))
    op.create_table(
        "pay_contests",
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("statement", sa.Integer, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("line", sa.Integer, nullable=True),
        sa.Column("kind", sa.Text, nullable=True),
        sa.Column("item_id", sa.Text, nullable=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("due", sa.Text, nullable=False),
        sa.Column("word", sa.Text, nullable=True),
        sa.Column("answer", sa.Text, nullable=True),
        sa.Column("answered_by", sa.Text, nullable=True),
        sa.Column("answered_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "number"),
    )
    op.create_index("pay_contests_statement", "pay_contests", ["organization_id", "statement"], unique=False)
