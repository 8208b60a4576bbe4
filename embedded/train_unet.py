"""Train the U-Net on the frozen text encoder: `python -m embedded.train_unet`.

Target epsilon, SD's scaled-linear schedule, timesteps uniform. The loss is weighted like v-prediction,
min((1+SNR)/SNR, cap), so that high noise, where the prompt decides, counts, and by place, so that
the face, where small traits show, counts; noise offset, caption dropout, EMA.
In: latents, captions, `build/embedded/text_encoder`. Out: `build/embedded/unet` (averaged weights), written at every
`--export-every` steps too, so that a draft is always there. Resumes from its snapshot.
One thread each in two processes is the best use of two cores: `torchrun --nproc-per-node 2 -m embedded.train_unet`;
each draws its own batch, and the gradients are averaged.
"""

import argparse
import math
import os
import random
import time
from collections.abc import Iterable

import numpy as np
import torch
import torch.distributed as dist
from diffusers.models.attention_processor import AttnProcessor
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel

from embedded.muon import Muon
from embedded.pictures import BUILD, SIZES, load
from embedded.progress import Ema, Reporter, load_snapshot, save_snapshot
from embedded.tokenizer import training_ids
from embedded.train_text import WIDTH
from embedded.vocabulary import groups, styles

NOISE_OFFSET = 0.1
WEIGHT_CAPS = {0.0: 30.0, 0.5: 8.0, 0.7: 3.0}
"""From these shares of the steps on: first what the prompt decides (high noise), then more and more of the faces."""
SKIP_SHARE = 0.1
SMALL_TRAITS = ("expression", "eyes", "hair shape", "glasses", "beard", "hat")
Batch = tuple[Tensor, Tensor, Tensor]
Pools = dict[str, tuple[np.ndarray, list[list[str]], Tensor]]


def build_unet() -> UNet2DConditionModel:
    """SD1.5's U-Net with three levels: cross attention at the two upper ones and in the middle."""
    return UNet2DConditionModel(
        sample_size=16,
        in_channels=4,
        out_channels=4,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        block_out_channels=(96, 160, 256),
        layers_per_block=1,
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
        norm_num_groups=32,
    )


def alphas_cumprod() -> Tensor:
    """SD's scaled-linear schedule: ᾱ for t = 0…999."""
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
    return torch.cumprod(1 - betas, 0).float()


def loss_weights(cap: float) -> Tensor:
    """min((1+SNR)/SNR, cap) for each timestep, scaled to mean 1."""
    weights = (1 / alphas_cumprod()).clamp(max=cap)
    return weights / weights.mean()


def place_weights(latents: np.ndarray, captions: list[list[str]]) -> Tensor:
    """(h, w), mean 1: half even, half as the small traits show there.

    Where a trait shows: the variance of the latents between its tags, within each style. Without this the face, a
    tenth of the picture, has a tenth of the loss, most of which no prompt can foretell.
    """
    z, tags = latents.astype(np.float32), [frozenset(caption) for caption in captions]
    shown = np.zeros(z.shape[2:])
    for members in (frozenset(groups()[name]) for name in SMALL_TRAITS):
        between = np.zeros(z.shape[1:])
        for style in (style.tag for style in styles().values()):
            of_style = [index for index, found in enumerate(tags) if style in found]
            values = [sorted(tags[index] & members) for index in of_style]
            for value in {tuple(value) for value in values}:
                same = [index for index, found in zip(of_style, values, strict=True) if tuple(found) == value]
                between += len(same) * (z[same].mean(0) - z[of_style].mean(0)) ** 2
        shown += between.sum(0) / between.sum()
    return torch.from_numpy(0.5 + 0.5 * shown / shown.mean()).float()


@torch.no_grad()
def encode_text(encoder: CLIPTextModel, ids: Tensor, *, skip: bool) -> Tensor:
    """Hidden states (N, 77, WIDTH): the last layer's, or with `skip` (clip skip 2) the one before, normalised."""
    with torch.autocast("cpu", torch.bfloat16):
        if not skip:
            return encoder(input_ids=ids).last_hidden_state
        hidden = encoder(input_ids=ids, output_hidden_states=True).hidden_states[-2]
        return encoder.final_layer_norm(hidden)


def noised(z: Tensor, generator: torch.Generator, alphas: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Noise with offset, stratified timesteps, and the noised latents."""
    batch = len(z)
    noise = torch.randn(z.shape, generator=generator)
    noise = noise + NOISE_OFFSET * torch.randn(batch, z.shape[1], 1, 1, generator=generator)
    strata = (torch.randperm(batch, generator=generator) + torch.rand(batch, generator=generator)) / batch
    t = (strata * 1000).long().clamp(max=999)
    a = alphas[t].view(-1, 1, 1, 1)
    x = (a.sqrt() * z + (1 - a).sqrt() * noise).contiguous(memory_format=torch.channels_last)
    return x, noise, t


def draw_batch(pools: Pools, rng: random.Random, batch: int) -> Batch:
    """Latents (N, 4, h, w) of one size of picture, token ids (N, 77) of their varied captions, weights (h, w)."""
    size = rng.choices(list(SIZES), weights=[3, 1, 1])[0]
    latents, captions, places = pools[size]
    picked = [rng.randrange(len(captions)) for _ in range(batch)]
    z = torch.from_numpy(latents[picked].astype(np.float32))
    return z, training_ids([captions[index] for index in picked], rng), places


def load_pools() -> Pools:
    """Everything to learn from, by size of picture."""
    pools: Pools = {}
    for size in SIZES:
        latents, captions = np.load(BUILD / "latents" / f"train-{size}.npy"), load("train", size)[1]
        pools[size] = latents, captions, place_weights(latents, captions)
    return pools


def set_rate(optimizer: Muon, step: int, steps: int, lr: float) -> None:
    """Warm-up over 100 steps, then half a cosine."""
    for group in optimizer.param_groups:
        group["lr"] = lr * min(1, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * step / steps)) + 1e-6


def export(ema: Ema) -> None:
    """Write the averaged weights to `build/embedded/unet`."""
    averaged = build_unet()
    ema.copy_to(averaged)
    averaged.save_pretrained(BUILD / "unet")


def average_gradients(parameters: Iterable[Tensor]) -> None:
    """Over all processes; nothing to do for one."""
    if not dist.is_initialized():
        return
    found = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([grad.flatten() for grad in found])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    for grad, part in zip(found, flat.split([grad.numel() for grad in found]), strict=True):
        grad.copy_(part.view_as(grad))


def train(steps: int, batch: int, lr: float, export_every: int) -> None:
    """The whole training."""
    torch.manual_seed(4)
    rank = int(os.environ.get("RANK", "0"))
    if "WORLD_SIZE" in os.environ:
        dist.init_process_group("gloo")
    encoder = CLIPTextModel.from_pretrained(BUILD / "text_encoder").eval().requires_grad_(False)
    unet = build_unet().to(memory_format=torch.channels_last)
    unet.set_attn_processor(AttnProcessor())  # products in AMX bf16: faster here than the fused kernel's backward
    compiled = torch.compile(unet, dynamic=False)  # fused norms and activations: 1.4 times as fast on one core
    optimizer = Muon(unet.parameters(), lr, [unet.conv_in.weight, unet.conv_out.weight], decay=0.02)
    ema = Ema(unet, 0.998)
    path = BUILD / "unet.pt"
    start = 0
    if saved := load_snapshot(path):
        unet.load_state_dict(saved["unet"])
        optimizer.load_state_dict(saved["optimizer"])
        ema.restore(saved["ema"])
        start = saved["step"]
    pools = load_pools()
    alphas = alphas_cumprod()
    reporter = Reporter(steps)
    saved_at = time.monotonic()
    for step in range(start, steps):
        rng = random.Random(f"unet {step} {rank}")
        generator = torch.Generator().manual_seed(step + 1_000_000 * rank)
        z, ids, places = draw_batch(pools, rng, batch)
        text = encode_text(encoder, ids, skip=rng.random() < SKIP_SHARE)
        x, noise, t = noised(z, generator, alphas)
        set_rate(optimizer, step, steps, lr)
        with torch.autocast("cpu", torch.bfloat16):
            y = compiled(x, t, encoder_hidden_states=text, return_dict=False)[0]
        weights = loss_weights([cap for share, cap in WEIGHT_CAPS.items() if step >= share * steps][-1])
        error = ((y.float() - noise).square() * places).mean((1, 2, 3))
        (error * weights[t]).mean().backward()
        average_gradients(unet.parameters())
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        ema.update(unet)
        if rank > 0:
            continue
        reporter.report(step + 1, (error * weights[t]).mean().item(), plain=error.mean().item())
        if time.monotonic() - saved_at > 150 or step + 1 == steps:
            state = {"unet": unet.state_dict(), "optimizer": optimizer.state_dict(), "ema": ema.state()}
            save_snapshot(path, state | {"step": step + 1})
            saved_at = time.monotonic()
        if (step + 1) % export_every == 0 or step + 1 == steps:
            export(ema)
    if dist.is_initialized():
        dist.destroy_process_group()


def main() -> None:
    """Train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--export-every", type=int, default=300)
    args = parser.parse_args()
    train(args.steps, args.batch, args.lr, args.export_every)


if __name__ == "__main__":
    main()
