export const en = {
  "health.base": "Base to train",
  "health.looking": "Checking the pictures: {done} of {total}",
  "health.good": "No problems found.",
  "health.fixAll": "Fix {count}",
  "health.fixSafe": "Fix everything that is safe ({count})",
  "health.problem": "Problem",
  "health.warning": "Warning",
  "health.note": "Note",
} as const;
