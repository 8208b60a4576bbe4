"""Datasets in the database. A version counts a dataset's changes, so that nobody writes over what they haven't seen."""

import time

from sqlalchemy import select, update

from danlu.store.database import Database, new_id
from danlu.store.folder import dataset_folder
from danlu.store.records import DatasetRecord
from danlu.store.tables import DatasetRow


class OutdatedError(Exception):
    """Somebody else has changed the dataset since."""

    def __init__(self, version: int) -> None:
        self.version = version
        """Its version now."""
        super().__init__(f"the dataset is at version {version}")


def new_dataset(owner: str, name: str) -> DatasetRecord:
    """What a new dataset is to be; neither its row nor its folder is there yet."""
    now, made = time.time(), new_id()
    return DatasetRecord(
        id=made,
        owner_id=owner,
        name=name,
        folder=dataset_folder(name, made),
        version=1,
        created_at=now,
        changed_at=now,
    )


def add_dataset(database: Database, dataset: DatasetRecord) -> DatasetRecord:
    """A new dataset, whose folder is there already."""
    with database.writing() as session:
        session.add(DatasetRow(**dataset.model_dump()))
    return dataset


def list_datasets(database: Database, owner: str) -> list[DatasetRecord]:
    """Somebody's datasets, what was changed last at the top."""
    query = select(DatasetRow).where(DatasetRow.owner_id == owner).order_by(DatasetRow.changed_at.desc())
    with database.reading() as session:
        return [DatasetRecord.model_validate(row) for row in session.scalars(query)]


def find_dataset(database: Database, owner: str, dataset_id: str) -> DatasetRecord | None:
    """Somebody's dataset, or None."""

    def load() -> DatasetRecord | None:
        with database.reading() as session:
            row = session.get(DatasetRow, dataset_id)
            return DatasetRecord.model_validate(row) if row is not None and row.owner_id == owner else None

    return database.known(("dataset", owner, dataset_id), load)


def rename_dataset(database: Database, dataset_id: str, name: str) -> None:
    """Call a dataset otherwise; its folder stays."""
    with database.writing() as session:
        session.execute(update(DatasetRow).where(DatasetRow.id == dataset_id).values(name=name))


def advance_dataset(database: Database, dataset_id: str, version: int | None) -> int:
    """Count a change that is about to be made; returns the new version. Raises `OutdatedError` if `version` isn't the
    dataset's any more; None takes whatever it is.
    """
    with database.writing() as session:
        row = session.get_one(DatasetRow, dataset_id)
        if version is not None and row.version != version:
            raise OutdatedError(row.version)
        row.version += 1
        row.changed_at = time.time()
        return row.version


def drop_dataset(database: Database, dataset_id: str) -> None:
    """Forget a dataset; its jobs and runs stay."""
    with database.writing() as session:
        row = session.get(DatasetRow, dataset_id)
        if row is not None:
            session.delete(row)
