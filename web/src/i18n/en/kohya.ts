export const en = {
  "kohya.open": "Import kohya",
  "kohya.title": "Import kohya's settings",
  "kohya.hint":
    "Settings saved by kohya's GUI (JSON), or sd-scripts' config file (TOML), also together with its dataset config. You see what becomes of each before anything is changed.",
  "kohya.file": "Choose a file",
  "kohya.paste": "Or paste its text",
  "kohya.read": "Read",
  "kohya.back": "Another file",
  "kohya.use": "Fill the form",
  "kohya.dropped": "{count} setting not carried over|{count} settings not carried over",
  "kohya.carried": "{count} setting carried over|{count} settings carried over",
  "kohya.changed": "{count} setting changed to the nearest|{count} settings changed to the nearest",
  "kohya.unsaid": "Not in the file: kohya's own defaults",
} as const;
