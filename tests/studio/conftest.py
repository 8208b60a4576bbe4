"""A studio in a folder of its own, asked as a browser would."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from danlu.store.folder import StudioFolder
from danlu.studio.app import make_app

HERE = "http://127.0.0.1:8288"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(make_app(StudioFolder(tmp_path / "studio"), lease_seconds=1), base_url=HERE) as asked:
        yield asked
