export const en = {
  "tag.add": "Add a tag",
  "tag.delete": "Delete {tag}",
  "tag.tag": "Tag",
  "tag.count": "Pictures",
  "tag.none": "No tags yet.",
  "tag.find": "Show its pictures",
  "tag.search": "Find a tag",
  "tag.rename": "Rename in all captions",
  "tag.merge": "Make one tag of these {count}",
  "tag.deleteMany": "Delete {count} tag from all captions|Delete {count} tags from all captions",
  "tag.newName": "New name",
} as const;
