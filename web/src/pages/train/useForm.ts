import { useCallback, useMemo } from "react";
import type { Values } from "@/api/recipes";
import { useDraft, useRecipeSchema, useRunRecipe } from "@/api/recipes";
import type { Schemas } from "@/api/client";
import { type Draft, type Theme, useKeptDraft } from "./draft";
import { type Section, type Table, changesTo, recipeOf, tablesOf, valueAt } from "./recipe";
import { startingFrom } from "./starts";

export interface Form {
  draft: Draft;
  update: (change: Partial<Draft>) => void;
  /** Forget everything that was changed. */
  startAfresh: () => void;
  sections: Section[];
  /** What changes are marked against: the theme's preset on the base, or the recipe of an earlier run; with what it starts from. */
  reference: Values | null;
  tables: Table[];
  recipe: Values | null;
  /** The base's id. */
  base: string;
  setTheme: (theme: Theme) => void;
  setBase: (base: string) => void;
  set: (slot: string, value: unknown) => void;
  reset: (slot: string) => void;
  /** Take over a whole recipe. */
  take: (recipe: Values) => void;
  notices: Schemas["Said"][];
  run: Schemas["RunRecipe"] | undefined;
  error: unknown;
}

/** A training being put together: what is kept of it, what it begins with, and the recipe that comes of both. */
export function useForm(dataset: string, runId: string, start: string, firstBase: string): Form {
  const [draft, setDraft, forget] = useKeptDraft(dataset, runId, start);
  const schema = useRecipeSchema();
  const again = useRunRecipe(runId);
  const preset = useDraft(runId ? "" : dataset, draft.base ?? firstBase, draft.theme);
  const given = (runId ? again.data?.recipe : preset.data?.recipe) ?? null;
  const reference = useMemo(() => given && startingFrom(given, start), [given, start]);
  const sections = useMemo(() => schema.data?.sections ?? [], [schema.data]);
  const tables = useMemo(
    () => (reference ? tablesOf(sections, reference, draft.changes) : []),
    [sections, reference, draft.changes],
  );
  const recipe = useMemo(
    () => (reference && sections.length > 0 ? recipeOf(reference, tables) : null),
    [reference, sections, tables],
  );
  const update = useCallback((change: Partial<Draft>) => setDraft((old) => ({ ...old, ...change })), [setDraft]);
  const set = useCallback(
    (slot: string, value: unknown) => setDraft((old) => ({ ...old, changes: { ...old.changes, [slot]: value } })),
    [setDraft],
  );
  const reset = useCallback(
    (slot: string) => setDraft((old) => ({ ...old, changes: without(old.changes, slot) })),
    [setDraft],
  );
  const setBase = useCallback(
    (base: string) =>
      setDraft((old) =>
        runId
          ? { ...old, changes: { ...old.changes, [BASE]: base } }
          : { ...old, base, changes: without(old.changes, BASE) },
      ),
    [setDraft, runId],
  );
  const take = (whole: Values) => reference && update({ changes: changesTo(sections, reference, whole), toml: null });
  return {
    draft,
    update,
    startAfresh: forget,
    sections,
    reference,
    tables,
    recipe,
    base: String((recipe && valueAt(recipe, BASE)) ?? draft.base ?? firstBase),
    setTheme: (theme) => update({ theme }),
    setBase,
    set,
    reset,
    take,
    notices: preset.data?.notices ?? [],
    run: again.data,
    error: schema.error ?? (runId ? again.error : preset.error),
  };
}

/** The slot of the base: the one setting whose choice also chooses another preset. */
const BASE = "base.path";

function without(changes: Draft["changes"], slot: string): Draft["changes"] {
  return Object.fromEntries(Object.entries(changes).filter(([one]) => one !== slot));
}
