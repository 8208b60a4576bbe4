"""One base in two layouts is one base: the same tensors, predictions and pictures, and diffusers draws them too."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import EulerDiscreteScheduler
from PIL import Image

from danlu.datasets.pictures import Size
from danlu.families.base import Base, Framing
from danlu.families.conditioning import Conditioning
from danlu.families.find import find_base, load_base
from danlu.generation.draw import draw
from danlu.generation.prompts import Prompt
from families.conftest import TinyBase

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")

CAPTIONS = ["1girl, smile", "", "a photo of a cat " * 30]
PROMPT = Prompt("1girl, smile", negative="blurry", seed=7, size=Size(32, 24), steps=4, cfg=5.0, sampler="Euler")


@pytest.fixture(scope="module")
def folder_base(tiny: TinyBase) -> Base:
    return load_base(str(tiny.folder), dtype=torch.float32)


@pytest.fixture(scope="module")
def file_base(tiny: TinyBase) -> Base:
    return load_base(str(tiny.file), dtype=torch.float32)


def predicted(base: Base) -> torch.Tensor:
    torch.manual_seed(0)
    noisy, timesteps = torch.randn(3, 4, 12, 8), torch.tensor([0, 500, 999])
    framings = [Framing.whole(16, 24), Framing(100, 70, 3, 0, 24, 16), Framing(24, 16, 0, 9, 24, 16)]
    with torch.no_grad():
        return base.predict(noisy, timesteps, base.encode_captions(CAPTIONS).framed(framings))


def test_recognised_in_both_layouts(tiny: TinyBase) -> None:
    found = [find_base(str(path))[1] for path in (tiny.folder, tiny.file)]
    assert [facts.family for facts in found] == [tiny.family] * 2
    for fact in ("step_px", "latent_channels", "latent_factor", "prediction", "text_encoders", "zero_terminal_snr"):
        assert getattr(found[0], fact) == getattr(found[1], fact), fact
    assert found[0].step_px == 4
    assert found[1].native_px == {"sd15": 512, "sd2": 512, "sdxl": 1024}[tiny.family]


def test_configs_read_off_shapes_equal_the_written_ones(tiny: TinyBase) -> None:
    folder, file = (find_base(str(path))[1].components for path in (tiny.folder, tiny.file))
    for name, component in file.items():
        written = folder[name].config
        for key, value in component.config.items():
            stated = written[key]
            same = list(stated) if isinstance(stated, tuple) else stated
            if key == "transformer_layers_per_block" and isinstance(same, int):
                same = [same] * len(value)
            assert value == same, (name, key)


def test_same_tensors(tiny: TinyBase, folder_base: Base, file_base: Base) -> None:
    assert folder_base.components.keys() == file_base.components.keys()
    for name, module in folder_base.components.items():
        other = file_base.components[name].state_dict()
        theirs = getattr(tiny.pipeline, name).state_dict()
        for key, tensor in module.state_dict().items():
            assert torch.equal(tensor, other[key]), key
            assert torch.equal(tensor, theirs[key]), key


def test_same_predictions(folder_base: Base, file_base: Base) -> None:
    one, other = predicted(folder_base), predicted(file_base)
    assert torch.equal(one, other)
    assert one.std() > 0.1


def test_same_latents(folder_base: Base, file_base: Base) -> None:
    pixels = torch.rand(1, 3, 24, 16) * 2 - 1
    with torch.no_grad():
        for one, other in zip(folder_base.encode_images(pixels), file_base.encode_images(pixels), strict=True):
            assert torch.equal(one, other)
    assert folder_base.scale_latents(torch.ones(1)) == file_base.scale_latents(torch.ones(1))


def test_frozen_whole_and_on_no_other_device(file_base: Base) -> None:
    for module in file_base.components.values():
        assert not module.training
        for tensor in (*module.parameters(), *module.buffers()):
            assert not tensor.requires_grad
            assert tensor.device.type == "cpu"


@pytest.mark.parametrize("change", [{}, {"negative": ""}, {"size": Size(16, 40), "seed": 3}])
def test_same_picture_as_diffusers(tiny: TinyBase, file_base: Base, change: dict[str, object]) -> None:
    prompt = replace(PROMPT, **change)
    tiny.pipeline.scheduler = EulerDiscreteScheduler.from_config(tiny.pipeline.scheduler.config)
    theirs = tiny.pipeline(
        prompt.text,
        negative_prompt=prompt.negative,
        width=prompt.size.width,
        height=prompt.size.height,
        num_inference_steps=prompt.steps,
        guidance_scale=prompt.cfg,
        generator=torch.Generator().manual_seed(prompt.seed),
    ).images[0]
    (ours,) = draw(file_base, [prompt])
    assert difference(ours, theirs) <= 2
    assert np.asarray(ours).std() > 5


def difference(one: Image.Image, other: Image.Image) -> int:
    return int(np.abs(np.asarray(one).astype(int) - np.asarray(other).astype(int)).max())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_number_formats(tiny: TinyBase, tmp_path_factory: pytest.TempPathFactory, dtype: torch.dtype) -> None:
    from tiny_families import save_single_file

    path = tmp_path_factory.mktemp("half") / "half.safetensors"
    base = load_base(str(save_single_file(tiny.pipeline, path, dtype=dtype)), dtype=torch.float32)
    for name, module in base.components.items():
        theirs = getattr(tiny.pipeline, name).state_dict()
        for key, tensor in module.state_dict().items():
            assert tensor.dtype == torch.float32
            assert torch.equal(tensor, theirs[key].to(dtype).float()), key
    assert next(base.vae.parameters()).dtype == torch.float32  # type: ignore[attr-defined]


def test_conditions_are_joined_and_cut_as_rows(file_base: Base) -> None:
    with torch.no_grad():
        together = file_base.encode_captions(CAPTIONS)
        apart = Conditioning.join([file_base.encode_captions([caption]) for caption in CAPTIONS])
    assert len(together) == 3
    for name, tensor in together.tensors().items():
        torch.testing.assert_close(apart.tensors()[name], tensor, rtol=1e-4, atol=1e-5)
        assert torch.equal(together.rows([2, 0]).tensors()[name], tensor[[2, 0]])
    half = together.framed([Framing.whole(1023, 8)] * 3).to(torch.bfloat16)
    assert half.states.dtype == torch.bfloat16
    assert half.sizes is not None and half.sizes[0, 1] == 1023
