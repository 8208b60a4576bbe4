/** The tags of a caption line. Chinese commas part tags too; underscores and case are kept as written. */
export function splitTags(text: string): string[] {
  const tags = text.split(/[,，\n]/).map((tag) => tag.trim());
  return [...new Set(tags.filter(Boolean))];
}

/** `tags` with those of `text` that aren't there yet at the end. */
export function mergeTags(tags: string[], text: string): string[] {
  const there = new Set(tags.map(key));
  return [...tags, ...splitTags(text).filter((tag) => !there.has(key(tag)))];
}

/** Tags are the same whatever their case and whether blanks are underscores. */
function key(tag: string): string {
  return tag.toLowerCase().replaceAll("_", " ");
}
