import type { Schemas } from "@/api/client";
import { splitTags } from "@/parts/tags";

type Operation = Schemas["TagEdit"]["operations"][number];

/** Each of these tags becomes what `name` says, once in each caption. */
export function renaming(tags: string[], name: string): Operation[] {
  const by = splitTags(name);
  const changing = tags.filter((tag) => by.length !== 1 || tag !== by[0]);
  return [...changing.map((tag): Operation => ({ kind: "replace", tag, by })), { kind: "dedupe" }];
}
