export const en = {
  "tag.add": "Add a tag",
  "tag.delete": "Delete {tag}",
  "tag.tag": "Tag",
  "tag.count": "Pictures",
  "tag.none": "No tags yet.",
  "tag.find": "Show its pictures",
} as const;
