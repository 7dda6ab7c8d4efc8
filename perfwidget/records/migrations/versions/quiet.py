"""What of a person's work need not be read again."""

import sqlalchemy as sa
from alembic import op

revision = "quiet"
down_revision = "contests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table(
        "pay_quiet",
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("look", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "person", "kind", "place"),
    )
    op.drop_index("pay_settled_person", "pay_settled")
    columns = ["organization_id", "person", "kind", "ends", "work_day", "project_id"]
    op.create_index("pay_settled_person", "pay_settled", columns, unique=False)
