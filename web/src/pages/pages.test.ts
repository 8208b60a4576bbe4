import { expect, test } from "vitest";
import { centred, fromPercent, toPercent } from "@/parts/crops";
import { duration } from "@/parts/format";
import { mergeTags, splitTags } from "@/parts/tags";
import { STILL, move, zoomed } from "@/parts/views";
import { range, search } from "./dataset/choosing";
import { nextSteps } from "./home/next";
import { flat } from "./run/flat";
import { NO_WISHES, epochsOf, recipeWith, repeatsOf } from "./train/wishes";

test("a crop box survives the way through per cent", () => {
  expect(fromPercent(toPercent([90, 3, 347, 259], 1023, 767), 1023, 767)).toEqual([90, 3, 347, 259]);
  expect(centred(2 / 3, 600, 600)).toEqual([100, 0, 500, 600]);
});

test("tags come apart at Chinese commas too, and are added once whatever their case", () => {
  expect(splitTags("a， b c,,a\nd")).toEqual(["a", "b c", "d"]);
  expect(mergeTags(["Long hair"], "long_hair, smile")).toEqual(["Long hair", "smile"]);
});

test("a span of time is told as closely as it matters", () => {
  expect([8, 200, 1468, 3900].map((one) => duration(one, "en"))).toEqual(["8 s", "3 min 20 s", "24 min", "1 h 5 min"]);
});

test("what lies under the pointer stays there while zooming, and whole is the least", () => {
  expect(zoomed(STILL, 2, { x: 50, y: 20 })).toEqual({ scale: 2, x: -50, y: -20 });
  expect(zoomed({ x: 9, y: 9, scale: 1.1 }, 0.5, { x: 0, y: 0 })).toEqual(STILL);
  expect(move({ row: 0, column: 1 }, -1, 1, 3, 2)).toEqual({ row: 0, column: 1 });
});

test("pictures are found by all words, and chosen from one to another", () => {
  const pictures = [
    { name: "a.png", caption: "Red hair, smile" },
    { name: "b.png", caption: null },
  ];
  expect(search(pictures, "hair red")).toEqual([pictures[0]]);
  expect(range(["a", "b", "c"], "c", "b")).toEqual(["b", "c"]);
});

test("the next step follows what is there", () => {
  const dataset = { id: "1", name: "Mei", pictures: 9, without_caption: 9 };
  const run = (state: "running" | "succeeded") => ({ id: "2", name: "mei", dataset_id: "1", job: { state } });
  const keys = (...all: Parameters<typeof nextSteps>) => nextSteps(...all).map((step) => step.key);
  expect(keys([], [])).toEqual(["home.next.dataset"]);
  expect(keys([dataset], [])).toEqual(["home.next.tag"]);
  expect(keys([{ ...dataset, without_caption: 0 }], [])).toEqual(["home.next.train"]);
  expect(keys([{ ...dataset, without_caption: 0 }], [run("running")])).toEqual(["home.next.watch"]);
  expect(keys([{ ...dataset, without_caption: 0 }], [run("succeeded")])).toEqual(["home.next.pick"]);
});

test("wishes are written into the draft and leave the rest alone", () => {
  const draft = { name: "mei", dataset: { repeats: 20, path: "." }, training: { length: "7 epochs", batch_size: 6 } };
  const recipe = recipeWith(draft, { ...NO_WISHES, epochs: 3, prompts: ["a girl", " "] });
  expect(recipe).toEqual({
    ...draft,
    training: { length: "3 epochs", batch_size: 6 },
    previews: { prompts: ["a girl"] },
  });
  expect([repeatsOf(draft), epochsOf(draft), epochsOf({ training: { length: "300 steps" } })]).toEqual([20, 7, null]);
});

test("nested settings become lines", () => {
  expect(flat({ optimizer: { lr: 0.1, eps: null }, prompts: ["a", "b"] })).toEqual([
    ["optimizer.lr", "0.1"],
    ["prompts", "a; b"],
  ]);
});
