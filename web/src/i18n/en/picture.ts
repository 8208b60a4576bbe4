export const en = {
  "picture.previous": "Previous picture (←)",
  "picture.next": "Next picture (→)",
  "picture.repeats": "Repeats",
  "picture.repeatsDefault": "As the dataset",
  "picture.exclude": "Leave this picture out",
  "picture.delete": "Delete this picture",
  "picture.deleteSure": "Delete {name} for good?",
  "picture.asTags": "Tags",
  "picture.asText": "Text",
  "picture.caption": "Tags",
  "picture.position": "{index} of {count}",
  "picture.keys": "← → other pictures, Esc back to the grid",
} as const;
