"""How Alembic runs: within the transaction that `store.database` has opened."""

from alembic import context

from danlu.store.tables import Table

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Table.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
