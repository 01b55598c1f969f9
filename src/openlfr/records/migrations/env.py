"""Alembic runs this with the connection that `openlfr.records.migrate` opened and locked."""

from alembic import context

from openlfr.records.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    # SQLite cannot alter most of a table in place: Alembic copies it. Triggers must then be made again by hand.
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
