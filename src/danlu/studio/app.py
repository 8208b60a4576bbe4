"""The application: routes, guard, problems, and the worker that lives as long as it does."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.routing import APIRoute

from danlu.jobs.worker import Worker
from danlu.store.database import open_database
from danlu.store.folder import StudioFolder
from danlu.store.relocation import settle_folder
from danlu.studio.context import Studio
from danlu.studio.guard import Guard
from danlu.studio.heads import Heads
from danlu.studio.lengths import Lengths
from danlu.studio.problems import RESPONSES, add_problem_handlers
from danlu.studio.refusals import MOST_FILES
from danlu.studio.routes import (
    bases,
    datasets,
    drawings,
    health,
    history,
    jobs,
    judgement,
    machine,
    model_files,
    models,
    monitoring,
    pictures,
    presets,
    recipes,
    results,
    run_files,
    runs,
    storage,
    tagging,
    tags,
    uploads,
    web,
)

API = "/api"
ROUTERS = (
    *(
        datasets,
        pictures,
        uploads,
        tags,
        tagging,
        health,
        history,
        bases,
        recipes,
        presets,
        jobs,
        results,
        runs,
        judgement,
        run_files,
    ),
    *(drawings, models, model_files, machine, storage),
)


def make_app(folder: StudioFolder, *, lease_seconds: float = 10.0, alone: bool = False) -> FastAPI:
    """The application of a studio's folder. Its worker begins when it is served; `alone` says that whoever serves it
    holds the folder's lock.
    """
    database = open_database(folder.database)
    settle_folder(folder, database)
    studio = Studio(folder, database, Worker(folder, database, lease_seconds=lease_seconds, alone=alone))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        studio.closing.clear()
        studio.worker.start()
        yield
        studio.closing.set()
        studio.worker.stop()
        database.close()

    app = FastAPI(
        title="Danlu studio",
        version=version("danlu"),
        lifespan=lifespan,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # it would load scripts from elsewhere
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        responses=RESPONSES,
        form_limits={"max_files": MOST_FILES, "max_fields": 100},
    )
    app.state.studio = studio
    app.add_middleware(Heads)
    app.add_middleware(Lengths)
    app.add_middleware(Guard)
    add_problem_handlers(app)
    app.include_router(monitoring.router)
    for module in ROUTERS:
        app.include_router(module.router, prefix=API)
    web.add_web(app)
    return app


def _operation_id(route: APIRoute) -> str:
    """The function's name: what clients call the operation."""
    return route.name
