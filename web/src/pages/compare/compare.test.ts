import { expect, test } from "vitest";
import type { Schemas } from "@/api/client";
import { aligned, smoothed } from "@/parts/curves";
import { flat, sideBySide } from "@/parts/settings";
import { besideOf, read, written } from "@/parts/views";
import { align } from "./align";

type Row = Schemas["PreviewRow"];

const picture = (prompt: string, seed: number, url: string) => ({
  prompt,
  seed,
  url,
  width: 8,
  height: 8,
  parameters: "",
});
const row = (epoch: number | null, ...pictures: Row["pictures"]): Row => ({ epoch, step: null, pictures });

test("previews are aligned by prompt, seed and epoch, whatever their place in a run", () => {
  const first = [row(null, picture("a", 1, "a0")), row(1, picture("a", 1, "a1"), picture("b", 2, "b1"))];
  const second = [row(2, picture("b", 2, "B2"), null), row(1, picture("b", 2, "B1"), picture("a", 7, "other seed"))];
  const groups = align([
    { prompts: ["a", "b"], rows: first },
    { prompts: ["b", "a"], rows: second },
  ]);
  expect(
    groups.map(({ prompt, seed, rows }) => [prompt, seed, rows.map((one) => [one.epoch, ...one.pictures])]),
  ).toEqual([
    [
      "a",
      1,
      [
        [null, "a0", null],
        [1, "a1", null],
      ],
    ],
    [
      "b",
      2,
      [
        [1, "b1", "B1"],
        [2, null, "B2"],
      ],
    ],
    ["a", 7, [[1, null, "other seed"]]],
  ]);
});

test("a picture within an epoch stands before the epoch's end", () => {
  const within: Row = { epoch: 1, step: 3, pictures: [picture("a", 1, "x")] };
  const [group] = align([{ prompts: ["a"], rows: [row(1, picture("a", 1, "end")), within] }]);
  expect(group?.rows.map((one) => one.step)).toEqual([3, null]);
});

test("settings side by side tell what differs, also where one isn't set", () => {
  const settings = sideBySide([
    { optimizer: { lr: 0.1, eps: null }, prompts: ["a", "b"] },
    { optimizer: { lr: 0.2, eps: 1 }, prompts: ["a", "b"] },
  ]);
  expect(settings).toEqual([
    { key: "optimizer.lr", values: ["0.1", "0.2"], differs: true },
    { key: "prompts", values: ["a; b", "a; b"], differs: false },
    { key: "optimizer.eps", values: [null, "1"], differs: true },
  ]);
  expect(flat({ name: "", tags: [] })).toEqual([]);
});

test("curves of unequal length share one axis", () => {
  const lines = [
    { steps: [1, 2], values: [5, 6] },
    { steps: [2, 4], values: [7, null] },
  ];
  expect(aligned(lines)).toEqual([
    [1, 2, 4],
    [5, 6, null],
    [null, 7, null],
  ]);
});

test("smoothing begins without bias, keeps a constant, and leaves gaps", () => {
  expect(smoothed([3, 3, null, 3], 0.9).map((one) => one && Math.round(one * 1e9) / 1e9)).toEqual([3, 3, null, 3]);
  expect(smoothed([1, 5], 0)).toEqual([1, 5]);
  const [first, second] = smoothed([0, 1], 0.5);
  expect([first, second]).toEqual([0, 2 / 3]);
});

test("the place of a preview survives its address", () => {
  expect(read(written({ row: 2, column: 1 }))).toEqual({ row: 2, column: 1 });
  expect(read("2-x")).toBeNull();
  expect(besideOf("r0", { row: 2, column: 1 })).toEqual({ row: 0, column: 1 });
  expect(besideOf("c3", { row: 2, column: 1 })).toEqual({ row: 2, column: 3 });
  expect(besideOf("evil", { row: 2, column: 1 })).toBeNull();
});
