"""What Danlu's loop costs over a bare one: `python bench/overhead.py`.

Both take the same steps on the same injected modules of the embedded base, in turn (ABAB…): the bare one is noise,
forward, backward, clip, AdamW written by hand; the other is `training.loop` with everything that it does (captions,
random numbers per sample, journal, stop request). The median of each is compared.
"""

import statistics
import tempfile
import time
from pathlib import Path

import torch
from machine import save

from danlu.adapters.injection import inject
from danlu.cache.latents import LatentSource
from danlu.datasets.pictures import Size
from danlu.families.base import Reading
from danlu.kit.places import data_folder
from danlu.objectives.diffusion import min_snr_weights
from danlu.pipeline.assembly import SampleSource, make_stepper
from danlu.pipeline.survey import survey_recipe
from danlu.recipe import parse_recipe
from danlu.rundir.journal import Journal
from danlu.training.groups import parameter_groups
from danlu.training.loop import Loop
from danlu.training.order import Order
from danlu.training.precision import choose_compute

STEPS, WARM = 24, 4


def main() -> None:
    """Measure and save."""
    results = {
        f"{precision} batch {batch}": measure(precision, batch) for precision in ("auto", "fp32") for batch in (1, 4)
    }
    save("overhead", {"what": "seconds per training step, danlu-mini, LoRA rank 8", "settings": results})


def measure(precision: str, batch: int) -> dict[str, float]:
    """Median seconds of a bare step and of a step of the loop, taken in turn."""
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.jsonl")
        loop, bucket = make_loop(precision, batch, journal)
        order, bare_seconds, loop_seconds = loop.order, list[float](), list[float]()
        for number, step in enumerate(order.steps_after(0)):
            one = bare_step(loop, bucket, batch)
            started = time.perf_counter()
            loop.order = _only(order, step)
            loop.run()
            two = time.perf_counter() - started
            if number >= WARM:
                bare_seconds.append(one)
                loop_seconds.append(two)
        journal.close()
    bare, danlu = statistics.median(bare_seconds), statistics.median(loop_seconds)
    return {"bare": bare, "danlu": danlu, "ratio": danlu / bare}


def make_loop(precision: str, batch: int, journal: Journal) -> tuple[Loop, Size]:
    """Danlu's loop over one bucket of the sample character, and that bucket."""
    samples = data_folder() / "samples" / "character"
    values = {
        "dataset": {"path": str(samples), "repeats": 40},
        "training": {"batch_size": batch, "precision": precision, "length": "1 epoch"},
    }
    recipe = parse_recipe(values, "bench")
    survey = survey_recipe(recipe)
    compute = choose_compute(recipe.training.precision)
    base = survey.family.load(survey.facts, dtype=compute.dtype, device=compute.device)
    latents = LatentSource(base, survey.dataset.pictures, survey.arrangement.buckets, "memory")
    latents.prepare(lambda _done, _total: None)
    injection = inject(base, recipe.adapter, seed=1)
    bucket = max(survey.order.entries, key=lambda size: len(survey.order.entries[size]))
    entries = {bucket: survey.order.entries[bucket]}
    loop = Loop(
        make_stepper(survey, base, injection, compute),
        recipe.optimizer.build(parameter_groups(injection, recipe.optimizer)),
        recipe.optimizer,
        recipe.schedule,
        recipe.training,
        Order(entries, batch, 1, -(-len(entries[bucket]) // batch), STEPS + WARM),
        SampleSource(survey, latents),
        str,
        journal,
        (),
        lambda: False,
    )
    return loop, bucket


def bare_step(loop: Loop, bucket: Size, batch: int) -> float:
    """Seconds of one step written by hand: noise, text, forward, backward, clip, AdamW."""
    base, optimizer, dtype = loop.stepper.base, loop.optimizer, loop.stepper.dtype
    factor = base.facts.latent_factor
    z = torch.randn(batch, 4, bucket.height // factor, bucket.width // factor)
    tokens = base.tokenize([""] * batch, Reading())
    started = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    noise, t = torch.randn_like(z), torch.randint(0, 1000, (batch,))
    alphas = base.alphas_cumprod.float()[t]
    a = alphas[:, None, None, None]
    noisy = (a.sqrt() * z + (1 - a).sqrt() * noise).to(dtype)
    context = base.encode_tokens(tokens, Reading()).states
    predicted = base.unet(noisy, t, encoder_hidden_states=context, return_dict=False)[0]
    weights = min_snr_weights(alphas, 5.0, "epsilon")
    loss = ((predicted.float() - noise).square().mean(dim=(1, 2, 3)) * weights).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 1.0)
    optimizer.step()
    loss.item()
    return time.perf_counter() - started


def _only(order: Order, step: object) -> "Order":
    """An order that holds one step, so that bare and loop can take turns."""

    class One(Order):
        def steps_after(self, _done: int):  # noqa: ANN202
            return iter([step])

    return One(order.entries, order.effective_batch, order.seed, order.steps_per_epoch, order.total_steps)


if __name__ == "__main__":
    main()
