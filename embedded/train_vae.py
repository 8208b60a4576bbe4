"""Train the autoencoder: `python -m embedded.train_vae joint`, `... fold`, `... decoder`.

joint: encoder and decoder on random crops. The latent starts as box mean and edges (an auxiliary loss that fades),
is kept nearly white by a penalty and a little noise is added to it, so that neighbouring latents mean similar pictures.
fold: the remaining mean and covariance go into the 1×1 convolutions `quant_conv` and `post_quant_conv`, exactly;
z · scaling_factor then is centred with unit variance. decoder: the decoder alone, on whole pictures.
In: `build/embedded/pictures`. Out: `build/embedded/vae` (diffusers folder, fp32) and snapshots.
"""

import argparse
import math
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import Tensor

from embedded.muon import Muon
from embedded.pictures import BUILD, SIZES, load
from embedded.progress import Ema, Reporter, load_snapshot, save_snapshot

WIDTHS = (24, 48, 96, 128)
SCALING_FACTOR = 0.18215
LOG_VARIANCE = -6.0
LATENT_NOISE = 0.06
FADE = 300


def build_vae() -> AutoencoderKL:
    """The autoencoder in SD1.5's layout, narrow: 8× down, 4 latent channels."""
    return AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=WIDTHS,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        sample_size=128,
        scaling_factor=SCALING_FACTOR,
    )


def ends_of(vae: AutoencoderKL) -> list[Tensor]:
    """The weights that touch pixels: AdamW's, not Muon's."""
    return [vae.encoder.conv_in.weight, vae.decoder.conv_out.weight]


def to_float(pixels: np.ndarray) -> Tensor:
    """uint8 (N, H, W, 3) → float (N, 3, H, W) in −1…1, channels last."""
    return torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


def analytic_latents(x: Tensor) -> Tensor:
    """Box means of the colours and mean edge strength, (N, 4, H/8, W/8), each about unit variance."""
    means = F.avg_pool2d(x, 8) * 1.7
    grey = x.mean(1, keepdim=True)
    edges = F.pad((grey[..., 1:] - grey[..., :-1]).abs(), (0, 1)) + F.pad(
        (grey[..., 1:, :] - grey[..., :-1, :]).abs(), (0, 0, 0, 1)
    )
    return torch.cat([means, F.avg_pool2d(edges, 8) * 7 - 1], 1)


def picture_loss(y: Tensor, x: Tensor) -> Tensor:
    """Absolute and squared error, and the same of the gradients: flat areas flat, lines sharp."""
    error = y - x
    dx, dy = error[..., 1:] - error[..., :-1], error[..., 1:, :] - error[..., :-1, :]
    return error.abs().mean() + 4 * error.square().mean() + 0.5 * (dx.abs().mean() + dy.abs().mean())


def whiteness(z: Tensor) -> Tensor:
    """How far the latents' channels are from centred, unit variance, uncorrelated."""
    flat = z.transpose(0, 1).reshape(4, -1)
    centred = flat - flat.mean(1, keepdim=True)
    covariance = centred @ centred.T / flat.shape[1]
    return flat.mean(1).square().sum() + (covariance - torch.eye(4)).square().sum()


def jitter(x: Tensor, rng: random.Random) -> Tensor:
    """Half of the batches: mirrored, channels permuted, contrast changed a little."""
    if rng.random() < 0.5:
        x = x.flip(3)
    if rng.random() < 0.5:
        order = list(range(3))
        rng.shuffle(order)
        gain = torch.empty(x.shape[0], 3, 1, 1).uniform_(0.75, 1.0)
        shift = torch.empty(x.shape[0], 3, 1, 1).uniform_(-1, 1) * (1 - gain)
        x = x[:, order] * gain + shift
    return x.contiguous(memory_format=torch.channels_last)


def crops(pools: list[np.ndarray], rng: random.Random, count: int, side: int) -> Tensor:
    """Random square crops, nearer the middle more often."""
    taken: list[np.ndarray] = []
    for _ in range(count):
        pool = rng.choices(pools, weights=[len(pool) for pool in pools])[0]
        picture = pool[rng.randrange(len(pool))]
        top = round(rng.triangular(0, picture.shape[0] - side))
        left = round(rng.triangular(0, picture.shape[1] - side))
        taken.append(picture[top : top + side, left : left + side])
    return to_float(np.stack(taken))


def train_joint(steps: int, batch: int, lr: float) -> None:
    """Encoder and decoder together; resumes from its snapshot."""
    torch.manual_seed(1)
    vae = build_vae().to(memory_format=torch.channels_last)
    optimizer = Muon(vae.parameters(), lr, ends_of(vae))
    path = BUILD / "vae-joint.pt"
    start = 0
    if saved := load_snapshot(path):
        vae.load_state_dict(saved["vae"])
        optimizer.load_state_dict(saved["optimizer"])
        start = saved["step"]
    pools = [np.asarray(load("train", size)[0]) for size in SIZES]
    reporter = Reporter(steps)
    for step in range(start, steps):
        rng = random.Random(f"vae joint {step}")
        x = jitter(crops(pools, rng, batch, 64), rng)
        for group in optimizer.param_groups:
            group["lr"] = lr * min(1, (step + 1) / 50) * (0.1 + 0.45 * (1 + math.cos(math.pi * step / steps)))
        with torch.autocast("cpu", torch.bfloat16):
            z = vae.encode(x).latent_dist.mean.float()
            y = vae.decode(z + LATENT_NOISE * torch.randn_like(z)).sample
        guide = max(0.0, 1 - step / FADE)
        loss = picture_loss(y.float(), x)
        total = loss + guide * (z - analytic_latents(x)).square().mean() + 0.02 * whiteness(z)
        total.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            psnr = -10 * math.log10((y.float() - x).square().mean().item() / 4)
        reporter.report(step + 1, loss.item(), psnr=psnr, guide=guide)
        if (step + 1) % 200 == 0 or step + 1 == steps:
            save_snapshot(path, {"vae": vae.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1})


@torch.no_grad()
def encode_all(vae: AutoencoderKL, pixels: np.ndarray, batch: int = 32) -> Tensor:
    """Latent means of every picture, (N, 4, h, w), float32."""
    parts: list[Tensor] = []
    for at in range(0, len(pixels), batch):
        x = to_float(pixels[at : at + batch]).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            parts.append(vae.encode(x).latent_dist.mean.float())
    return torch.cat(parts)


@torch.no_grad()
def fold(vae: AutoencoderKL, latents: list[Tensor]) -> None:
    """Whiten: the latents' mean and covariance move into the two 1×1 convolutions; the variance head is fixed."""
    flat = torch.cat([z.transpose(0, 1).reshape(4, -1) for z in latents], 1).double()
    mean = flat.mean(1)
    values, vectors = torch.linalg.eigh(torch.cov(flat))
    values = values.clamp_min(values.max() * 1e-3)
    white = (vectors * values.rsqrt()) @ vectors.T / SCALING_FACTOR
    colour = torch.linalg.inv(white)
    assert vae.quant_conv is not None
    assert vae.post_quant_conv is not None
    q, p = vae.quant_conv, vae.post_quant_conv
    weight, bias = q.weight[:4, :, 0, 0].double(), q.bias[:4].double()
    q.weight.zero_()
    q.weight[:4, :, 0, 0] = (white @ weight).float()
    q.bias.copy_(torch.cat([white @ (bias - mean), torch.full((4,), LOG_VARIANCE).double()]).float())
    back = p.weight[:, :, 0, 0].double()
    p.bias.copy_((p.bias.double() + back @ mean).float())
    p.weight[:, :, 0, 0] = (back @ colour).float()


def run_fold() -> None:
    """Fold the joint model's latent statistics and write the folder `build/embedded/vae`."""
    saved = load_snapshot(BUILD / "vae-joint.pt")
    assert saved is not None, "run `joint` first"
    vae = build_vae()
    vae.load_state_dict(saved["vae"])
    vae = vae.to(memory_format=torch.channels_last).eval()
    fold(vae, [encode_all(vae, np.asarray(load("train", size)[0][:1500])) for size in SIZES])
    vae.save_pretrained(BUILD / "vae")
    print(f"held-out PSNR {measure_psnr(vae):.2f} dB")


def train_decoder(steps: int, batch: int, lr: float) -> None:
    """The decoder alone on cached latents of whole pictures; writes the averaged weights to `build/embedded/vae`."""
    torch.manual_seed(2)
    vae = AutoencoderKL.from_pretrained(BUILD / "vae").to(memory_format=torch.channels_last)
    vae.encoder.requires_grad_(False)
    vae.quant_conv.requires_grad_(False)
    parts = torch.nn.ModuleList([vae.decoder, vae.post_quant_conv])
    optimizer = Muon(parts.parameters(), lr, ends_of(vae))
    ema = Ema(parts, 0.998)
    path = BUILD / "vae-decoder.pt"
    start = 0
    if saved := load_snapshot(path):
        parts.load_state_dict(saved["parts"])
        optimizer.load_state_dict(saved["optimizer"])
        ema.restore(saved["ema"])
        start = saved["step"]
    pixels = {size: load("train", size)[0] for size in SIZES}
    latents = {size: np.load(BUILD / "latents" / f"train-{size}.npy", mmap_mode="r") for size in SIZES}
    reporter = Reporter(steps)
    for step in range(start, steps):
        rng = random.Random(f"vae decoder {step}")
        size = rng.choices(list(SIZES), weights=[3, 1, 1])[0]
        picked = [rng.randrange(len(pixels[size])) for _ in range(batch)]
        x = to_float(pixels[size][picked]).contiguous(memory_format=torch.channels_last)
        z = torch.from_numpy(latents[size][picked].astype(np.float32))
        z = (z + LATENT_NOISE * torch.randn_like(z)) / SCALING_FACTOR
        for group in optimizer.param_groups:
            group["lr"] = lr * min(1, (step + 1) / 30) * 0.5 * (1 + math.cos(math.pi * step / steps)) + 1e-6
        with torch.autocast("cpu", torch.bfloat16):
            y = vae.decode(z).sample.float()
        loss = picture_loss(y, x)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parts.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        ema.update(parts)
        with torch.no_grad():
            psnr = -10 * math.log10((y - x).square().mean().item() / 4)
        reporter.report(step + 1, loss.item(), psnr=psnr)
        if (step + 1) % 200 == 0 or step + 1 == steps:
            state = {"parts": parts.state_dict(), "optimizer": optimizer.state_dict(), "ema": ema.state()}
            save_snapshot(path, state | {"step": step + 1})
    ema.copy_to(parts)
    vae.save_pretrained(BUILD / "vae")
    print(f"held-out PSNR {measure_psnr(vae.eval()):.2f} dB")


@torch.no_grad()
def measure_psnr(vae: AutoencoderKL, split: str = "heldout") -> float:
    """Mean over pictures of the PSNR of 8-bit reconstructions, in dB."""
    values: list[float] = []
    for size in SIZES:
        pixels = load(split, size)[0]
        for at in range(0, len(pixels), 32):
            x = to_float(pixels[at : at + 32]).contiguous(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16):
                y = vae.decode(vae.encode(x).latent_dist.mean).sample.float()
            error = ((y.clamp(-1, 1) - x) * 127.5).square().mean((1, 2, 3))
            values += (10 * torch.log10(255**2 / error)).tolist()
    return float(np.mean(values))


def main() -> None:
    """Run one stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=["joint", "fold", "decoder"])
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=2e-3)
    args = parser.parse_args()
    Path(BUILD).mkdir(parents=True, exist_ok=True)
    if args.stage == "joint":
        train_joint(args.steps, args.batch, args.lr)
    elif args.stage == "fold":
        run_fold()
    else:
        train_decoder(args.steps, args.batch, args.lr)


if __name__ == "__main__":
    main()
