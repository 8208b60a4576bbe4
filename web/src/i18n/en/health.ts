export const en = {
  "health.looking": "Looking at the pictures: {done} of {total}",
  "health.good": "Nothing to complain about.",
  "health.fixAll": "Fix {count}",
  "health.fixSafe": "Fix everything that is safe ({count})",
  "health.problem": "problem",
  "health.warning": "warning",
  "health.note": "note",
} as const;
