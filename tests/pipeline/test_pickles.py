"""Pickles become safetensors if they hold tensors alone; what else they bring along is never run."""

import os
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from danlu.adapters.files import read_adapter
from danlu.cli.main import run
from danlu.families.find import find_base, load_base
from danlu.kit.errors import UserError
from danlu.pipeline.convert import convert_pickle
from danlu.weights.pickles import read_pickle
from tiny_families import make_pipeline, save_single_file


class Trap:
    """Touches a file when it is unpickled by a reader that trusts."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, torch.Tensor]]:
    """A checkpoint of Stable Diffusion 1 as they were passed around in 2022."""
    folder = tmp_path_factory.mktemp("old")
    tensors = load_file(save_single_file(make_pipeline("sd15"), folder / "a.safetensors"))
    path = folder / "旧 old.ckpt"
    shared = {**tensors, "model_ema.twice": next(iter(tensors.values()))}
    torch.save({"epoch": 3, "state_dict": OrderedDict(shared)}, path)
    return path, tensors


def test_a_base_is_told_and_converted(checkpoint: tuple[Path, dict[str, torch.Tensor]], tmp_path: Path) -> None:
    path, tensors = checkpoint
    with pytest.raises(UserError, match=r"is a pickle.*danlu convert '.*旧 old\.ckpt' -o '旧 old\.safetensors'"):
        find_base(str(path))
    out = tmp_path / "new.safetensors"
    made = convert_pickle(path, out)
    assert made.count == len(tensors) + 1 and "epoch" in made.notes[0].en
    written = load_file(out)
    assert all(torch.equal(written[name], tensor) for name, tensor in tensors.items())
    assert load_base(str(out), dtype=torch.float32).facts.family == "sd15"


@pytest.mark.parametrize("zipped", [True, False])
def test_nothing_is_run(tmp_path: Path, zipped: bool) -> None:
    path, trap = tmp_path / "a.ckpt", tmp_path / "touched"
    values = {"state_dict": {"a": torch.ones(2)}, "callbacks": Trap(trap)}
    torch.save(values, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(UserError, match="holds more than tensors") as caught:
        convert_pickle(path, tmp_path / "out.safetensors")
    assert "除张量外" in caught.value.text.zh
    assert not trap.exists() and not (tmp_path / "out.safetensors").exists()


def test_an_old_lora(tmp_path: Path) -> None:
    layer = "lora_unet_mid_block_attentions_0_proj_in"
    tensors = {f"{layer}.lora_down.weight": torch.ones(2, 8), f"{layer}.lora_up.weight": torch.ones(8, 2)}
    torch.save(tensors, tmp_path / "a.pt", _use_new_zipfile_serialization=False)
    with pytest.raises(UserError, match="danlu convert"):
        read_adapter(tmp_path / "a.pt")
    assert run(["convert", str(tmp_path / "a.pt"), "-o", str(tmp_path / "a.safetensors")]) == 0
    assert list(read_adapter(tmp_path / "a.safetensors").layers) == [layer]


def test_what_is_not_whole_or_holds_nothing(tmp_path: Path, checkpoint: tuple[Path, object]) -> None:
    whole = checkpoint[0].read_bytes()
    for name, content in (("half.ckpt", whole[: len(whole) // 2]), ("start.pt", b"\x80\x02}q\x00.")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match=r"isn't a whole pickle|holds more than tensors"):
            convert_pickle(tmp_path / name, tmp_path / "out.safetensors")
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(UserError, match="no tensors by name"):
        convert_pickle(tmp_path / "list.pt", tmp_path / "out.safetensors")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x02.",  # nothing on the stack
        b"\x80\x02}]]s.",  # a list as a key
        b"\x80\x02]}b.",  # a state for a list
        b"\x80\x02h\xff.",  # what was never kept
        b"\x80\x02\x8b\xff\xff\xff\x7f",  # a number of 2 GiB
        b"\x80\x02" + b"(" * 100_000 + b"t" * 100_000 + b".",
        b"\x80\x02ctorch._utils\n_rebuild_parameter\n(K\x01tR.",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(K\x01K\x02K\x03K\x04K\x05K\x06tR.",
        b"\x80\x02cbuiltins\nbytearray\n(\x8a\x06\x00\x00\x00\x00\x00\x01tR.",  # a terabyte
    ],
)
@pytest.mark.parametrize("is_whole", [True, False])
def test_whatever_a_pickle_says_is_a_sentence(tmp_path: Path, content: bytes, is_whole: bool) -> None:
    path = tmp_path / "a.ckpt"
    path.write_bytes(content)
    if is_whole:  # in the archive that torch writes today
        torch.save({}, path)
        with zipfile.ZipFile(path) as old:
            members = {name: old.read(name) for name in old.namelist()}
        with zipfile.ZipFile(path, "w") as new:
            for name, kept in members.items():
                new.writestr(name, content if name.endswith("data.pkl") else kept)
    with pytest.raises(UserError, match=r"isn't a whole pickle|holds more than tensors|no tensors by name"):
        read_pickle(path)


def test_a_layout_for_a_pickle_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"a": torch.ones(1)}, tmp_path / "a.pt")
    out = tmp_path / "a.safetensors"
    assert run(["convert", str(tmp_path / "a.pt"), "--to", "kohya", "-o", str(out)]) == 2
    assert "--to has no effect on a pickle" in capsys.readouterr().err
