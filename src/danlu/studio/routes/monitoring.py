"""For monitors, at the addresses where they look; not a part of the API."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from danlu.studio.context import TheStudio
from danlu.studio.monitoring import health_of, metrics_of

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def get_health(studio: TheStudio) -> Response:
    """200 if all is well, 503 if not; what isn't stands in the answer."""
    health = health_of(studio)
    return JSONResponse(health.model_dump(), 200 if health.status == "ok" else 503, {"Cache-Control": "no-store"})


@router.get("/metrics")
def get_metrics(studio: TheStudio) -> Response:
    """Figures in Prometheus' text format."""
    return Response(metrics_of(studio), media_type="text/plain; version=0.0.4", headers={"Cache-Control": "no-store"})
