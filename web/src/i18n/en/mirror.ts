export const en = {
  "mirror.title": "Mirror",
  "mirror.auto": "As the training says",
  "mirror.on": "Mirrored half the time",
  "mirror.off": "Never mirrored",
  "mirror.always": "Always mirrored",
  "mirror.label": "Mirrored",
} as const;
