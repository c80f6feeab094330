"""What Alembic runs to reach the database: always over a connection of ours, in a transaction of ours."""

from __future__ import annotations

from alembic import context

from publisher.store.tables import metadata


def run() -> None:
    """Run the migrations in the transaction that the caller has begun."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    context.run_migrations()


run()
