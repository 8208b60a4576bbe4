import type { Schemas } from "@/api/client";
import { type Form, type Layer, SAMPLERS } from "./form";

type Adapter = Schemas["AdapterShape"];
type File = Schemas["AdapterFileShape"];

/** What a file on the stack belongs to; null if that isn't there any more. */
export function ownerOf(adapters: Adapter[], file: string): { adapter: Adapter; file: File } | null {
  for (const adapter of adapters) {
    const found = adapter.files.find((one) => one.file === file);
    if (found) return { adapter, file: found };
  }
  return null;
}

/** The adapters that may take the place of a file on the stack: its own first, then those for the same bases. */
export function alike(adapters: Adapter[], file: string): Adapter[] {
  const own = ownerOf(adapters, file)?.adapter;
  const fits = (one: Adapter) => !own?.family || !one.family || one.family === own.family;
  return [...(own ? [own] : []), ...adapters.filter((one) => one !== own && one.files.length > 0 && fits(one))];
}

/** The layer for an adapter newly put on the stack: the file that is named, or the one to take. */
export const layerOf = (adapter: Adapter, name?: string): Layer => ({
  file: adapter.files.find((one) => one.name === name)?.file ?? adapter.take ?? adapter.files.at(-1)?.file ?? "",
  weight: 1,
  on: true,
});

/** Trigger words of what is switched on that the prompt doesn't have yet. */
export function missingTriggers(form: Form, adapters: Adapter[]): string[] {
  const words = form.stack
    .filter((layer) => layer.on)
    .flatMap((layer) => ownerOf(adapters, layer.file)?.adapter.triggers ?? []);
  const prompt = form.prompt.toLowerCase();
  return [...new Set(words)].filter((word) => !prompt.includes(word.toLowerCase()));
}

/** A prompt that begins with a word. */
export const withTrigger = (prompt: string, word: string) => (prompt.trim() ? `${word}, ${prompt}` : word);

/** The form for trying one adapter: it alone on the stack, drawn as its own previews were. */
export function prefilled(form: Form, adapter: Adapter, name?: string): Form {
  const { suggested } = adapter;
  const triggered = (prompt: string) =>
    adapter.triggers.reduceRight(
      (text, word) => (text.toLowerCase().includes(word.toLowerCase()) ? text : withTrigger(text, word)),
      prompt,
    );
  const next: Form = { ...form, stack: [layerOf(adapter, name)], grid: false, axes: { x: null, y: null, z: null } };
  if (!suggested) return { ...next, prompt: triggered(form.prompt) };
  const sampler = SAMPLERS.find((one) => one === suggested.sampler);
  return {
    ...next,
    base: suggested.base ?? form.base,
    prompt: triggered(suggested.prompt ?? form.prompt),
    negative: suggested.negative,
    steps: suggested.steps,
    cfg: suggested.cfg,
    sampler: sampler ?? form.sampler,
    size: suggested.size ?? "",
  };
}
