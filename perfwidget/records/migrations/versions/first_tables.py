"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "first"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "organizations",
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("organization_id"),
    )
    op.create_table(
        "audit_log",
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=True),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=True),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "number"),
    )
    op.create_table(
        "people",
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "person"),
    )
    op.create_index("people_user_id", "people", ["organization_id", "user_id"], unique=True)
    op.create_table(
        "texts",
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "sha256", "person"),
    )
    op.create_table(
        "pay_terms",
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("pay_from", sa.Text, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("count_rejected", sa.Boolean, nullable=False),
        sa.Column("count_predictions", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("organization_id"),
    )
    op.create_table(
        "rate_cards",
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("card_id", sa.Integer, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("clock", sa.Text, nullable=True),
        sa.Column("cap_s", sa.BigInteger, nullable=True),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("whom", sa.Text, nullable=False),
        sa.Column("whom_id", sa.Text, nullable=True),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("place_id", sa.Text, nullable=True),
        sa.Column("valid_from", sa.Text, nullable=False),
        sa.Column("valid_until", sa.Text, nullable=True),
        sa.Column("written_at", sa.BigInteger, nullable=False),
        sa.Column("voided", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "card_id"),
    )
    op.create_table(
        "pay_holds",
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "kind", "item_id"),
    )
    op.create_table(
        "pay_adjustments",
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("statement", sa.Integer, nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "number"),
    )
    op.create_table(
        "pay_statements",
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("first", sa.Text, nullable=False),
        sa.Column("last", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("acted_by", sa.Text, nullable=False),
        sa.Column("acted_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "number"),
    )
    op.create_index("pay_statements_person", "pay_statements", ["organization_id", "person"], unique=False)
    op.create_table(
        "pay_totals",
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("statement", sa.Integer, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("paid_on", sa.Text, nullable=True),
        sa.Column("reference", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "statement", "currency"),
    )
    op.create_table(
        "pay_settled",
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("statement", sa.Integer, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("card_id", sa.Integer, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("work_day", sa.Text, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=True),
        sa.Column("begins", sa.BigInteger, nullable=True),
        sa.Column("ends", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "kind", "item_id", "step"),
    )
    op.create_index("pay_settled_card", "pay_settled", ["organization_id", "card_id", "work_day"], unique=False)
    op.create_index("pay_settled_person", "pay_settled", ["organization_id", "person"], unique=False)
    op.create_index("pay_settled_statement", "pay_settled", ["organization_id", "statement"], unique=False)
    op.create_table(
        "pay_told",
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("statement", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "kind", "item_id", "person", "number"),
    )
    op.create_index("pay_told_person", "pay_told", ["organization_id", "person"], unique=False)
    op.create_index("pay_told_statement", "pay_told", ["organization_id", "statement"], unique=False)
