/** What a prompt calls a LoRA file. */
export const stem = (file: string) => file.replace(/\.safetensors$/i, "");

/** As A1111 and Forge read it, and nodes for ComfyUI that take LoRAs from the prompt. */
export function promptFor(file: string, weight: number, triggers: string[]): string {
  return [`<lora:${stem(file)}:${short(weight)}>`, ...triggers].join(", ");
}

/** The values of ComfyUI's own node "Load LoRA"; the trigger words go into the prompt. */
export function nodeFor(file: string, weight: number): string {
  const strength = weight.toFixed(2);
  return `lora_name: ${file}\nstrength_model: ${strength}\nstrength_clip: ${strength}`;
}

/** The path in its run of a preview's address. */
export function previewPath(url: string): string {
  return decodeURIComponent(url.split("/files/")[1] ?? "").split("?")[0] ?? "";
}

export interface Fact {
  key: string;
  value: string;
}

/** What a file says of how it was trained: its recipe setting by setting if it has one, then all else. */
export function factsOf(metadata: Record<string, string>): Fact[] {
  const { danlu_recipe: recipe, ...rest } = metadata;
  const settings = flat("", parsed(recipe ?? "{}")).filter(({ value }) => value !== "");
  const others = Object.entries(rest)
    .filter(([, value]) => value !== "" && value !== "None")
    .map(([key, value]) => ({ key, value }));
  return [...settings, ...others];
}

const short = (weight: number) => String(Math.round(weight * 100) / 100);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function flat(key: string, value: unknown): Fact[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return [{ key, value: value.join("; ") }];
  if (typeof value !== "object") return key ? [{ key, value: String(value) }] : [];
  return Object.entries(value).flatMap(([name, one]) => flat(key ? `${key}.${name}` : name, one));
}
