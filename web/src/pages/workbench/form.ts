import type { Schemas } from "@/api/client";
import { readNumbers } from "./numbers";

type Drawing = Schemas["Drawing"];
export type Axis = NonNullable<Drawing["x"]>;
export type Sampler = Drawing["sampler"];
export type Kind = Axis["kind"];
export type Side = "x" | "y" | "z";

export const SIDES: Side[] = ["x", "y", "z"];
export const SAMPLERS: Sampler[] = ["DPM++ 2M Karras", "DPM++ 2M", "Euler a", "Euler", "DDIM"];
export const KINDS: Kind[] = [
  "checkpoint",
  "weight",
  "strength",
  "prompt",
  "seed",
  "sampler",
  "steps",
  "cfg",
  "clip_skip",
];
export const MOST_CELLS = 400;

/** A LoRA on the stack; switched off it keeps its place and its weight. */
export interface Layer {
  file: string;
  weight: number;
  on: boolean;
}

/** What changes along a side, as it is being written: `text` holds numbers, `items` files, samplers or parts of a prompt. */
export interface AxisForm {
  kind: Kind;
  /** The place of its LoRA on the stack. */
  layer: number;
  search: string;
  text: string;
  items: string[];
}

/** All that the workbench asks for. */
export interface Form {
  base: string;
  prompt: string;
  negative: string;
  sampler: Sampler;
  steps: number;
  cfg: number;
  size: string;
  clipSkip: number;
  /** Null: another one each time. */
  seed: number | null;
  count: number;
  beside: boolean;
  stack: Layer[];
  grid: boolean;
  axes: Record<Side, AxisForm | null>;
}

export const FRESH: Form = {
  base: "danlu-mini",
  prompt: "",
  negative: "",
  sampler: "DPM++ 2M Karras",
  steps: 20,
  cfg: 7,
  size: "",
  clipSkip: 1,
  seed: null,
  count: 4,
  beside: false,
  stack: [],
  grid: false,
  axes: { x: null, y: null, z: null },
};

const NUMERIC: Kind[] = ["weight", "strength", "seed", "steps", "cfg", "clip_skip"];
export const isNumeric = (kind: Kind) => NUMERIC.includes(kind);
export const hasLayer = (kind: Kind) => kind === "checkpoint" || kind === "weight";

/** How many values an axis has; 0 if they aren't written right yet. */
export function countValues(axis: AxisForm | null): number {
  if (axis === null) return 1;
  return isNumeric(axis.kind) ? (readNumbers(axis.text)?.length ?? 0) : axis.items.length;
}

/** How many pictures the form asks for. */
export function countPictures(form: Form): number {
  if (!form.grid) return form.count * (isBeside(form) ? 2 : 1);
  return SIDES.reduce((product, side) => product * countValues(form.axes[side]), 1);
}

/** What to order for a form. `random` is the seed to take where the form leaves it open. */
export function toDrawing(form: Form, random: number): Schemas["NewDrawing"] {
  const seed = form.seed ?? random;
  const used = form.stack.map((layer, place) => layer.on || isChanged(form, place));
  const place = (layer: number) => used.slice(0, layer + 1).filter(Boolean).length;
  const plain: Record<Side, Axis | null> = {
    x: form.count > 1 ? { kind: "seed", values: Array.from({ length: form.count }, (_, one) => seed + one) } : null,
    y: isBeside(form) ? { kind: "strength", values: [1, 0] } : null,
    z: null,
  };
  const grid = (side: Side) => {
    const axis = form.axes[side];
    return axis && toAxis(axis, place(axis.layer));
  };
  return {
    kind: "draw",
    base: form.base,
    prompt: form.prompt,
    negative: form.negative,
    seed,
    steps: form.steps,
    cfg: form.cfg,
    sampler: form.sampler,
    size: form.size || null,
    clip_skip: form.clipSkip,
    max_tokens: 75,
    adapters: form.stack.filter((_, index) => used[index]).map(({ file, weight }) => ({ file, weight })),
    ...(form.grid ? { x: grid("x"), y: grid("y"), z: grid("z") } : plain),
  };
}

/** A form that asks for the same again. Plain pictures with their seeds in a row come back as a number of pictures. */
export function toForm(drawing: Drawing): Form {
  const plain = isPlain(drawing);
  const axis = (side: Side) => {
    const found = drawing[side];
    return found && !plain ? fromAxis(found) : null;
  };
  return {
    base: drawing.base,
    prompt: drawing.prompt,
    negative: drawing.negative,
    sampler: drawing.sampler,
    steps: drawing.steps,
    cfg: drawing.cfg,
    size: drawing.size ?? "",
    clipSkip: drawing.clip_skip,
    seed: drawing.seed,
    count: plain && drawing.x?.kind === "seed" ? drawing.x.values.length : plain ? 1 : FRESH.count,
    beside: plain && drawing.y !== null && drawing.y !== undefined,
    stack: drawing.adapters.map(({ file, weight }) => ({ file, weight, on: true })),
    grid: !plain,
    axes: { x: axis("x"), y: axis("y"), z: axis("z") },
  };
}

/** Whether a drawing is a row of seeds, perhaps with the base's own pictures beside, and no grid. */
export function isPlain(drawing: Drawing): boolean {
  const { x, y, z } = drawing;
  const seeds = !x || (x.kind === "seed" && x.values.every((one, place) => one === drawing.seed + place));
  return seeds && (!y || (y.kind === "strength" && y.values.join() === "1,0")) && !z;
}

/** Where a cell of a grid stands. */
export type Spot = Record<Side, number>;

/** A form for the picture of one cell alone. */
export function toCellForm(drawing: Drawing, spot: Spot): Form {
  let form: Form = { ...toForm({ ...drawing, x: null, y: null, z: null }), count: 1 };
  for (const side of SIDES) {
    const axis = drawing[side];
    if (axis) form = withValue(form, axis, spot[side]);
  }
  return { ...form, stack: form.stack.filter((layer) => layer.file !== "") };
}

function withValue(form: Form, axis: Axis, place: number): Form {
  const layer = (number: number, change: Partial<Layer>) => ({
    ...form,
    stack: form.stack.map((one, index) => (index === number - 1 ? { ...one, ...change } : one)),
  });
  switch (axis.kind) {
    case "seed":
      return { ...form, seed: axis.values[place] ?? form.seed };
    case "steps":
      return { ...form, steps: axis.values[place] ?? form.steps };
    case "cfg":
      return { ...form, cfg: axis.values[place] ?? form.cfg };
    case "clip_skip":
      return { ...form, clipSkip: axis.values[place] ?? form.clipSkip };
    case "sampler":
      return { ...form, sampler: axis.values[place] ?? form.sampler };
    case "weight":
      return layer(axis.adapter, { weight: axis.values[place] ?? 1 });
    case "checkpoint":
      return layer(axis.adapter, { file: axis.files[place] ?? "" });
    case "strength": {
      const factor = axis.values[place] ?? 1;
      return { ...form, stack: form.stack.map((one) => ({ ...one, weight: one.weight * factor })) };
    }
    case "prompt": {
      const by = axis.values[place] ?? axis.search;
      const replace = (text: string) => text.replaceAll(axis.search, () => by);
      return { ...form, prompt: replace(form.prompt), negative: replace(form.negative) };
    }
  }
}

const isBeside = (form: Form) => form.beside && form.stack.some((layer) => layer.on);

const isChanged = (form: Form, layer: number) =>
  form.grid && SIDES.some((side) => hasLayer(form.axes[side]?.kind ?? "seed") && form.axes[side]?.layer === layer);

function toAxis(axis: AxisForm, adapter: number): Axis {
  const { kind, items, search } = axis;
  const values = readNumbers(axis.text) ?? [];
  if (kind === "checkpoint") return { kind, adapter, files: items };
  if (kind === "weight") return { kind, adapter, values };
  if (kind === "sampler") return { kind, values: items as Sampler[] };
  if (kind === "prompt") return { kind, search, values: items };
  return { kind, values };
}

function fromAxis(axis: Axis): AxisForm {
  const form: AxisForm = { kind: axis.kind, layer: 0, search: "", text: "", items: [] };
  if (axis.kind === "checkpoint") return { ...form, layer: axis.adapter - 1, items: axis.files };
  if (axis.kind === "sampler") return { ...form, items: axis.values };
  if (axis.kind === "prompt") return { ...form, search: axis.search, items: axis.values };
  return { ...form, layer: axis.kind === "weight" ? axis.adapter - 1 : 0, text: axis.values.join(", ") };
}
