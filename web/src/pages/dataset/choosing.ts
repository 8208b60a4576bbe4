/** Pictures of which every word is in the name or the caption, whatever the case. */
export function search<T extends { name: string; caption: string | null }>(pictures: T[], words: string): T[] {
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (parts.length === 0) return pictures;
  return pictures.filter((picture) => {
    const text = `${picture.name} ${picture.caption ?? ""}`.toLowerCase();
    return parts.every((part) => text.includes(part));
  });
}

/** The names from one to another, whichever comes first. */
export function range(names: string[], from: string, to: string): string[] {
  const ends = [names.indexOf(from), names.indexOf(to)].sort((a, b) => a - b);
  return names.slice(Math.max(0, ends[0] ?? 0), (ends[1] ?? -1) + 1);
}
