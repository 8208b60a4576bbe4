"""Teach the text encoder what tags mean, by contrast: `python -m embedded.train_text`.

A U-Net can't learn from text that means nothing, so the CLIP text encoder is first trained against a small image
encoder of half-size pictures (InfoNCE, Radford et al. 2021), and to name the caption's tags from its end token.
Contrast alone leaves what tells few pictures apart (an expression, which of two colours is the background) unread, and
what the text doesn't say the U-Net can't draw. So `python -m embedded.train_text --naming` follows, on text alone:
each tag's last token must say which tag it ends, the end token and the padding must say all of them, in the last layer
and in the one before (clip skip 2).
In: `build/embedded/pictures`, tokenizer. Out: `build/embedded/text_encoder`. Resumes from its snapshot.
"""

import argparse
import math
import random
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel

from embedded.muon import Muon
from embedded.pictures import BUILD, SIZES, load
from embedded.progress import Reporter, load_snapshot, save_snapshot
from embedded.tokenizer import LENGTH, made_up_word, pieces, to_ids, vary
from embedded.train_vae import to_float
from embedded.vocabulary import tags

WIDTH, LAYERS, HEADS, EMBEDDING = 128, 4, 4, 128


def build_text_encoder() -> CLIPTextModel:
    """SD1.5's text encoder, narrow: full vocabulary, 77 positions, the end token pads."""
    known = pieces()
    config = CLIPTextConfig(
        vocab_size=49408,
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        max_position_embeddings=LENGTH,
        hidden_act="quick_gelu",
        bos_token_id=known.start,
        eos_token_id=known.end,
        pad_token_id=known.end,
    )
    model = CLIPTextModel(config)
    nn.init.normal_(model.embeddings.token_embedding.weight, std=0.05)
    nn.init.normal_(model.embeddings.position_embedding.weight, std=0.01)
    return model


class PictureEncoder(nn.Module):
    """A small image encoder on pictures (N, 3, H, W) of any size, to a vector (N, EMBEDDING). Thrown away later."""

    def __init__(self) -> None:
        super().__init__()
        widths = (48, 64, 128, 192, 256)
        layers: list[nn.Module] = []
        for number, (inside, outside) in enumerate(pairwise(widths)):
            stride = 1 if number == 0 else 2
            layers += [nn.Conv2d(inside, outside, 3, stride, 1), nn.GroupNorm(8, outside), nn.SiLU()]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(256 * 4, EMBEDDING)

    def forward(self, x: Tensor) -> Tensor:
        """Patches of 4×4 pixels as channels; features pooled on a 2×2 grid, projected."""
        return self.head(F.adaptive_avg_pool2d(self.body(F.pixel_unshuffle(x, 4)), 2).flatten(1))


class Contrast(nn.Module):
    """Text encoder, image encoder, the projection, the temperature and the tag reader."""

    def __init__(self) -> None:
        super().__init__()
        self.text = build_text_encoder()
        self.image = PictureEncoder()
        self.project = nn.Linear(WIDTH, EMBEDDING, bias=False)
        self.read = nn.Linear(WIDTH, len(tags()))
        self.scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def forward(self, ids: Tensor, x: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and the share of captions whose own picture is the nearest in the batch."""
        end = self.text(input_ids=ids).pooler_output
        words = F.normalize(self.project(end).float(), dim=1)
        sights = F.normalize(self.image(x).float(), dim=1)
        logits = self.scale.clamp(max=math.log(60)).exp() * words @ sights.T
        own = torch.arange(len(ids))
        contrast = (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2
        naming = F.binary_cross_entropy_with_logits(self.read(end).float(), truth)
        return contrast + 2 * naming, (logits.argmax(1) == own).float().mean()


def draw_batch(
    pools: dict[str, tuple[np.ndarray, list[list[str]]]], rng: random.Random, batch: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Ids (cut to the longest caption), pictures at half size and the kept tags as 0/1 rows."""
    places = {tag: place for place, tag in enumerate(tags())}
    size = rng.choices(list(SIZES), weights=[3, 1, 1])[0]
    pixels, captions = pools[size]
    picked = [rng.randrange(len(captions)) for _ in range(batch)]
    truth = torch.zeros(batch, len(places))
    rows: list[list[int]] = []
    for row, index in enumerate(picked):
        kept = vary(captions[index], rng) or captions[index]
        for tag in kept:
            truth[row, places[tag]] = 1
        word = made_up_word(rng) if rng.random() < 0.3 else None
        rows.append(to_ids(kept, word, 0 if rng.random() < 0.6 else rng.randint(0, len(kept))))
    ids = torch.tensor(rows)
    used = int((ids != pieces().end).sum(1).max()) + 1
    x = F.avg_pool2d(to_float(pixels[picked]), 2).contiguous(memory_format=torch.channels_last)
    return ids[:, :used], x, truth


def naming_loss(
    model: Contrast, spell: nn.Linear, *, ids: Tensor, ends: Tensor, truth: Tensor
) -> tuple[Tensor, Tensor]:
    """Loss and the share of tags that are spelt right at their last token.

    ids (N, 77); ends (N, 77): at a tag's last token its number, elsewhere −1; truth (N, tags) 0/1.
    """
    states = model.text(input_ids=ids, output_hidden_states=True)
    first_end = (ids == pieces().end).int().argmax(1)
    some_pad = (first_end + torch.randint(0, LENGTH, first_end.shape)).clamp(max=LENGTH - 1)
    rows = torch.arange(len(ids))
    total = torch.zeros(())
    hits = torch.zeros(())
    for weight, hidden in (
        (1.0, states.last_hidden_state),
        (0.5, model.text.final_layer_norm(states.hidden_states[-2])),
    ):
        spelt = spell(hidden[ends >= 0]).float()
        total = total + weight * F.cross_entropy(spelt, ends[ends >= 0])
        for place in (first_end, some_pad):
            named = model.read(hidden[rows, place]).float()
            total = total + weight * 20 * F.binary_cross_entropy_with_logits(named, truth)
        if weight == 1.0:
            hits = (spelt.argmax(1) == ends[ends >= 0]).float().mean()
    return total, hits


def draw_names(captions: list[list[str]], rng: random.Random, batch: int) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, the tags' numbers at their last tokens, 0/1 truth; half real captions, half any tags in any order."""
    places = {tag: place for place, tag in enumerate(tags())}
    ids = torch.zeros(batch, LENGTH, dtype=torch.long)
    ends = torch.full((batch, LENGTH), -1)
    truth = torch.zeros(batch, len(places))
    for row in range(batch):
        kept = vary(rng.choice(captions), rng) if row % 2 else rng.sample(tags(), rng.randrange(1, 16))
        word = made_up_word(rng) if rng.random() < 0.3 else None
        before = 0 if rng.random() < 0.6 else rng.randint(0, len(kept))
        ids[row] = torch.tensor(to_ids(kept, word, before))
        at = 0
        for number, tag in enumerate(kept):
            at += len(pieces().tags[tag]) + (number > 0)
            inserted = 0 if word is None or number < before else len(word) + (before < len(kept) or before > 0)
            if at + inserted < LENGTH - 1:
                ends[row, at + inserted] = places[tag]
                truth[row, places[tag]] = 1
    return ids, ends, truth


def train_naming(steps: int, batch: int, lr: float) -> None:
    """The second stage, on text alone, from the first stage's weights; writes the text encoder."""
    torch.manual_seed(7)
    model = Contrast()
    spell = nn.Linear(WIDTH, len(tags()))
    parts = nn.ModuleList([model, spell])
    table = model.text.embeddings
    plain = [table.token_embedding.weight, table.position_embedding.weight, model.read.weight, spell.weight]
    optimizer = Muon(parts.parameters(), lr, plain)
    path = BUILD / "text-naming.pt"
    start = 0
    if saved := load_snapshot(path):
        parts.load_state_dict(saved["parts"])
        optimizer.load_state_dict(saved["optimizer"])
        start = saved["step"]
    else:
        first = load_snapshot(BUILD / "text.pt")
        assert first is not None, "train the first stage first"
        model.load_state_dict(first["model"])
    captions = [found for size in SIZES for found in load("train", size)[1]]
    reporter = Reporter(steps)
    for step in range(start, steps):
        ids, ends, truth = draw_names(captions, random.Random(f"naming {step}"), batch)
        for group in optimizer.param_groups:
            group["lr"] = lr * min(1, (step + 1) / 30) * 0.5 * (1 + math.cos(math.pi * step / steps)) + 1e-6
        with torch.autocast("cpu", torch.bfloat16):
            loss, hits = naming_loss(model, spell, ids=ids, ends=ends, truth=truth)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parts.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        reporter.report(step + 1, loss.item(), hits=hits.item())
        if (step + 1) % 100 == 0 or step + 1 == steps:
            state = {"parts": parts.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1}
            save_snapshot(path, state)
    model.text.save_pretrained(BUILD / "text_encoder")


def train(steps: int, batch: int, lr: float) -> None:
    """The whole training; the text encoder is written at the end."""
    torch.manual_seed(3)
    model = Contrast()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.98), weight_decay=0.01)
    path = BUILD / "text.pt"
    start = 0
    if saved := load_snapshot(path):
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        start = saved["step"]
    pools = {size: load("train", size) for size in SIZES}
    reporter = Reporter(steps)
    for step in range(start, steps):
        ids, x, truth = draw_batch(pools, random.Random(f"text {step}"), batch)
        for group in optimizer.param_groups:
            group["lr"] = lr * min(1, (step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * step / steps)) + 1e-6
        with torch.autocast("cpu", torch.bfloat16):
            loss, hits = model(ids, x, truth)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        reporter.report(step + 1, loss.item(), hits=hits.item())
        if (step + 1) % 200 == 0 or step + 1 == steps:
            state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1}
            save_snapshot(path, state)
    model.text.save_pretrained(BUILD / "text_encoder")


def main() -> None:
    """Train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--batch", type=int, default=192)
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--naming", action="store_true", help="the second stage")
    args = parser.parse_args()
    stage = train_naming if args.naming else train
    stage(args.steps, args.batch, args.lr)


if __name__ == "__main__":
    main()
