"""Previews show what the saved file draws."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from adapter_variants import VARIANTS, disturbed
from danlu.adapters.base import Adapter
from danlu.adapters.files import read_adapter, write_adapter
from danlu.adapters.injection import applied, inject
from danlu.families.base import Base
from danlu.families.find import load_base
from danlu.generation.pngtext import save_png, write_parameters
from danlu.generation.prompts import Prompt
from danlu.previews.writer import STEP, as_saved, is_free


def predict(base: Base) -> torch.Tensor:
    noisy = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        return base.predict(noisy, torch.tensor([500]), base.encode_captions(["a, b"]))


@pytest.mark.parametrize("adapter", VARIANTS.values(), ids=VARIANTS)
def test_an_adapter_draws_as_its_file_does(adapter: Adapter, base_folder: Path, tmp_path: Path) -> None:
    """Also where a file keeps some tensors whole, as DoRA's magnitude, or limits them, as those of OFT."""
    base = load_base(str(base_folder), dtype=torch.float32)
    injection = inject(base, adapter, seed=1)
    for number, layer in enumerate(injection.layers.values()):
        for name, tensor in disturbed(dict(layer.tensors.items()), seed=number).items():
            layer.tensors[name].data.copy_(tensor)
    exact = injection.state()
    write_adapter(tmp_path / "a.safetensors", injection, {"ss_base_model_version": "sd_v1"}, "fp16")
    with as_saved(injection, torch.float16):
        shown = predict(base)
    assert all(torch.equal(tensor, exact[name]) for name, tensor in injection.state().items())
    injection.eject()
    with applied(base, [(read_adapter(tmp_path / "a.safetensors"), 1.0)]):
        torch.testing.assert_close(shown, predict(base), rtol=1e-5, atol=1e-5)


def test_pictures_of_another_step_or_that_cant_be_read_are_never_written_over(tmp_path: Path) -> None:
    folder = tmp_path / "001"
    assert is_free(folder, 5)
    folder.mkdir()
    save_png(Image.new("RGB", (8, 8)), folder / "01.png", write_parameters(Prompt("zq"), extra={STEP: "5"}))
    assert is_free(folder, 5) and not is_free(folder, 6)
    Image.open(folder / "01.png").convert("RGB").save(folder / "01.png")
    assert not is_free(folder, 5), "saved again, without its text"
    (folder / "01.png").write_bytes(b"")
    assert not is_free(folder, 5)
