"""Files with norms, and with biases: what merging, resizing, converting and inspecting make of them."""

from pathlib import Path

import pytest
import torch

from adapter_making import make_adapter
from danlu.adapters.algebra import Cut
from danlu.adapters.base import Adapter
from danlu.adapters.files import read_adapter
from danlu.adapters.injection import applied
from danlu.adapters.kinds.full import Full
from danlu.adapters.kinds.lora import LoRA
from danlu.adapters.kinds.norm import Norm
from danlu.families.base import Base, BaseFacts
from danlu.families.conditioning import Conditioning
from danlu.families.find import find_base, load_base
from danlu.kit.errors import UserError
from danlu.pipeline.combine import merge_adapters, resize_adapter
from danlu.pipeline.convert import convert_adapter
from danlu.pipeline.inspection import inspect_path
from danlu.pipeline.merged_base import merge_into_base
from danlu.pipeline.pictures import Strength
from tiny_families import make_pipeline

WITH_NORMS = LoRA(rank=2, norms=True)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> BaseFacts:
    """Of a base with CLIP's whole vocabulary: a checkpoint file holds no other."""
    folder = tmp_path_factory.mktemp("底模") / "folder"
    make_pipeline("sd15").save_pretrained(folder)
    return find_base(str(folder))[1]


def predict(base: Base) -> torch.Tensor:
    noisy = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        return base.predict(noisy, torch.tensor([500]), base.encode_captions(["a, b"]))


@pytest.mark.parametrize("adapter", [WITH_NORMS, Norm(), Full()], ids=["lora", "norm", "full"])
def test_a_base_takes_norms_and_biases(adapter: Adapter, facts: BaseFacts, tmp_path: Path) -> None:
    file = make_adapter(facts, adapter, tmp_path / "a.safetensors")
    base = load_base(str(facts.path), dtype=torch.float32)
    with applied(base, [(read_adapter(file), 0.3)]):
        injected = predict(base)
    merge_into_base([Strength(file, 0.3)], str(facts.path), tmp_path / "m.safetensors")
    merged = predict(load_base(str(tmp_path / "m.safetensors"), dtype=torch.float32))
    torch.testing.assert_close(merged, injected, rtol=1e-3, atol=1e-3)


def test_norms_are_added_up_and_kept(facts: BaseFacts, tmp_path: Path) -> None:
    files = [make_adapter(facts, WITH_NORMS, tmp_path / f"{seed}.safetensors", seed=seed) for seed in (1, 2)]
    made = merge_adapters([Strength(files[0], 0.5), Strength(files[1], -2)], tmp_path / "sum.safetensors")
    one, two, total = (read_adapter(path).layers for path in (*files, made.path))
    norms = [name for name in one if "w_norm" in one[name]]
    assert norms and made.norms == len(norms) and total.keys() == one.keys()
    for name in norms:
        for suffix in ("w_norm", "b_norm"):
            torch.testing.assert_close(total[name][suffix], 0.5 * one[name][suffix] - 2 * two[name][suffix])
    resized = resize_adapter(made.path, tmp_path / "small.safetensors", Cut(rank=1))
    small = read_adapter(resized.path)
    assert resized.left_out == 0 and all(torch.equal(small.layers[n]["w_norm"], total[n]["w_norm"]) for n in norms)
    told = {fact.key: fact.value for fact in inspect_path(resized.path).facts}
    assert told["adapter_kind"] == "lora + norm" and told["ss_network_module"] == "lycoris.kohya"
    assert told["ss_network_args"] == {"algo": "lora", "train_norm": "True"}


def test_a_full_difference_becomes_a_lora_without_its_biases(facts: BaseFacts, tmp_path: Path) -> None:
    file = make_adapter(facts, Full(norms=False, include=("*mid_block*attn*",)), tmp_path / "a.safetensors")
    made = resize_adapter(file, tmp_path / "l.safetensors", Cut(rank=8), base=str(facts.path))
    before, after = read_adapter(file).layers, read_adapter(made.path).layers
    assert before.keys() == after.keys()
    lost = sum(float(layer["diff_b"].norm()) ** 2 for layer in before.values() if "diff_b" in layer) ** 0.5
    assert made.left_out == pytest.approx(lost, rel=1e-4) and 0 < made.left_out_share < 1
    with pytest.raises(UserError, match="can't be added up as it is"):
        resize_adapter(file, tmp_path / "l.safetensors", Cut(rank=8))


def test_what_has_no_place_is_told(facts: BaseFacts, tmp_path: Path) -> None:
    norms = make_adapter(facts, Norm(), tmp_path / "n.safetensors")
    with pytest.raises(UserError, match="changes norms only, which are no LoRA"):
        resize_adapter(norms, tmp_path / "x.safetensors", Cut(rank=2))
    mixed = make_adapter(facts, WITH_NORMS, tmp_path / "m.safetensors")
    with pytest.raises(UserError, match=r"norms .* have no place there at all"):
        convert_adapter(mixed, tmp_path / "x.safetensors")


def test_a_file_tells_what_shapes_dont(base_folder: Path, tmp_path: Path) -> None:
    """Heads, groups of norms and native size of a folder that differ from those of the released bases."""
    facts = find_base(str(base_folder))[1]
    file = make_adapter(facts, WITH_NORMS, tmp_path / "a.safetensors")
    merge_into_base([Strength(file, 0.3)], str(base_folder), tmp_path / "m.safetensors")
    merge_into_base([Strength(file, -0.3)], str(tmp_path / "m.safetensors"), tmp_path / "back.safetensors")
    read = find_base(str(tmp_path / "back.safetensors"))[1]
    assert (read.native_px, read.latent_factor) == (facts.native_px, facts.latent_factor)
    noisy, told = torch.randn(1, 4, 8, 8), Conditioning(torch.randn(1, 77, 32))
    bases = [load_base(str(path), dtype=torch.float32) for path in (base_folder, tmp_path / "back.safetensors")]
    with torch.no_grad():
        first, second = (base.predict(noisy, torch.tensor([500]), told) for base in bases)
    torch.testing.assert_close(second, first, rtol=1e-4, atol=1e-4)
