"""What must start at once doesn't load what is heavy: the command line, the recipe, everything that lists choices."""

import pkgutil
import subprocess
import sys

import pytest

import danlu
from danlu.kit.variants import Variant

HEAVY = ("torch", "diffusers", "transformers", "onnxruntime", "cv2", "tensorboard", "ray", "scipy")
LIGHT_PACKAGES = (
    *("danlu.cli", "danlu.kit", "danlu.rundir", "danlu.datasets"),
    *("danlu.store", "danlu.jobs", "danlu.studio", "danlu.client"),
)


def light_modules() -> list[str]:
    found = ["danlu.recipe"]
    for module in pkgutil.walk_packages(danlu.__path__, "danlu."):
        inside = any(module.name.startswith(f"{package}.") for package in LIGHT_PACKAGES)
        if module.name.startswith("danlu.store.migrations"):
            continue  # Alembic runs these
        if (inside or ".kinds." in module.name) and not module.ispkg:
            found.append(module.name)
    return found


def loaded_by(code: str) -> set[str]:
    """The heavy libraries that a fresh interpreter has loaded after running `code`."""
    script = f"{code}\nimport sys\nprint(*sorted({HEAVY!r} & sys.modules.keys()))".replace(
        repr(HEAVY), f"set({HEAVY!r})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_light_modules_load_nothing_heavy() -> None:
    # These modules look at pixels: they are imported by the functions that need them.
    seeing = {"danlu.cropping.subject", "danlu.cropping.network", "danlu.datasets.duplicates"}
    modules = [name for name in light_modules() if name not in seeing]
    assert loaded_by("\n".join(f"import {name}" for name in modules)) == set()


@pytest.mark.parametrize("arguments", ["--help", "train --help", "--version", "--lang zh plan --help"])
def test_help_loads_nothing_heavy(arguments: str) -> None:
    code = (
        "import io, contextlib\nfrom danlu.cli.main import run\n"
        f"with contextlib.redirect_stdout(io.StringIO()):\n    assert run({arguments.split()!r}) == 0"
    )
    assert loaded_by(code) == set()


def test_kinds_are_variants() -> None:
    for module in pkgutil.walk_packages(danlu.__path__, "danlu."):
        if ".kinds." in module.name:
            found = vars(sys.modules.get(module.name) or __import__(module.name, fromlist=["_"]))
            kinds = [
                one.model_fields["kind"].default
                for one in found.values()
                if isinstance(one, type)
                and issubclass(one, Variant)
                and one.__module__ == module.name
                and "kind" in one.model_fields
            ]
            assert kinds == [module.name.rpartition(".")[2]], f"{module.name}: one kind, named as its module"
