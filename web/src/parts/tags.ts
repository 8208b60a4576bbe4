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

/** A tag that may be added: how many pictures have it, and what it means in Chinese, as far as that is known. */
export interface Suggestion {
  tag: string;
  count?: number;
  zh?: string | null;
}

/** What to propose while somebody types: tags of the dataset, then those that taggers know; not those taken already. */
export function suggest(text: string, own: Suggestion[], known: Suggestion[], taken: string[], most = 12) {
  const wanted = key(text.trim());
  const seen = new Set(taken.map(key));
  const fits = ({ tag, zh }: Suggestion) => key(tag).includes(wanted) || Boolean(zh?.includes(wanted));
  const found: Suggestion[] = [];
  for (const one of [...own, ...known]) {
    if (found.length >= most) break;
    if (seen.has(key(one.tag)) || !fits(one)) continue;
    seen.add(key(one.tag));
    found.push(one);
  }
  return found;
}
