"""What is shipped: the base is a complete diffusers folder in SD1.5's names, the tagger speaks WD14, sizes hold."""

import csv
import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from embedded.vocabulary import tags
from PIL import Image
from safetensors import safe_open

DATA = Path("src/danlu/data")
BASE = DATA / "danlu-mini"
TAGGER = DATA / "danlu-mini-tagger"


def megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def test_sizes() -> None:
    assert megabytes(BASE) <= 60
    assert megabytes(TAGGER) <= 10


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_weights_are_fp16_and_finite(part: str) -> None:
    (file,) = (BASE / part).glob("*.safetensors")
    with safe_open(file, "pt") as weights:
        for key in weights.keys():  # noqa: SIM118
            value = weights.get_tensor(key)
            assert value.dtype == torch.float16 and bool(torch.isfinite(value).all()), key


def test_text_encoder_has_sd15_names() -> None:
    with safe_open(BASE / "text_encoder/model.safetensors", "pt") as weights:
        keys = set(weights.keys())
    assert "text_model.embeddings.token_embedding.weight" in keys
    assert "text_model.encoder.layers.0.self_attn.q_proj.weight" in keys


def test_base_draws_offline() -> None:
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline

    pipe = StableDiffusionPipeline.from_pretrained(
        BASE, dtype=torch.float32, safety_checker=None, local_files_only=True
    )
    pipe.set_progress_bar_config(disable=True)
    picture = pipe(
        "micah style, solo, portrait, blue background",
        width=128,
        height=128,
        num_inference_steps=3,
        generator=torch.Generator().manual_seed(1),
        output_type="np",
    ).images[0]
    assert picture.shape == (128, 128, 3) and np.isfinite(picture).all() and picture.std() > 0.02


def test_latents_are_centred_and_white() -> None:
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    vae = AutoencoderKL.from_pretrained(BASE / "vae", dtype=torch.float32)
    files = sorted(Path("bench/characters").glob("*/0[1-5].png"))
    pixels = np.stack([np.asarray(Image.open(file).convert("RGB").resize((128, 128))) for file in files])
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.no_grad():
        z = vae.encode(x).latent_dist.mean * vae.config.scaling_factor
    assert vae.config.scaling_factor == pytest.approx(0.18215)
    assert 0.5 < float(z.std()) < 1.6 and abs(float(z.mean())) < 0.5


def test_tagger_folder_is_wd14() -> None:
    rows = list(csv.DictReader((TAGGER / "selected_tags.csv").read_text("utf-8").splitlines()))
    assert [row["name"] for row in rows[:4]] == ["general", "sensitive", "questionable", "explicit"]
    assert [row["category"] for row in rows[:5]] == ["9", "9", "9", "9", "0"]
    assert [row["name"].replace("_", " ") for row in rows[4:]] == list(tags())
    groups = json.loads((TAGGER / "groups.json").read_text(encoding="utf-8"))
    assert [tag for members in groups.values() for tag in members] == list(tags())


def test_tagger_runs_on_any_batch() -> None:
    session = onnxruntime.InferenceSession(TAGGER / "model.onnx")
    (slot,) = session.get_inputs()
    assert slot.type == "tensor(float)" and list(slot.shape[1:]) == [128, 128, 3]
    for count in (1, 3):
        (scores,) = session.run(None, {slot.name: np.full((count, 128, 128, 3), 255, np.float32)})
        assert scores.shape == (count, 4 + len(tags()))
        assert (scores >= 0).all() and (scores <= 1).all()
        assert scores[:, :4].argmax(1).tolist() == [0] * count
