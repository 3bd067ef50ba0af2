"""What a migration hands to the functions that create the shared tables."""

from typing import Protocol

from sqlalchemy import Table
from sqlalchemy.schema import SchemaItem


class Operations(Protocol):
    """Alembic's `op`, as far as it is used; the module is not typed as an object of its own class."""

    def create_table(self, table_name: str, *columns: SchemaItem) -> Table:
        """Create a table."""
        ...

    def drop_table(self, table_name: str) -> None:
        """Drop a table."""
        ...

    def create_index(self, index_name: str | None, table_name: str, columns: list[str]) -> None:
        """Create an index."""
        ...
