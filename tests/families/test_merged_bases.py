"""Adapters merged into a base of any family and layout: what is loaded again predicts what was injected."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from adapter_making import make_adapter
from danlu.adapters.algebra import Cut
from danlu.adapters.files import read_adapter
from danlu.adapters.injection import applied
from danlu.adapters.kinds.loha import LoHa
from danlu.adapters.kinds.lora import LoRA
from danlu.families.base import Base
from danlu.families.find import find_base, load_base
from danlu.kit.errors import UserError
from danlu.pipeline.extract import Wanted, extract_adapter
from danlu.pipeline.merged_base import merge_into_base
from danlu.pipeline.pictures import Strength
from families.conftest import TinyBase
from tiny_families import save_single_file

PLAIN = LoRA(rank=2, alpha=1, exclude=("*_ff_net_2",))
HADAMARD = LoHa(rank=2, targets="full", text_encoder=False, include=("*_mid*",))


def predict(base: Base) -> Tensor:
    noisy = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        told = replace(base.encode_captions(["a b"]), sizes=torch.full((1, 6), 64.0))
        return base.predict(noisy, torch.tensor([500]), told)


@pytest.mark.parametrize("layout", ["file", "folder"])
def test_a_merged_base_predicts_what_was_injected(tiny: TinyBase, layout: str, tmp_path: Path) -> None:
    source = tiny.folder
    if layout == "file":
        extra = {"v_pred": torch.zeros(0), "nobody.knows": torch.ones(3)}
        source = save_single_file(tiny.pipeline, tmp_path / "base.safetensors", extra=extra, metadata={"mine": "1"})
    facts = find_base(str(source))[1]
    files = [
        make_adapter(facts, adapter, tmp_path / f"{number}.safetensors", seed=number)
        for number, adapter in enumerate((PLAIN, HADAMARD))
    ]
    base = load_base(str(source), dtype=torch.float32)
    before = predict(base)
    with applied(base, [(read_adapter(files[0]), 0.8), (read_adapter(files[1]), -0.5)]):
        injected = predict(base)
    out = tmp_path / "merged.safetensors"
    made = merge_into_base([Strength(files[0], 0.8), Strength(files[1], -0.5)], str(source), out)
    read = find_base(str(out))[1]
    assert (read.family, read.prediction) == (tiny.family, facts.prediction)
    after = predict(load_base(str(out), dtype=torch.float32))
    torch.testing.assert_close(after, injected, rtol=1e-3, atol=1e-4)
    assert not torch.allclose(after, before, atol=1e-3)
    names = {name for file in files for name in read_adapter(file).layers}
    assert made.changed == len(names)
    if layout == "file":
        old, new = load_file(source), load_file(out)
        assert list(old) == list(new)
        same = sum(torch.equal(old[name], new[name]) for name in old)
        in_thirds = sum(_is_in_thirds(name, tiny.family) for name in names)
        assert len(old) - same == len(names) - in_thirds * 2 // 3
        assert read.stored.components["unet"].parts["conv_in.weight"].header.metadata["mine"] == "1"


def _is_in_thirds(name: str, family: str) -> bool:
    """Three layers of OpenCLIP's attention are one tensor in a file."""
    encoder = {"sd2": "lora_te_", "sdxl": "lora_te2_"}.get(family, "none")
    return name.startswith(encoder) and "self_attn" in name and not name.endswith("out_proj")


def test_a_bases_number_format_stays_or_is_chosen(tiny: TinyBase, tmp_path: Path) -> None:
    source = save_single_file(tiny.pipeline, tmp_path / "half.safetensors", dtype=torch.float16)
    file = make_adapter(find_base(str(source))[1], PLAIN, tmp_path / "a.safetensors")
    for precision, dtype in ((None, torch.float16), ("bf16", torch.bfloat16)):
        merge_into_base([Strength(file)], str(source), tmp_path / f"{precision}.safetensors", precision=precision)
        assert {one.dtype for one in load_file(tmp_path / f"{precision}.safetensors").values()} == {dtype}


def test_two_bases_that_are_not_of_one_make_are_told(tiny: TinyBase, base_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="of one family" if tiny.family != "sd15" else "has another shape"):
        extract_adapter(str(base_folder), str(tiny.file), tmp_path / "x.safetensors", Wanted(Cut(rank=2)))
    facts = find_base(str(base_folder))[1]
    file = make_adapter(facts, PLAIN, tmp_path / "a.safetensors")
    with pytest.raises(UserError, match="doesn't fit the base"):
        merge_into_base([Strength(file)], str(tiny.file), tmp_path / "x.safetensors")
    with pytest.raises(UserError, match="one of the files that are read"):
        merge_into_base([Strength(file)], str(tiny.file), tiny.file)


def test_a_folders_noise_schedule_is_told_in_the_file(base_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(base_folder, tmp_path / "v")
    config = tmp_path / "v" / "scheduler" / "scheduler_config.json"
    told = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True}
    config.write_text(json.dumps(json.loads(config.read_text()) | told))
    file = make_adapter(find_base(str(base_folder))[1], PLAIN, tmp_path / "a.safetensors")
    merge_into_base([Strength(file)], str(tmp_path / "v"), tmp_path / "v.safetensors")
    facts = find_base(str(tmp_path / "v.safetensors"))[1]
    assert (facts.prediction, facts.zero_terminal_snr) == ("v_prediction", True)
