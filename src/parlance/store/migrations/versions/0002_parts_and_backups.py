"""Messages in parts, routes that stand in for others, who is known to be on WhatsApp."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "parts",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stage", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("message_id", "part", name=op.f("pk_parts")),
        sqlite_with_rowid=False,
    )
    op.add_column("routes", sa.Column("backup", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.create_index("ix_routes_number", "routes", ["number"])
    op.add_column("customers", sa.Column("wa_id", _TEXT, server_default=sa.text("''"), nullable=False))
    op.add_column("outbox", sa.Column("part", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("outbox", sa.Column("route_id", sa.BigInteger(), nullable=True))
