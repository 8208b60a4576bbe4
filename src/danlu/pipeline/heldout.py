"""What held-out pictures are measured with: for each the same samples every time, with the same noise and timesteps."""

from dataclasses import dataclass, replace
from functools import cached_property

from danlu.cache.latents import LatentSource
from danlu.datasets.augmentation import plain_rendition
from danlu.datasets.captions import possible_captions
from danlu.datasets.framing import framing_of
from danlu.kit.files import file_sha256
from danlu.recipe import Recipe
from danlu.training.randomness import draw_sample, key_of
from danlu.training.step import Sample

TIMESTEPS = 4
"""A picture is measured in the middle of so many equal parts of the range of timesteps."""


@dataclass(frozen=True)
class HeldOutSamples:
    """The samples of held-out pictures, by the picture's place among them."""

    recipe: Recipe
    latents: LatentSource

    @cached_property
    def _seeds(self) -> list[int]:
        """By content, so that a picture more or less changes nothing for the others."""
        seed = self.recipe.validation.seed
        return [
            key_of("validation", seed, file_sha256(one.path), *([one.view] if one.view else []))
            for one in self.latents.pictures
        ]

    def __call__(self, index: int) -> list[Sample]:
        """One picture as it is, with its caption as one would write it as a prompt, once for each timestep."""
        picture = self.latents.pictures[index]
        latents = self.latents[index, plain_rendition(picture)]
        caption = possible_captions(picture.caption or "", self.recipe.dataset.captions)[0]
        channels, height, width = latents.mean.shape
        framing = framing_of(picture, self.latents.buckets[index], flipped=picture.is_mirrored)
        samples: list[Sample] = []
        for place in range(TIMESTEPS):
            draw = draw_sample(
                (channels, height, width), self.recipe.objective, seed=self._seeds[index], epoch=0, place=place
            )
            samples.append(Sample(latents, replace(draw, uniform=0.5), caption, None, framing, 1.0))
        return samples
