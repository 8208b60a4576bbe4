"""Cache the latents of all training pictures: `python -m embedded.encode_latents`.

In: `build/embedded/pictures`, the folded `build/embedded/vae`. Out: `build/embedded/latents/train-SIZE.npy`,
float16 (N, 4, h, w), already times scaling_factor: centred, unit variance.
"""

import argparse

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

from embedded.pictures import BUILD, SIZES, load
from embedded.train_vae import encode_all


def main() -> None:
    """Encode every size; print the statistics that should be 0 and 1."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    vae = AutoencoderKL.from_pretrained(BUILD / "vae").to(memory_format=torch.channels_last).eval()
    folder = BUILD / "latents"
    folder.mkdir(parents=True, exist_ok=True)
    for size in SIZES:
        latents = encode_all(vae, load("train", size)[0], 64) * vae.config.scaling_factor
        np.save(folder / f"train-{size}.npy", latents.numpy().astype(np.float16))
        channels = latents.transpose(0, 1).reshape(4, -1)
        print(
            size, tuple(latents.shape), "mean", channels.mean(1).tolist(), "std", channels.std(1).tolist(), flush=True
        )


if __name__ == "__main__":
    main()
