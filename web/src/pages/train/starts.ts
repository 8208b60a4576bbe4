import type { Schemas } from "@/api/client";
import type { Values } from "@/api/recipes";
import { isTable } from "./recipe";

type Adapters = Schemas["AdapterShape"][];

/** Adapter files that a training may go on from, by the references that the studio knows them by; the newest first. */
export const referencesOf = (adapters: Adapters) =>
  adapters.flatMap((adapter) =>
    adapter.files.toReversed().map((file) => ({ value: file.file, label: `${adapter.name} · ${file.name}` })),
  );

/** What a reference is called; of a file that isn't here any more, the end of the reference. */
export const nameOfReference = (reference: string, adapters: Adapters) =>
  referencesOf(adapters).find((one) => one.value === reference)?.label ?? reference.split(/[/:]/).pop() ?? reference;

/** A recipe that begins from an adapter file. */
export function startingFrom(recipe: Values, start: string): Values {
  const adapter = isTable(recipe.adapter) ? recipe.adapter : {};
  return start ? { ...recipe, adapter: { ...adapter, start_from: start } } : recipe;
}
