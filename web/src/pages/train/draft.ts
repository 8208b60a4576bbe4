import { useLocalStorage } from "@mantine/hooks";
import type { Schemas } from "@/api/client";
import type { Changes } from "./recipe";

export type Theme = NonNullable<Schemas["DraftOrder"]["theme"]>;
export const THEMES: Theme[] = ["anime", "real", "2.5d", "standard"];

/** A training that isn't handed in yet. It is kept in the browser, so that a reload, or a walk to another page, loses nothing. */
export interface Draft {
  theme: Theme;
  /** A base's id; null is the first. */
  base: string | null;
  changes: Changes;
  /** The recipe's text while somebody writes in it and hasn't applied it. */
  toml: string | null;
  /** What was handed in last, and by which key: the same again is the same training. */
  sent: { key: string; body: string } | null;
}

export const FRESH: Draft = { theme: "anime", base: null, changes: {}, toml: null, sent: null };

/** What was kept, as far as it still can be understood. */
export function readDraft(text: string | undefined): Draft {
  try {
    const kept = JSON.parse(text ?? "null") as Partial<Draft> | null;
    if (kept === null || typeof kept !== "object") return FRESH;
    return {
      theme: THEMES.find((one) => one === kept.theme) ?? FRESH.theme,
      base: typeof kept.base === "string" ? kept.base : null,
      changes: typeof kept.changes === "object" && kept.changes !== null ? kept.changes : {},
      toml: typeof kept.toml === "string" ? kept.toml : null,
      sent: typeof kept.sent?.key === "string" && typeof kept.sent.body === "string" ? kept.sent : null,
    };
  } catch {
    return FRESH;
  }
}

/** The draft for a dataset; one that begins with an earlier run, or goes on from an adapter, has its own. */
export function useKeptDraft(dataset: string, run: string, start: string) {
  return useLocalStorage<Draft>({
    key: `danlu-draft-${[dataset, run, start].filter(Boolean).join("-")}`,
    defaultValue: FRESH,
    getInitialValueInEffect: false,
    deserialize: readDraft,
  });
}

/** The key to hand a training in by: a new one for another training, the last one for the same again. */
export function keyFor(draft: Draft, body: string): string {
  return draft.sent?.body === body ? draft.sent.key : crypto.randomUUID();
}
