"""What the tests of import start from."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from mixed_pictures import make_mixed_zip


@pytest.fixture(scope="session")
def mixed_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newcomer's zip, once."""
    return make_mixed_zip(tmp_path_factory.mktemp("mixed"))


@pytest.fixture
def put() -> Callable[..., Path]:
    """`put(path, colour=0, caption=None)`: a small picture, other for each colour, with a caption beside it."""

    def write(path: Path, colour: int = 0, caption: str | None = None) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (12, 8), (colour % 256, colour // 256, 9)).save(path)
        if caption is not None:
            path.with_suffix(".txt").write_text(caption, encoding="utf-8")
        return path

    return write
