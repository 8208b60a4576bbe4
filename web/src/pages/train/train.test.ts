import { expect, test } from "vitest";
import { boundsOf, fittingOf, readLength, readNumber, shown, writeLength, written } from "./control";
import { FRESH, keyFor, readDraft } from "./draft";
import { chosenPart, upon } from "./presets";
import { type Section, type Setting, changesTo, differences, recipeOf, slotOf, tablesOf } from "./recipe";
import { elsewhere, firstPlace, firstSentence, isFound, sift } from "./search";
import { nameOfReference, startingFrom } from "./starts";

const both = (en: string, zh = en) => ({ en, zh });

function setting(key: string, schema: Setting["schema"], initial: unknown, help = both(key)): Setting {
  const kohya = key === "optimizer.lr" ? ["learning_rate", "unet_lr"] : [];
  const names = { title: key.split(".").pop() ?? key, label: help, elsewhere: kohya };
  return { key, ...names, help, schema, default: initial, required: false };
}

const rate = (initial: number, most = 0.1) => setting("optimizer.lr", { type: "number", maximum: most }, initial);
const decay = setting("optimizer.decay", { type: "number" }, 0.01, both("Pulls to zero.", "权重衰减。"));
const SECTIONS: Section[] = [
  {
    key: "",
    title: both("General"),
    elsewhere: [],
    help: both(""),
    settings: [setting("name", { type: "string" }, "lora")],
    kinds: [],
    default_kind: null,
  },
  {
    key: "optimizer",
    title: both("Optimizer", "优化器"),
    elsewhere: ["optimizer_type"],
    help: both(""),
    settings: [],
    kinds: [
      {
        kind: "adamw",
        help: both(""),
        settings: [rate(1e-4), decay, setting("optimizer.eps", { type: "number" }, 1e-8)],
      },
      { kind: "lion", help: both(""), settings: [rate(3e-5), decay] },
      {
        kind: "prodigy",
        help: both(""),
        settings: [rate(1, 9), decay, setting("optimizer.d0", { type: "number" }, 1e-6)],
      },
    ],
    default_kind: "adamw",
  },
  {
    key: "dataset",
    title: both("Dataset"),
    elsewhere: [],
    help: both(""),
    settings: [
      setting("dataset.path", { type: "string", format: "dataset" }, null),
      setting("dataset.tags", { type: "array", items: { type: "string" } }, []),
    ],
    kinds: [],
    default_kind: null,
  },
];
const PRESET = {
  version: 1,
  name: "mei",
  optimizer: { kind: "adamw", lr: 4e-3, decay: 0.2, eps: 1e-8 },
  dataset: { path: "/here", tags: [] as string[] },
};
const recipeWith = (changes: Record<string, unknown>) => recipeOf(PRESET, tablesOf(SECTIONS, PRESET, changes));

test("a recipe without changes is the preset, also what the schema doesn't know", () => {
  expect(recipeWith({})).toEqual(PRESET);
  expect(recipeWith({ name: "lan", "dataset.tags": ["a", ""] })).toEqual({
    ...PRESET,
    name: "lan",
    dataset: { path: "/here", tags: ["a"] },
  });
});

test("another kind keeps what means the same in both, and takes its own defaults for the rest", () => {
  expect(recipeWith({ "optimizer.kind": "prodigy" }).optimizer).toEqual({
    kind: "prodigy",
    lr: 1,
    decay: 0.2,
    d0: 1e-6,
  });
  const slot = slotOf(SECTIONS[1]!, decay);
  const changes = { [slot]: 0.3, [slotOf(SECTIONS[1]!, rate(1e-4))]: 1e-3 };
  expect(recipeWith({ ...changes, "optimizer.kind": "lion" }).optimizer).toEqual({
    kind: "lion",
    lr: 3e-5,
    decay: 0.3,
  });
  expect(recipeWith(changes).optimizer).toMatchObject({ lr: 1e-3, decay: 0.3 });
});

test("whatever recipe there is, changes to the preset make it", () => {
  for (const recipe of [
    PRESET,
    { ...PRESET, name: "lan" },
    { ...PRESET, optimizer: { kind: "lion", lr: 3e-5, decay: 0 } },
    { ...PRESET, optimizer: { kind: "prodigy", lr: 1, decay: 0.2, d0: 1 }, dataset: { path: "/here", tags: ["x"] } },
  ]) {
    expect(recipeWith(changesTo(SECTIONS, PRESET, recipe))).toEqual(recipe);
  }
  expect(changesTo(SECTIONS, PRESET, PRESET)).toEqual({});
});

test("differences name old and new, and what only one of the two has", () => {
  expect(differences(SECTIONS, PRESET, recipeWith({ "optimizer.kind": "lion" }))).toEqual([
    { key: "optimizer.kind", before: "adamw", after: "lion" },
    { key: "optimizer.lr", before: 4e-3, after: 3e-5 },
    { key: "optimizer.eps", before: 1e-8, after: undefined },
  ]);
  const lines = tablesOf(SECTIONS, PRESET, { name: "mei" }).flatMap((table) => table.lines);
  expect(lines.some((line) => line.changed)).toBe(false);
});

test("a schema gets the control that suits it", () => {
  const nullable = { anyOf: [{ type: "integer", minimum: 1, maximum: 9 }, { type: "null" }] };
  expect(fittingOf(nullable)).toEqual({ control: { type: "number", whole: true, least: 1, most: 9 }, nullable: true });
  expect([boundsOf(nullable), boundsOf({ exclusiveMinimum: 0, exclusiveMaximum: 1 }), boundsOf({})]).toEqual([
    "≥ 1, ≤ 9",
    "> 0, < 1",
    null,
  ]);
  expect(fittingOf({ type: "number", exclusiveMinimum: 0 }).control).toMatchObject({ whole: false, least: 0 });
  expect(fittingOf({ enum: [75, 150] }).control).toEqual({ type: "choice", options: [75, 150] });
  expect(fittingOf({ type: "string", format: "length" }).control).toEqual({ type: "length" });
  expect(fittingOf({ type: "object", additionalProperties: { type: "integer" } }).control).toMatchObject({
    whole: true,
  });
  expect(fittingOf({ type: "array", maxItems: 16 }).control).toEqual({ type: "list", most: 16 });
  expect(fittingOf({ type: "boolean" }).control).toEqual({ type: "switch" });
  expect(fittingOf({ const: 3 }).control).toEqual({ type: "text" });
});

test("numbers and lengths are read as they are written", () => {
  for (const value of [1e-4, 5e-5, 1e-8, 0.05, 0, 1, 20000, -0.8]) expect(readNumber(written(value))).toBe(value);
  expect(written(1e-4)).toBe("1e-4");
  expect([readNumber(" "), readNumber("1，5"), readNumber("1e"), readNumber("many")]).toEqual([
    null,
    1.5,
    "1e",
    "many",
  ]);
  for (const text of ["1 epoch", "10 epochs", "1 step", "800 steps", "never"]) {
    const { count, unit } = readLength(text);
    expect(writeLength(count ?? 0, unit)).toBe(text);
  }
  expect([shown(null), shown([]), shown({ "*": 0.5 }), shown(false), shown(["a", "b"])]).toEqual([
    null,
    null,
    "* = 0.5",
    "false",
    "a; b",
  ]);
});

test("settings are found by name, in both languages, and in other kinds", () => {
  expect([isFound(decay, "权重"), isFound(decay, "zero pulls"), isFound(decay, "nothing")]).toEqual([
    true,
    true,
    false,
  ]);
  const tables = tablesOf(SECTIONS, PRESET, { name: "lan" });
  const names = (query: string, changed = false) =>
    sift(tables, query, changed).map((one) => [one.section.key, one.lines.map((line) => line.setting.title)]);
  expect(names("eps")).toEqual([["optimizer", ["eps"]]]);
  expect(names("优化器")).toEqual([["optimizer", ["lr", "decay", "eps"]]]);
  expect(names("", true)).toEqual([["", ["name"]]]);
  expect(names("unet_lr")).toEqual([["optimizer", ["lr"]]]);
  expect(names("optimizer_type")).toEqual([["optimizer", ["lr", "decay", "eps"]]]);
  expect(["unet_lr", "d0", "nothing"].map((query) => firstPlace(sift(tables, query, false)))).toEqual([
    "setting-optimizer.lr",
    "section-optimizer",
    undefined,
  ]);
  expect(names("d0")).toEqual([["optimizer", []]]);
  expect(elsewhere(tables[1]!, "d0")).toEqual([{ kind: "prodigy", names: ["d0"] }]);
});

test("help begins with its first sentence", () => {
  expect(firstSentence("How often,\nin 0.5 steps. Then more. And more.")).toEqual([
    "How often, in 0.5 steps.",
    "Then more. And more.",
  ]);
  expect(firstSentence("重复次数；\n留空则取默认。其他。")).toEqual(["重复次数；留空则取默认。", "其他。"]);
});

test("a draft survives a reload, and a torn one is none", () => {
  const draft = { ...FRESH, base: "sd15", changes: { name: "lan" }, toml: "x" };
  expect(readDraft(JSON.stringify(draft))).toEqual(draft);
  expect([readDraft("{"), readDraft(undefined), readDraft('{"theme": "../x", "changes": 3}')]).toEqual([
    FRESH,
    FRESH,
    FRESH,
  ]);
  const sent = { ...draft, sent: { key: "k", body: "b" } };
  expect(keyFor(sent, "b")).toBe("k");
  expect(keyFor(sent, "c")).not.toBe("k");
});

test("a training goes on from an adapter whatever its kind becomes, and from none if nobody said so", () => {
  const from = setting(
    "adapter.start_from",
    { anyOf: [{ type: "string" }, { type: "null" }], format: "adapter" },
    null,
  );
  const kinds = ["lora", "loha"].map((kind) => ({ kind, help: both(kind), settings: [from] }));
  const named = { key: "adapter", title: both("LoRA"), elsewhere: [], help: both(""), settings: [] };
  const section = { ...named, kinds, default_kind: "lora" };
  const begun = startingFrom({ adapter: { kind: "lora", start_from: null } }, "run:7/mei.safetensors");
  for (const changes of [{}, { "adapter.kind": "loha" }]) {
    const recipe = recipeOf(begun, tablesOf([section], begun, changes));
    expect(recipe.adapter).toMatchObject({ start_from: "run:7/mei.safetensors" });
  }
  expect(startingFrom({ adapter: {} }, "")).toEqual({ adapter: {} });
  expect(fittingOf(from.schema)).toEqual({ control: { type: "adapter" }, nullable: true });
  expect(nameOfReference("run:7/mei.safetensors", [])).toBe("mei.safetensors");
});

test("a saved preset is what was chosen, and goes on top of another recipe", () => {
  const chosen = { ...PRESET, name: "lan", optimizer: { kind: "lion", lr: 3e-5, decay: 0 } };
  const part = chosenPart(SECTIONS, PRESET, chosen);
  expect(part).toEqual({ optimizer: { kind: "lion", lr: 3e-5, decay: 0 } });
  const other = { ...PRESET, name: "mei" };
  expect(recipeWith(changesTo(SECTIONS, PRESET, upon(other, part)))).toEqual({ ...chosen, name: "mei" });
  expect(upon({ a: { kind: "x", b: 1 }, c: 1 }, { a: { b: 2 } })).toEqual({ a: { kind: "x", b: 2 }, c: 1 });
});
