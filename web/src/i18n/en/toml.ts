export const en = {
  "toml.label": "Recipe as TOML",
  "toml.hint": "What differs from the defaults; what isn't written is left at its default. Ctrl+Enter applies.",
  "toml.apply": "Apply",
  "toml.discard": "Discard",
  "toml.copy": "Copy",
  "toml.copied": "Copied",
  "toml.download": "Download",
  "toml.open": "Open a file",
  "toml.edited": "Not applied yet",
  "toml.waits": "The TOML view holds changes that aren't applied: this training begins without them.",
  "toml.wait": "Written as soon as the plan is there.",
} as const;
