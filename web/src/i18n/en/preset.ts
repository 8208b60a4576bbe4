export const en = {
  "preset.mine": "My presets",
  "preset.none": "None saved yet",
  "preset.remove": "Remove the preset {name}",
  "preset.save": "Save these changes as a preset…",
  "preset.title": "Save as a preset",
  "preset.hint":
    "What you changed here is saved, and goes on top of the settings of another training. The training's own name and what it goes on from aren't part of it.",
  "preset.name": "Name of the preset",
  "preset.replaces": "There is one of this name: it is replaced.",
  "preset.saveIt": "Save",
} as const;
