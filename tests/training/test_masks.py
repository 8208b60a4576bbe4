"""What a mask leaves out isn't learnt, and what is half there counts half; whole pictures train as without masks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from danlu.adapters.files import read_adapter
from danlu.adapters.injection import inject
from danlu.adapters.kinds.lora import LoRA
from danlu.cache.latents import Latents
from danlu.families.base import Base, Framing
from danlu.families.find import load_base
from danlu.objectives.base import ObjectiveConfig
from danlu.pipeline.train import train
from danlu.training.randomness import draw_sample
from danlu.training.step import Sample, Stepper
from small_world import make_dataset, make_recipe

SHAPE = (4, 8, 8)


@pytest.fixture(scope="module")
def base(base_folder: Path) -> Base:
    return load_base(str(base_folder), dtype=torch.float32)


def stepper_on(base: Base, **objective: object) -> Stepper:
    return Stepper(
        base=base,
        injection=inject(base, LoRA(rank=2), seed=1),
        conditioner=base.encode_captions,
        base_conditioner=base.encode_captions,
        objective=ObjectiveConfig.model_validate(objective),
        micro_batch=2,
        dtype=torch.float32,
        device="cpu",
    )


def group(*masks: Tensor | None, preserved: str | None = None) -> list[Sample]:
    generator = torch.Generator().manual_seed(3)
    objective = ObjectiveConfig()
    return [
        Sample(
            Latents(torch.randn(SHAPE, generator=generator), torch.full(SHAPE, -30.0), mask),
            draw_sample(SHAPE, objective, seed=1, epoch=1, place=place),
            "a, b",
            preserved,
            Framing.whole(32, 32),
            1.0,
        )
        for place, mask in enumerate(masks)
    ]


def losses_of(stepper: Stepper, samples: list[Sample]) -> Tensor:
    try:
        with torch.no_grad():
            return stepper.loss(stepper.noise(samples), samples)
    finally:
        stepper.injection.eject()


def test_errors_are_counted_by_the_mask(base: Base) -> None:
    left = torch.zeros(1, 8, 8)
    left[..., :4] = 1
    whole = losses_of(stepper_on(base), group(None, None))
    halves = [losses_of(stepper_on(base), group(mask, None)) for mask in (left, 1 - left, torch.full_like(left, 0.5))]
    assert torch.equal(torch.stack([one[1] for one in halves]), whole[1].expand(3))
    torch.testing.assert_close(halves[0][0] + halves[1][0], whole[0])
    torch.testing.assert_close(halves[2][0], whole[0] / 2)
    assert halves[0][0] != halves[1][0]


def test_masks_of_ones_change_nothing(base: Base) -> None:
    ones = torch.ones(1, 8, 8)
    assert torch.equal(losses_of(stepper_on(base), group(ones, None)), losses_of(stepper_on(base), group(None, None)))


def test_portions_of_a_group_hold_their_masks(base: Base) -> None:
    masks = [torch.full((1, 8, 8), share) for share in (0.2, 1.0, 0.6)]
    stepper = stepper_on(base)
    try:
        noised = stepper.noise(group(*masks))
    finally:
        stepper.injection.eject()
    assert noised.masks is not None
    assert torch.equal(noised.part([2, 0]).masks, torch.stack([masks[2], masks[0]]))  # type: ignore[arg-type]


def test_preservation_holds_where_nothing_is_learnt(base: Base) -> None:
    """A mask of nearly nothing: what is left of the loss is the drift from the base, over the whole picture."""
    nothing = torch.zeros(1, 8, 8)
    found = []
    for mask in (nothing, None):
        stepper = stepper_on(base, preservation=1.0)
        with torch.no_grad():
            for parameter in stepper.injection.parameters("unet"):
                parameter.copy_(torch.full_like(parameter, 0.05))
        samples = group(mask, preserved="a")
        plain = [replace(sample, preserved=None) for sample in samples]
        with torch.no_grad():
            noised = stepper.noise(samples)
            found.append(stepper.loss(noised, samples) - stepper.loss(noised, plain))
        stepper.injection.eject()
    assert found[0] > 0
    torch.testing.assert_close(found[0], found[1], rtol=1e-4, atol=1e-6)


def test_masked_training_is_the_same_from_the_cache_and_another_without_masks(
    base_folder: Path, tmp_path: Path
) -> None:
    dataset = make_dataset(tmp_path / "d")
    for path in sorted(dataset.rglob("*.png"))[:3]:
        with Image.open(path) as picture:
            mask = np.zeros((picture.height, picture.width), np.uint8)
        mask[:, : mask.shape[1] // 2] = 255
        Image.fromarray(mask).save(path.with_suffix(".mask.png"))
    hashes = []
    for source, mode in (("files", "disk"), ("files", "disk"), ("files", "off"), ("none", "disk")):
        changes = {
            "dataset": {"masks": {"source": source}},
            "cache": {"latents": mode},
            "training": {"length": "1 epoch"},
        }
        folder, _ = train(make_recipe(dataset, base_folder, changes), tmp_path / f"run{len(hashes)}")
        hashes.append(read_adapter(folder.checkpoints / "lora.safetensors").metadata["sshs_model_hash"])
    assert hashes[0] == hashes[1] == hashes[2] != hashes[3]
