import type { Values } from "@/api/recipes";

/** What the basic mode asks for; null and empty leave it to the draft. */
export interface Wishes {
  name: string;
  repeats: number | null;
  epochs: number | null;
  prompts: string[];
}

export const NO_WISHES: Wishes = { name: "", repeats: null, epochs: null, prompts: [] };

/** A draft with the wishes written into it. */
export function recipeWith(draft: Values, wishes: Wishes): Values {
  const prompts = wishes.prompts.map((one) => one.trim()).filter(Boolean);
  return {
    ...draft,
    ...(wishes.name.trim() && { name: wishes.name.trim() }),
    ...(wishes.repeats !== null && { dataset: { ...table(draft.dataset), repeats: wishes.repeats } }),
    ...(wishes.epochs !== null && { training: { ...table(draft.training), length: `${wishes.epochs} epochs` } }),
    ...(prompts.length > 0 && { previews: { ...table(draft.previews), prompts } }),
  };
}

export function repeatsOf(recipe: Values | undefined): number | null {
  const repeats = table(recipe?.dataset).repeats;
  return typeof repeats === "number" ? repeats : null;
}

/** How many epochs a recipe has; null if it says steps. */
export function epochsOf(recipe: Values | undefined): number | null {
  const length = /^(\d+) epochs?$/.exec(String(table(recipe?.training).length ?? ""));
  return length ? Number(length[1]) : null;
}

function table(value: unknown): Values {
  return typeof value === "object" && value !== null ? (value as Values) : {};
}
