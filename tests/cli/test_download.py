"""`danlu download` as a user sees it."""

from pathlib import Path

import pytest

from danlu.recipe import parse_recipe
from small_hub import serving
from tiny_tagger import make_tagger


def test_downloads_and_says_what_to_write(danlu, base_folder: Path, tmp_path: Path, monkeypatch) -> None:
    import tomllib

    monkeypatch.delenv("HF_TOKEN", raising=False)
    with serving() as hub:
        hub.add_folder("owner/tiny", base_folder)
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        ran = danlu("download", "owner/tiny", "-o", tmp_path / "底模")
        assert ran.code == 0, ran.err
        assert f"owner/tiny (451f4fe1) at {hub.endpoint}" in ran.err
        assert "Licence: creativeml-openrail-m, see https://huggingface.co/owner/tiny" in ran.err
        assert "unet/diffusion_pytorch_model.safetensors" in ran.err
        line = next(line for line in ran.out.splitlines() if "base.path" in line)
        recipe = parse_recipe({**tomllib.loads(line), "dataset": {"path": "x"}}, "x")
        assert Path(recipe.base.path) == tmp_path / "底模" / "tiny"
        assert danlu("inspect", recipe.base.path).code == 0

        again = danlu("--lang", "zh", "download", "owner/tiny", "-o", tmp_path / "底模", "--mirror", hub.endpoint)
        assert again.code == 0 and "已保存到" in again.out and "diffusion_pytorch_model" not in again.err


def test_a_tagger_is_ready_to_tag(danlu, tmp_path: Path, dataset: Path) -> None:
    folder = make_tagger(tmp_path / "made")
    with serving() as hub:
        hub.add("owner/wd", {file.name: file.read_bytes() for file in folder.iterdir()})
        ran = danlu("download", "owner/wd", "-o", tmp_path / "models", "--mirror", hub.endpoint)
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[-1] == f"danlu tag PICTURES --tagger {tmp_path / 'models' / 'wd'}"
    assert danlu("tag", dataset, "--tagger", tmp_path / "models" / "wd", "--dry-run").code == 0


@pytest.mark.parametrize("name", ["stable-diffusion", "a/b:model.ckpt"])
def test_a_wrong_name_is_one_sentence(danlu, name: str) -> None:
    with serving() as hub:
        hub.add("a/b", {"model.ckpt": b"x"})
        ran = danlu("download", name, "--mirror", hub.endpoint)
    assert ran.code == 2 and ran.err.count("Error: ") == 1 and ran.out == ""
