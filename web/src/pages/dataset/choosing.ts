interface Found {
  name: string;
  caption: string | null;
  tags: string[];
}

/** Pictures of which every word is in the name or the caption, whatever the case; words in quotes are a whole tag. */
export function search<T extends Found>(pictures: T[], words: string): T[] {
  const parts = words.toLowerCase().match(/"[^"]*"|[^\s"]+/g) ?? [];
  if (parts.length === 0) return pictures;
  return pictures.filter((picture) => {
    const text = `${picture.name} ${picture.caption ?? ""}`.toLowerCase();
    const tags = picture.tags.map((tag) => tag.toLowerCase());
    return parts.every((part) => (part.startsWith('"') ? tags.includes(part.slice(1, -1)) : text.includes(part)));
  });
}

/** The names from one to another, whichever comes first. */
export function range(names: string[], from: string, to: string): string[] {
  const ends = [names.indexOf(from), names.indexOf(to)].sort((a, b) => a - b);
  return names.slice(Math.max(0, ends[0] ?? 0), (ends[1] ?? -1) + 1);
}
