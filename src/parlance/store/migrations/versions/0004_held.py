"""Finding the senders that let nothing leave, and those of one account, among very many."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_HELD = sa.text("held <> ''")


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("ix_senders_account", "senders", ["account_id", "id"])
    op.create_index("ix_senders_held", "senders", ["id"], sqlite_where=_HELD, postgresql_where=_HELD)
    op.create_index("ix_routes_held", "routes", ["sender_id"], sqlite_where=_HELD, postgresql_where=_HELD)
