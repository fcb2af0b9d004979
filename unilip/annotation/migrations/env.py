"""Run by alembic, with the connection and the open transaction of `unilip.annotation.database`."""

from alembic import context

from unilip.annotation.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
