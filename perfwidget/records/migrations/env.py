"""What Alembic runs: the versions, in the transaction that is handed to it."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
