"""What recipes can be made of here: bases and taggers that lie on this machine, themes."""

from fastapi import APIRouter

from danlu.cropping.sizes import standard_sizes
from danlu.datasets.buckets import BucketConfig, sizes_for
from danlu.kit.language import Text
from danlu.pipeline.start import read_preset
from danlu.studio.bases import FoundBase, find_bases, find_taggers
from danlu.studio.context import Owner, TheStudio
from danlu.studio.shapes.common import said
from danlu.studio.shapes.recipes import BaseShape, BasesShape, TaggerShape, ThemeShape, UnusableBase
from danlu.tagging.base import find_tagger

router = APIRouter(tags=["bases"])
THEMES = {
    "anime": Text("Anime character", "二次元人物"),
    "real": Text("Real person", "真实人物"),
    "2.5d": Text("2.5D", "2.5D"),
    "standard": Text("Standard", "标准"),
}


@router.get("/bases")
def get_bases(studio: TheStudio, owner: Owner) -> BasesShape:
    """Bases on this machine: the embedded one, and those in the folders of the settings."""
    found, unusable = find_bases(studio, owner)
    return BasesShape(
        bases=[_shape(one) for one in found],
        unusable=[UnusableBase(name=name, text=said(text)) for name, text in unusable],
    )


@router.get("/taggers")
def get_taggers(studio: TheStudio, owner: Owner) -> list[TaggerShape]:
    """Taggers on this machine: the embedded one, and those in the folders of the settings."""
    return [
        TaggerShape(id=one.id, name=one.name, embedded=one.embedded, knows=said(find_tagger(one.path).about.knows))
        for one in find_taggers(studio, owner)
    ]


@router.get("/themes")
def get_themes() -> list[ThemeShape]:
    """Presets of settings by what is to be drawn."""
    return [ThemeShape(id=name, title=said(title), values=read_preset(name)) for name, title in THEMES.items()]


def _shape(base: FoundBase) -> BaseShape:
    facts = base.facts
    return BaseShape(
        id=base.id,
        name=base.name,
        family=facts.family,
        family_title=base.family.title,
        native_px=facts.native_px,
        size_bytes=base.size_bytes,
        embedded=base.embedded,
        clip_skips=facts.max_clip_skip,
        sizes=[str(one) for one in sizes_for(BucketConfig(), native_px=facts.native_px, step_px=facts.step_px)],
        usual_sizes=[str(one) for one in standard_sizes(facts.native_px)],
    )
