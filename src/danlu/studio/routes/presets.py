"""Presets: settings saved under a name."""

from fastapi import APIRouter, Response

from danlu.studio.context import Owner, TheStudio
from danlu.studio.presets import drop_preset, presets_of, save_preset
from danlu.studio.shapes.recipes import PresetShape

router = APIRouter(tags=["recipes"])


@router.get("/presets")
def get_presets(studio: TheStudio, owner: Owner) -> list[PresetShape]:
    """What the owner has saved, by name."""
    return [PresetShape(name=name, settings=settings) for name, settings in presets_of(studio, owner).items()]


@router.put("/presets")
def put_preset(preset: PresetShape, studio: TheStudio, owner: Owner) -> PresetShape:
    """Save settings under a name, in place of what had it; they must make sense together."""
    save_preset(studio, owner, preset.name, preset.settings)
    return PresetShape(name=preset.name, settings=presets_of(studio, owner)[preset.name])


@router.delete("/presets", status_code=204, response_class=Response)
def delete_preset(name: str, studio: TheStudio, owner: Owner) -> None:
    """Remove a preset."""
    drop_preset(studio, owner, name)
