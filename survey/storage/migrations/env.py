"""Alembic's entry: runs revisions on the connection that survey.storage.schema hands over."""

from alembic import context

from survey.storage.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,  # holds for SQLite too: the engine begins the transaction itself
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
