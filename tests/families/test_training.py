"""Every family is trained from a single file: all its parts learn, and diffusers draws the file as we do."""

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import EulerDiscreteScheduler

from danlu.adapters.files import AdapterFile, read_adapter
from danlu.adapters.injection import applied
from danlu.datasets.pictures import Size
from danlu.families.base import Framing
from danlu.families.find import find_base, load_base
from danlu.generation.draw import draw
from danlu.generation.prompts import Prompt
from danlu.pipeline.plan import make_plan
from danlu.pipeline.start import start_recipe
from danlu.pipeline.train import train
from danlu.rundir.events import Step
from danlu.rundir.journal import read_journal
from danlu.rundir.layout import RunFolder
from families.conftest import TinyBase
from small_world import make_recipe

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")

SMALL = {"dataset": {"buckets": {"resolution": 32, "step": 8}}, "checkpoints": {"precision": "fp32"}}
PROMPT = Prompt("zq, a", seed=5, size=Size(32, 24), steps=3, cfg=4.0, sampler="Euler")
VERSIONS = {"sd15": "sd_v1", "sd2": "sd_v2", "sdxl": "sdxl_base_v1-0"}


@pytest.fixture(scope="module")
def trained(tiny: TinyBase, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    recipe = make_recipe(dataset, tiny.file, {**SMALL, "optimizer": {"kind": "adamw", "lr": 0.02}})
    folder, outcome = train(recipe, tmp_path_factory.mktemp("run") / tiny.family)
    assert outcome == "finished"
    return folder


@pytest.fixture(scope="module")
def adapter(trained: RunFolder) -> AdapterFile:
    return read_adapter(trained.checkpoints / "lora.safetensors")


def test_every_part_learns_at_its_rate(tiny: TinyBase, trained: RunFolder, adapter: AdapterFile) -> None:
    prefixes = {"sdxl": ["lora_unet_", "lora_te1_", "lora_te2_"]}.get(tiny.family, ["lora_unet_", "lora_te_"])
    assert {next(p for p in prefixes if name.startswith(p)) for name in adapter.layers} == set(prefixes)
    # SDXL's encoders give the layer before the last: the first one's last layer is never used.
    idle = "lora_te1_text_model_encoder_layers_2_" if tiny.family == "sdxl" else "nothing"
    for name, tensors in adapter.layers.items():
        assert bool(tensors["lora_up.weight"].any()) != name.startswith(idle), name
    rates = [event.rates for event in read_journal(trained.journal) if isinstance(event, Step)]
    assert len(rates[0]) == len(prefixes)


def test_metadata_and_plan(tiny: TinyBase, trained: RunFolder, adapter: AdapterFile, dataset: Path) -> None:
    assert adapter.metadata["ss_base_model_version"] == f"narrow-{tiny.family}-64-128"
    assert adapter.metadata["modelspec.architecture"] == f"narrow-{tiny.family}-64-128/lora"
    family, facts = find_base(str(tiny.file))
    released = family.released_metadata(facts)
    assert released["ss_base_model_version"] == VERSIONS[tiny.family]
    assert released["ss_v2"] == str(tiny.family == "sd2")
    assert released["modelspec.architecture"].startswith("stable-diffusion-")
    assert str(tiny.file.parent) not in str(adapter.metadata)
    factors = sum(
        tensor.numel() for tensors in adapter.layers.values() for key, tensor in tensors.items() if key != "alpha"
    )
    assert make_plan(make_recipe(dataset, tiny.file, SMALL)).trained_parameters == factors


def test_diffusers_draws_the_same_from_the_file(tiny: TinyBase, adapter: AdapterFile) -> None:
    base = load_base(str(tiny.folder), dtype=torch.float32)
    (plain,) = draw(base, [PROMPT])
    with applied(base, [(adapter, 1.0)]):
        (ours,) = draw(base, [PROMPT])
    pipeline = tiny.pipeline
    pipeline.scheduler = EulerDiscreteScheduler.from_config(pipeline.scheduler.config)
    pipeline.load_lora_weights(str(adapter.path.parent), weight_name=adapter.path.name)
    try:
        theirs = pipeline(
            PROMPT.text,
            negative_prompt="",
            width=PROMPT.size.width,
            height=PROMPT.size.height,
            num_inference_steps=PROMPT.steps,
            guidance_scale=PROMPT.cfg,
            generator=torch.Generator().manual_seed(PROMPT.seed),
        ).images[0]
    finally:
        pipeline.unload_lora_weights()
    apart = [np.abs(np.asarray(ours).astype(int) - np.asarray(other).astype(int)).max() for other in (theirs, plain)]
    assert apart[0] <= 2
    assert apart[1] > 5


def test_cached_conditions_train_as_fresh_ones(tiny: TinyBase, dataset: Path, tmp_path: Path) -> None:
    frozen = {**SMALL, "adapter": {"kind": "lora", "rank": 2, "text_encoder": False}, "training": {"length": "2 steps"}}
    hashes: set[str] = set()
    for number, cache in enumerate(("disk", "disk", "memory")):
        recipe = make_recipe(dataset, tiny.file, {**frozen, "cache": {"latents": cache}})
        folder, _ = train(recipe, tmp_path / str(number))
        hashes.add(read_adapter(folder.checkpoints / "lora.safetensors").metadata["sshs_model_hash"])
    assert len(hashes) == 1


def test_a_theme_asks_of_a_family_what_it_can_give(tiny: TinyBase, dataset: Path, tmp_path: Path) -> None:
    recipe = start_recipe(dataset, tmp_path / "recipe.toml", base=str(tiny.file), theme="anime")
    assert recipe.base.clip_skip == (1 if tiny.family == "sdxl" else 2)


def test_framings_matter_to_sdxl_alone(tiny: TinyBase) -> None:
    base = load_base(str(tiny.file), dtype=torch.float32)
    noisy, step = torch.randn(1, 4, 8, 8), torch.tensor([500])
    with torch.no_grad():
        caption = base.encode_captions(["a"])
        one = base.predict(noisy, step, caption.framed([Framing.whole(1024, 512)]))
        other = base.predict(noisy, step, caption.framed([Framing(700, 300, 90, 0, 1024, 512)]))
    assert torch.equal(one, other) == (tiny.family != "sdxl")
