export const en = {
  "regularization.title": "Regularization set",
  "regularization.intro":
    "Pictures of other things of the same class, shown beside yours while training, so that the base keeps what it knows. Most trainings do without them.",
  "regularization.there": "{count} picture is there|{count} pictures are there",
  "regularization.upload": "Upload pictures or a zip",
  "regularization.remove": "Delete all",
  "regularization.removeSure":
    "Delete the {count} regularization picture for good?|Delete all {count} regularization pictures for good?",
  "regularization.or": "Or let the base draw them",
  "regularization.prompt": "Class",
  "regularization.promptHint": "Without what is to be learnt, for example “a portrait of a girl”.",
  "regularization.count": "How many",
  "regularization.auto": "As many as an epoch needs",
  "regularization.draw": "Draw",
  "regularization.which": "Which pictures are shown",
  "regularization.learnt": "To learn ({count})",
  "regularization.set": "Regularization ({count})",
} as const;
