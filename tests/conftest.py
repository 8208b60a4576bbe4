"""What every test starts from: English, a cache of its own, no network, one thread."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Before any library reads them.
os.environ.update({"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"})
os.environ.pop("FORCE_COLOR", None)

from danlu.kit.language import set_language
from small_world import make_dataset
from tiny_base import make_base_folder

# A shell without job control lets what it starts in the background ignore Ctrl-C, and everything that this starts too.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A deadline would judge how busy the machine is; the integration server draws the same examples every time.
settings.register_profile(
    "danlu", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("danlu")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test reads or fills the user's cache."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DANLU_CACHE", str(folder))
        patch.setenv("DANLU_LANG", "en")
        yield folder


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Each test begins in English, whatever the one before chose."""
    set_language(None)
    yield
    set_language(None)


@pytest.fixture(scope="session")
def base_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base with random weights, once for all tests that only read it."""
    return make_base_folder(tmp_path_factory.mktemp("底模 base") / "tiny")


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small dataset, once for all tests that only read it."""
    return make_dataset(tmp_path_factory.mktemp("data") / "数据 集")
