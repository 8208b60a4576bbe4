"""The API keeps what its document says, whatever it is asked (schemathesis draws the requests)."""

from collections.abc import Iterator

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance

from danlu.jobs.worker import Worker
from danlu.store.folder import StudioFolder
from danlu.studio.app import make_app
from studio_client import make

HOST = "127.0.0.1:8288"
LEFT_OUT = {"memory", "seen", "get_run_events", "get_job_log_events", "put_settings", "get_machine", "delete_dataset"}
"""They begin processes, don't end, look at any folder of this machine, or take the dataset away."""


schemathesis.openapi.media_type("application/offset+octet-stream", st.binary(max_size=100))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A studio whose worker doesn't begin, so that jobs only wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "start", lambda _: None)
        yield TestClient(make_app(StudioFolder(tmp_path_factory.mktemp("studio"))), base_url=f"http://{HOST}")


def test_every_operation_keeps_its_word(client: TestClient) -> None:
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", client.app, headers={"host": HOST})
    known = make(client, a="ng, smile", b="ng")["id"]
    asked: set[str] = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        name = operation.definition.raw["operationId"]
        if name in LEFT_OUT:
            continue

        @settings(max_examples=3, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            if "dataset_id" in case.path_parameters:
                case.path_parameters["dataset_id"] = known
            if isinstance(case.body, dict) and "dataset_id" in case.body:
                case.body["dataset_id"] = known
            answer = case.call(headers={"host": HOST})
            assert answer.status_code < 500, answer.text
            # A request of the right form may still be refused: no such tag, a recipe that contradicts itself.
            case.validate_response(answer, excluded_checks=[positive_data_acceptance])

        ask()
        asked.add(name)
    assert {"get_pictures", "submit_job", "edit_dataset_tags", "plan"} <= asked and len(asked) > 40
