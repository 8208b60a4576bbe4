"""`danlu merge`, `resize`, `extract` and `convert` as a user and a program see them."""

import json
from pathlib import Path

import pytest

from adapter_making import make_adapter
from danlu.adapters.files import read_adapter
from danlu.adapters.kinds.loha import LoHa
from danlu.adapters.kinds.lora import LoRA
from danlu.families.find import find_base


@pytest.fixture
def files(base_folder: Path, tmp_path: Path) -> list[Path]:
    facts = find_base(str(base_folder))[1]
    return [
        make_adapter(facts, LoRA(rank=4, alpha=2), tmp_path / f"角色 {seed}.safetensors", seed=seed) for seed in (1, 2)
    ]


def test_merge_resize_convert(danlu, files: list[Path], tmp_path: Path) -> None:
    both, small, other = (tmp_path / f"{name}.safetensors" for name in ("both", "small", "other"))
    ran = danlu("merge", f"{files[0]}:0.5", files[1], "-o", both)
    assert ran.code == 0 and "rank 8" in ran.out and "All of the change is kept." in ran.out
    ran = danlu("resize", both, "--rank", 3, "-o", small, "--lang", "zh")
    assert ran.code == 0 and "rank 3" in ran.out and "的改变量" in ran.out and "\x1b" not in ran.out
    told = json.loads(danlu("resize", both, "--keep", 0.8, "-o", small, "--overwrite", "--json").out)
    assert told["kept"] >= 0.8 and told["path"] == str(small) and told["bytes"] == small.stat().st_size
    layers = read_adapter(small).layers
    assert {name: one["rank"] for name, one in told["layers"].items()} == {
        name: len(layer["lora_down.weight"]) for name, layer in layers.items()
    }
    told = json.loads(danlu("convert", small, "-o", other, "--json").out)
    assert told["layout"] == "diffusers" and told["layers"] == len(layers)
    seen = json.loads(danlu("inspect", other, "--json").out)
    assert (seen["layout"], seen["family"], seen["adapter_kind"]) == ("diffusers", "Stable Diffusion 1.x", "lora")
    ran = danlu("convert", other, "--to", "kohya", "-o", tmp_path / "back.safetensors")
    assert ran.code == 0 and "'kohya'" in ran.out
    assert (tmp_path / "back.safetensors").read_bytes() == small.read_bytes()


def test_into_a_base_and_out_of_it_again(danlu, files: list[Path], base_folder: Path, tmp_path: Path) -> None:
    whole, lora = tmp_path / "whole.safetensors", tmp_path / "lora.safetensors"
    ran = danlu("merge", f"{files[0]}:0.5", "--into", base_folder, "-o", whole)
    layers = len(read_adapter(files[0]).layers)
    assert ran.code == 0 and f"{layers} changed weights" in ran.out
    told = json.loads(danlu("merge", files[0], "--into", base_folder, "-o", whole, "--overwrite", "--json").out)
    assert told == {"path": str(whole), "bytes": whole.stat().st_size, "changed": layers, "notes": []}
    ran = danlu("extract", whole, "--base", base_folder, "--rank", 4, "-o", lora)
    assert ran.code == 0 and f"{layers} layers, rank 4, fp16" in ran.out and "elsewhere" not in ran.out
    told = json.loads(
        danlu("extract", whole, "--base", base_folder, "--rank", 2, "-o", lora, "--overwrite", "--json").out
    )
    assert told["ranks"] == [2] and 0.5 < told["kept"] < 1 and told["elsewhere"] == 0 and told["unchanged"] == 0


def test_mistakes_are_told_before_anything_is_written(
    danlu, files: list[Path], base_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.safetensors"
    loha = make_adapter(find_base(str(base_folder))[1], LoHa(rank=2), tmp_path / "loha.safetensors")

    def mistake(*arguments: object) -> str:
        ran = danlu(*arguments, "-o", out)
        assert ran.code == 2 and not out.exists(), ran
        return ran.err

    assert "--rank, --keep or --ratio" in mistake("resize", files[0])
    assert "--keep must be from 0" in mistake("resize", files[0], "--keep", 2)
    assert "--rank has no effect with --into" in mistake("merge", files[0], "--into", base_folder, "--rank", 2)
    assert "--conv-rank has no effect" in mistake("extract", "x", "--base", base_folder, "--rank", 2, "--conv-rank", 2)
    assert "Give --base." in mistake("merge", files[0], loha, "--rank", 4)
    assert "doesn't exist" in mistake("merge", "nowhere.safetensors:0.5", files[0])
    assert "can't be added up" in mistake("resize", loha, "--rank", 2)
    assert "already" in mistake("convert", files[0], "--to", "kohya")
    before = files[1].read_bytes()
    ran = danlu("merge", files[0], files[1], "-o", files[1])
    assert ran.code == 2 and "--overwrite" in ran.err
    ran = danlu("merge", files[0], files[1], "-o", files[1], "--overwrite")
    assert ran.code == 2 and "one of the files that are read" in ran.err
    assert files[1].read_bytes() == before
