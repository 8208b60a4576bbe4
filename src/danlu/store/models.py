"""Published models in the database."""

import time

from sqlalchemy import select, update

from danlu.store.database import Database
from danlu.store.records import ModelRecord
from danlu.store.tables import ModelRow


def add_model(database: Database, model: ModelRecord) -> ModelRecord:
    """A new model, whose folder is there already."""
    with database.writing() as session:
        session.add(ModelRow(**model.model_dump()))
    return model


def list_models(database: Database, owner: str, *, run_id: str | None = None) -> list[ModelRecord]:
    """Somebody's models (of a run, or all), the newest first."""
    query = select(ModelRow).where(ModelRow.owner_id == owner).order_by(ModelRow.created_at.desc())
    if run_id is not None:
        query = query.where(ModelRow.run_id == run_id)
    with database.reading() as session:
        return [ModelRecord.model_validate(row) for row in session.scalars(query)]


def find_model(database: Database, owner: str, model_id: str) -> ModelRecord | None:
    """Somebody's model, or None."""
    with database.reading() as session:
        row = session.get(ModelRow, model_id)
        return ModelRecord.model_validate(row) if row is not None and row.owner_id == owner else None


def change_model(database: Database, model_id: str, *, name: str, listed: bool) -> None:
    """Call a model otherwise, list it or not; its folder stays."""
    changes = {"name": name, "listed": listed, "changed_at": time.time()}
    with database.writing() as session:
        session.execute(update(ModelRow).where(ModelRow.id == model_id).values(**changes))


def drop_model(database: Database, model_id: str) -> None:
    """Forget a model."""
    with database.writing() as session:
        row = session.get(ModelRow, model_id)
        if row is not None:
            session.delete(row)
