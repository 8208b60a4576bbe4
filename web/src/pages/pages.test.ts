import { expect, test } from "vitest";
import { hand, nameOf, takeUp } from "@/api/arriving";
import { centred, fromPercent, inside, toPercent } from "@/parts/crops";
import { bytes, duration, figure, percent, ticks } from "@/parts/format";
import { mergeTags, splitTags, suggest } from "@/parts/tags";
import { flat } from "@/parts/settings";
import { STILL, move, zoomed } from "@/parts/views";
import { range, search } from "./dataset/choosing";
import { renaming } from "./dataset/renaming";
import { nextStage, stagesDone } from "./dataset/stages";
import { nextSteps } from "./home/next";

test("a crop box survives the way through per cent", () => {
  for (const room of [0, 0.25]) {
    const frame = { width: 1023, height: 767, room };
    expect(fromPercent(toPercent([90, 3, 347, 259], frame), frame)).toEqual([90, 3, 347, 259]);
  }
  const around = { width: 100, height: 200, room: 0.25 };
  expect(fromPercent(toPercent([-20, -9, 120, 240], around), around)).toEqual([-20, -9, 120, 240]);
  expect(inside([-20, -9, 120, 240], 100, 200)).toEqual([0, 0, 100, 200]);
  expect(centred(2 / 3, 600, 600)).toEqual([100, 0, 500, 600]);
});

test("tags come apart at Chinese commas too, and are added once whatever their case", () => {
  expect(splitTags("a， b c,,a\nd")).toEqual(["a", "b c", "d"]);
  expect(mergeTags(["Long hair"], "long_hair, smile")).toEqual(["Long hair", "smile"]);
});

test("tags of the dataset are proposed first, then what taggers know, also by Chinese meaning, never what is there", () => {
  const own = [
    { tag: "blue hair", count: 3, zh: "蓝色头发" },
    { tag: "smile", count: 2 },
  ];
  const known = [{ tag: "blue hair" }, { tag: "blue background", zh: "蓝色背景" }];
  expect(suggest("蓝", own, known, []).map((one) => one.tag)).toEqual(["blue hair", "blue background"]);
  expect(suggest("blue", own, known, ["Blue_hair"]).map((one) => one.tag)).toEqual(["blue background"]);
});

test("a span of time is told as closely as it matters", () => {
  expect([8, 200, 1468, 3900].map((one) => duration(one, "en"))).toEqual(["8 s", "3 min 20 s", "24 min", "1 h 5 min"]);
});

test("sizes, shares and figures are written one way", () => {
  expect([512, 39_200_000, 8 * 1024 ** 3, 1023.9 * 1024 ** 3].map(bytes)).toEqual([
    "512 B",
    "37.4 MB",
    "8.0 GB",
    "1.0 TB",
  ]);
  expect([0.944, -0.001, 1.08].map(percent)).toEqual(["94%", "0%", "108%"]);
  expect([0.944, -0.001].map(figure)).toEqual(["0.94", "0.00"]);
});

test("the labels of an axis have equally many decimals", () => {
  expect(ticks([0, 0.05, 0.1, 0.15])).toEqual(["0.00", "0.05", "0.10", "0.15"]);
  expect(ticks([0, 0.25, 0.5])).toEqual(["0.00", "0.25", "0.50"]);
  expect(ticks([0.8, 1, 1.2])).toEqual(["0.8", "1.0", "1.2"]);
  expect(ticks([0, 50, 100])).toEqual(["0", "50", "100"]);
  expect(ticks([0, 2e-5, 4e-5])).toEqual(["0", "2.0e-5", "4.0e-5"]);
});

test("what lies under the pointer stays there while zooming, and whole is the least", () => {
  expect(zoomed(STILL, 2, { x: 50, y: 20 })).toEqual({ scale: 2, x: -50, y: -20 });
  expect(zoomed({ x: 9, y: 9, scale: 1.1 }, 0.5, { x: 0, y: 0 })).toEqual(STILL);
  expect(move({ row: 0, column: 1 }, -1, 1, 3, 2)).toEqual({ row: 0, column: 1 });
});

test("pictures are found by all words, and chosen from one to another", () => {
  const pictures = [
    { name: "a.png", caption: "Red hair, smile", tags: ["Red hair", "smile"] },
    { name: "b.png", caption: "red hair ornament", tags: ["red hair ornament"] },
    { name: "c.png", caption: null, tags: [] },
  ];
  expect(search(pictures, "hair red")).toEqual(pictures.slice(0, 2));
  expect(search(pictures, '"red hair"')).toEqual([pictures[0]]);
  expect(search(pictures, '"red hair" SMI')).toEqual([pictures[0]]);
  expect(range(["a", "b", "c"], "c", "b")).toEqual(["b", "c"]);
});

test("several tags become one, once in each caption", () => {
  expect(renaming(["grin", "smile"], "smile")).toEqual([
    { kind: "replace", tag: "grin", by: ["smile"] },
    { kind: "dedupe" },
  ]);
});

test("the next step follows what is there", () => {
  const dataset = { id: "1", name: "Mei", pictures: 9, without_caption: 9 };
  const run = (state: "running" | "succeeded" | "failed", pick: string | null = null) => ({
    id: "2",
    name: "mei",
    dataset_id: "1",
    pick,
    job: { state },
  });
  const keys = (...all: Parameters<typeof nextSteps>) => nextSteps(...all).map((step) => step.key);
  expect(keys([], [])).toEqual(["home.next.dataset"]);
  expect(keys([dataset], [])).toEqual(["home.next.tag"]);
  expect(keys([{ ...dataset, without_caption: 0 }], [])).toEqual(["home.next.train"]);
  expect(keys([{ ...dataset, without_caption: 0 }], [run("running")])).toEqual(["home.next.watch"]);
  expect(keys([{ ...dataset, without_caption: 0 }], [run("succeeded")])).toEqual(["home.next.pick"]);
  expect(keys([{ ...dataset, without_caption: 0 }], [run("succeeded", "a.safetensors")])).toEqual(["home.next.try"]);
  expect(keys([{ ...dataset, without_caption: 0 }], [run("failed")])).toEqual(["home.next.resume"]);
});

test("nested settings become lines", () => {
  expect(flat({ optimizer: { lr: 0.1, eps: null }, prompts: ["a", "b"] })).toEqual([
    ["optimizer.lr", "0.1"],
    ["prompts", "a; b"],
  ]);
});

test("a dataset's next stage is the first that isn't done; who has tagged needn't crop", () => {
  const run = { id: "r", pick: null, job: { state: "succeeded" as const } };
  const known = (pictures: number, without_caption: number, more: object = {}) =>
    stagesDone({ dataset: { pictures, without_caption }, cropped: 0, runs: [], published: new Set<string>(), ...more });
  expect(nextStage(known(0, 0))).toBe("pictures");
  expect(nextStage(known(12, 12))).toBe("crop");
  expect(nextStage(known(12, 12, { cropped: 12 }))).toBe("tag");
  expect(nextStage(known(12, 0))).toBe("train");
  expect(nextStage(known(12, 0, { runs: [{ ...run, job: { state: "running" } }] }))).toBe("train");
  expect(nextStage(known(12, 0, { runs: [run] }))).toBe("judge");
  expect(nextStage(known(12, 0, { runs: [{ ...run, pick: "a" }] }))).toBe("publish");
  expect(nextStage(known(12, 0, { runs: [{ ...run, pick: "a" }], published: new Set(["r"]) }))).toBeNull();
});

test("dropped files name their dataset after the folder or the zip they are in, and are taken up once", () => {
  expect(nameOf([{ name: "小明.zip" }])).toBe("小明");
  expect(
    nameOf([
      { name: "a.png", path: "/Mei/a.png" },
      { name: "b.png", path: "/Mei/sub/b.png" },
    ]),
  ).toBe("Mei");
  expect(nameOf([{ name: "a.png", path: "./a.png" }])).toBeNull();
  expect(
    nameOf([
      { name: "a.png", path: "/Mei/a.png" },
      { name: "b.png", path: "/Li/b.png" },
    ]),
  ).toBeNull();
  const file = new File([], "a.png");
  hand("d", [file]);
  expect([takeUp("d"), takeUp("d")]).toEqual([[file], []]);
});
