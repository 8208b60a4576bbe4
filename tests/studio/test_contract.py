"""The API keeps what its document says, whatever it is asked (schemathesis draws the requests)."""

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import settings

from danlu.store.folder import StudioFolder
from danlu.studio.app import make_app
from studio_client import make

HOST = "127.0.0.1:8288"
SLOW = ("/api/recipes/memory", "/api/runs/{run_id}/events")
"""One begins a process, the other doesn't end."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> object:
    app = make_app(StudioFolder(tmp_path_factory.mktemp("studio")))
    app.state.known = make(TestClient(app, base_url=f"http://{HOST}"), a="ng, smile", b="ng")["id"]
    return schemathesis.openapi.from_asgi("/api/openapi.json", app, headers={"host": HOST})


schema = schemathesis.pytest.from_fixture("api").exclude(path=list(SLOW)).exclude(operation_id="put_settings")


@schema.parametrize()
@settings(max_examples=4)
def test_every_operation_keeps_its_word(case: schemathesis.Case) -> None:
    if "dataset_id" in case.path_parameters and case.method != "DELETE":
        case.path_parameters["dataset_id"] = case.operation.app.state.known
    answer = case.call(headers={"host": HOST})
    assert answer.status_code < 500, answer.text
    case.validate_response(answer, excluded_checks=[schemathesis.checks.not_a_server_error])
    if answer.status_code >= 400:
        assert answer.headers["content-type"][0] == "application/problem+json"
