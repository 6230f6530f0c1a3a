"""Runs the history on the connection it is handed; see `parlance.store.migrating`."""

from alembic import context

from parlance.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # The caller's transaction holds the whole history: SQLite can undo the making of tables, as PostgreSQL can.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
