import { expect, test } from "vitest";
import { FRESH, type Form, countPictures, isPlain, toCellForm, toDrawing, toForm } from "./form";
import { readNumbers } from "./numbers";
import { missingTriggers, prefilled } from "./stacking";

const stack = [
  { file: "run:1/a.safetensors", weight: 0.8, on: true },
  { file: "run:2/b.safetensors", weight: 0.5, on: false },
  { file: "run:3/c.safetensors", weight: 1, on: true },
];
const form: Form = { ...FRESH, prompt: "mei, red hair", stack, seed: 7, size: "128x128" };

test("numbers are read as A1111 takes them", () => {
  expect(readNumbers("0.5, .75，1")).toEqual([0.5, 0.75, 1]);
  expect(readNumbers("1-3, 5")).toEqual([1, 2, 3, 5]);
  expect(readNumbers("10-30 (+10)")).toEqual([10, 20, 30]);
  expect(readNumbers("0-1 [5]")).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(readNumbers("-1-1")).toEqual([-1, 0, 1]);
  expect(readNumbers("3-1")).toEqual([3, 2, 1]);
  for (const wrong of ["", "a", "1-", "1-5 (0)", "0-1000000", "1 2"]) expect(readNumbers(wrong)).toBe(null);
});

test("plain pictures are seeds in a row, with the base beside them when asked", () => {
  const drawing = toDrawing({ ...form, count: 3, beside: true }, 0);
  expect(drawing.x).toEqual({ kind: "seed", values: [7, 8, 9] });
  expect(drawing.y).toEqual({ kind: "strength", values: [1, 0] });
  expect(drawing.adapters.map((one) => one.file)).toEqual(["run:1/a.safetensors", "run:3/c.safetensors"]);
  expect(isPlain(drawing)).toBe(true);
  expect(countPictures({ ...form, count: 3, beside: true })).toBe(6);
  expect(countPictures({ ...form, count: 3, beside: true, stack: [] })).toBe(3);
  expect(toDrawing({ ...form, seed: null }, 42).seed).toBe(42);
});

test("a form survives the way through a drawing", () => {
  const on = { ...form, stack: stack.filter((one) => one.on) };
  for (const one of [
    { ...on, count: 1 },
    { ...on, count: 5, beside: true },
  ])
    expect(toForm(toDrawing(one, 0))).toEqual(one);
  const grid: Form = {
    ...on,
    grid: true,
    axes: {
      x: { kind: "weight", layer: 1, search: "", text: "0, 0.5, 1", items: [] },
      y: { kind: "prompt", layer: 0, search: "red", text: "", items: ["red", "green"] },
      z: { kind: "checkpoint", layer: 0, search: "", text: "", items: ["run:1/a.safetensors", ""] },
    },
  };
  expect(toForm(toDrawing(grid, 0))).toEqual(grid);
  expect(countPictures(grid)).toBe(12);
});

test("an axis brings its LoRA in though it is switched off, and counts only what is used", () => {
  const axis = { kind: "weight" as const, layer: 1, search: "", text: "1", items: [] };
  const both = toDrawing({ ...form, grid: true, axes: { x: axis, y: null, z: null } }, 0);
  expect([both.adapters.length, both.x]).toEqual([3, { kind: "weight", adapter: 2, values: [1] }]);
  const last = toDrawing({ ...form, grid: true, axes: { x: { ...axis, layer: 2 }, y: null, z: null } }, 0);
  expect([last.adapters.length, last.x]).toEqual([2, { kind: "weight", adapter: 2, values: [1] }]);
});

test("one picture of a grid is asked for again by itself", () => {
  const drawing = {
    ...toDrawing({ ...form, stack: stack.slice(0, 1) }, 0),
    x: { kind: "weight" as const, adapter: 1, values: [0.4, 0.6] },
    y: { kind: "prompt" as const, search: "red", values: ["red", "$& green"] },
    z: { kind: "strength" as const, values: [1, 0.5] },
  };
  const one = toCellForm(drawing, { x: 1, y: 1, z: 1 });
  expect([one.prompt, one.stack[0]?.weight, one.count, one.grid]).toEqual(["mei, $& green hair", 0.3, 1, false]);
});

test("a LoRA comes with its trigger word and its own previews' settings", () => {
  const suggested = { base: "b", prompt: null, negative: "bad", steps: 16, cfg: 6, sampler: "Euler", size: null };
  const files = [1, 2].map((epoch) => ({ file: `run:9/${epoch}`, name: `${epoch}`, epoch, step: epoch, final: false }));
  const adapter = {
    kind: "run" as const,
    id: "9",
    name: "mei",
    family: "sd15",
    bases: [],
    triggers: ["mei"],
    files,
    suggested,
  };
  const made = prefilled({ ...form, prompt: "smile" }, adapter, "1");
  expect([made.prompt, made.negative, made.steps, made.sampler]).toEqual(["mei, smile", "bad", 16, "Euler"]);
  expect(made.stack).toEqual([{ file: "run:9/1", weight: 1, on: true }]);
  expect(missingTriggers(made, [adapter])).toEqual([]);
  expect(missingTriggers({ ...made, prompt: "" }, [adapter])).toEqual(["mei"]);
});
