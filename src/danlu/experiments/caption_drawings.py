"""What captions draw: each is drawn once with the same seeds, and kept in the user's cache under what it depends on."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from danlu.adapters.files import read_adapter
from danlu.adapters.injection import applied
from danlu.datasets.buckets import BucketConfig, choose_bucket, sizes_for
from danlu.datasets.captions import join_tags, split_tags
from danlu.datasets.pictures import Dataset, Picture
from danlu.families.base import BaseFacts, Family
from danlu.generation.draw import draw
from danlu.generation.pngtext import save_png, write_parameters
from danlu.generation.prompts import Prompt
from danlu.kit.cache_files import keep, spare_place, where_kept
from danlu.kit.hashes import known_sha256
from danlu.kit.places import cache_folder
from danlu.pipeline.pictures import Strength
from danlu.tagging.wording import escape_brackets
from danlu.training.precision import choose_compute

BATCH = 4
"""Drawings that are made, and stored, at once."""


@dataclass(frozen=True)
class CheckSettings:
    """How captions are drawn."""

    adapters: Sequence[Strength] = ()
    steps: int = 12
    cfg: float = 5.0
    seeds: int = 2
    """Drawings of each caption, whose distances are averaged."""


@dataclass(frozen=True)
class Drawing:
    """One drawing, made or still to be made."""

    prompt: Prompt
    stored_at: Path
    """In the user's cache."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        return where_kept(self.stored_at)

    @property
    def picture(self) -> Picture:
        """The drawing as a picture of no dataset, named by what it depends on."""
        return Picture(self.path, self.path.stem, 0, self.prompt.size, 1, None, None)


def plan_drawings(
    dataset: Dataset, pictures: Sequence[Picture], facts: BaseFacts, settings: CheckSettings
) -> list[list[Drawing]]:
    """For each picture its drawings, one a seed, at the size of the bucket that it would be trained in."""
    sizes = sizes_for(BucketConfig(), native_px=facts.native_px, step_px=facts.step_px)
    files = {part.header.path for component in facts.components.values() for part in component.parts.values()}
    weights = " ".join(known_sha256(file) for file in sorted(files))
    adapters = " ".join(f"{known_sha256(read_adapter(one.path).path)}:{one.strength}" for one in settings.adapters)
    drawer = f"{weights} {facts.prediction} {facts.zero_terminal_snr} {adapters}"
    planned: list[list[Drawing]] = []
    for picture in pictures:
        text = prompt_of(dataset, picture, has_adapters=bool(settings.adapters))
        size = choose_bucket(picture.framed_size, sizes)
        first = Prompt(text, size=size, steps=settings.steps, cfg=settings.cfg)
        prompts = [replace(first, seed=seed) for seed in range(settings.seeds)]
        planned.append([Drawing(prompt, _stored_at(f"{drawer} {prompt}")) for prompt in prompts])
    return planned


def prompt_of(dataset: Dataset, picture: Picture, *, has_adapters: bool) -> str:
    """A caption as a prompt. A base alone doesn't know the trigger word: what it stands for is written in its place."""
    concept, caption = dataset.concepts[picture.concept], picture.caption or ""
    if concept.trigger and concept.traits and not has_adapters:
        tags = split_tags(caption)
        if concept.trigger in tags:
            at = tags.index(concept.trigger)
            caption = join_tags([*tags[:at], *concept.traits, *tags[at + 1 :]])
    return escape_brackets(caption)


def draw_missing(
    found: tuple[type[Family], BaseFacts],
    drawings: Sequence[Drawing],
    settings: CheckSettings,
    on_picture: Callable[[int, int], None] | None = None,
) -> int:
    """Draw what isn't stored yet; returns how many. The base is only loaded if there is something to draw."""
    family, facts = found
    # The same caption twice is one drawing; those of one size share batches.
    unique = {drawing.path: drawing for drawing in drawings if not drawing.path.exists()}
    missing = sorted(unique.values(), key=lambda drawing: drawing.prompt.size)
    if not missing:
        return 0
    compute = choose_compute()
    base = family.load(facts, dtype=compute.dtype, device=compute.device)
    with applied(base, [(read_adapter(one.path), one.strength) for one in settings.adapters]):
        for start in range(0, len(missing), BATCH):
            if on_picture:
                on_picture(start, len(missing))
            batch = missing[start : start + BATCH]
            made = draw(base, [drawing.prompt for drawing in batch], batch_size=BATCH)
            for drawing, pixels in zip(batch, made, strict=True):
                place = spare_place(drawing.stored_at)
                save_png(pixels, place, write_parameters(drawing.prompt, extra={"Model": facts.name}))
                if keep(drawing.stored_at, place.read_bytes()):
                    place.unlink()
    if on_picture:
        on_picture(len(missing), len(missing))
    return len(missing)


def _stored_at(content: str) -> Path:
    name = hashlib.sha256(content.encode()).hexdigest()
    return cache_folder() / "caption-check" / name[:2] / f"{name}.png"
