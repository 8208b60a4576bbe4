"""The database: opened, brought to its newest form, and read or written in transactions.

SQLite in WAL mode: readers never wait, writers queue. A transaction that writes takes its place in the queue when it
begins (BEGIN IMMEDIATE), so that what it reads is still true when it writes.
"""

import secrets
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session

from danlu.kit.errors import UserError
from danlu.store.records import LOCAL_OWNER
from danlu.store.tables import UserRow

T = TypeVar("T")
_WAIT_SECONDS = 30


class Database:
    """A studio's database."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._readers = create_engine(f"sqlite:///{file}", connect_args={"timeout": _WAIT_SECONDS})
        self._writers = self._readers.execution_options(begin="BEGIN IMMEDIATE")
        self._reading: ContextVar[Session | None] = ContextVar("reading", default=None)
        event.listen(self._readers, "connect", _set_up)
        event.listen(self._readers, "begin", _begin)
        _migrate(self._writers, file)
        # SQLite tells a connection of the changes of all others; this one never makes any.
        self._watcher = sqlite3.connect(file, check_same_thread=False)
        self._watching = Lock()
        self._kept: dict[tuple[str, ...], Any] = {}
        self._kept_at = -1

    @contextmanager
    def reading(self) -> Generator[Session]:
        """A session that sees one state of the database; those within it are the same."""
        if (outer := self._reading.get()) is not None:
            yield outer
            return
        with Session(self._readers, expire_on_commit=False) as session, session.begin():
            token = self._reading.set(session)
            try:
                yield session
            finally:
                self._reading.reset(token)

    @contextmanager
    def writing(self) -> Generator[Session]:
        """A session that is alone in writing; committed if the block ends well."""
        with Session(self._writers, expire_on_commit=False) as session, session.begin():
            yield session

    def stamp(self) -> int:
        """Another number after every change, whoever made it: what was read at the same number is still true."""
        with self._watching:
            return self._watcher.execute("PRAGMA data_version").fetchone()[0]

    def known(self, key: tuple[str, ...], load: Callable[[], T]) -> T:
        """What `load` reads under a key, kept until anything changes.

        It reads the database as it is now, also within a `reading` that began earlier, whose state may be older.
        """
        stamp = self.stamp()
        with self._watching:
            if self._kept_at != stamp:
                self._kept, self._kept_at = {}, stamp
            kept = self._kept
        if key not in kept:
            token = self._reading.set(None)
            try:
                kept[key] = load()
            finally:
                self._reading.reset(token)
        return kept[key]

    def close(self) -> None:
        """Close all connections."""
        self._watcher.close()
        self._readers.dispose()


def open_database(file: Path) -> Database:
    """Open or make a database in its newest form, with its local owner."""
    database = Database(file)
    with database.writing() as session:
        if session.get(UserRow, LOCAL_OWNER) is None:
            session.add(UserRow(id=LOCAL_OWNER, name=LOCAL_OWNER, settings={}, created_at=time.time()))
    return database


def new_id() -> str:
    """A name for a new row that tells nothing."""
    return secrets.token_hex(6)


def _set_up(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin as `_begin` says, not when the driver sees fit
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _migrate(engine: Engine, file: Path) -> None:
    """Bring the tables to their newest form. Raises `UserError` if a newer Danlu wrote the file."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise UserError(
                f"'{file}' was written by a newer version of Danlu: update Danlu, or give another folder with --data.",
                f"“{file}”由更新版本的 Danlu 写入：请升级 Danlu，或用 --data 指定其他文件夹。",
            ) from error
