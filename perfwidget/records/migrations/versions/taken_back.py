"""Adjustments that are taken back."""

import sqlalchemy as sa
from alembic import op

revision = "taken_back"
down_revision = "quiet"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.add_column("pay_adjustments", sa.Column("taken_back", sa.Text, nullable=True))
