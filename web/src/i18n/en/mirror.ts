export const en = {
  "mirror.title": "Mirror",
  "mirror.auto": "As the training says",
  "mirror.on": "Now and then mirrored (every second time)",
  "mirror.off": "Never mirrored",
  "mirror.always": "Always mirrored",
  "mirror.label": "Mirrored",
} as const;
