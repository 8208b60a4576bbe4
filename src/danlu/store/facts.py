"""What holds for the whole studio, whoever owns what: where its folder lay last, whether its queue is paused."""

from typing import Any, Literal

from danlu.store.database import Database
from danlu.store.tables import FactRow

Fact = Literal["root", "queue_paused"]


def read_fact(database: Database, name: Fact) -> Any:
    """Its value; None if it was never written."""

    def load() -> Any:
        with database.reading() as session:
            row = session.get(FactRow, name)
            return row.value if row is not None else None

    return database.known(("fact", name), load)


def write_fact(database: Database, name: Fact, value: str | bool) -> None:
    """Write it."""
    with database.writing() as session:
        session.merge(FactRow(name=name, value=value))
