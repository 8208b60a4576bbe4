import { expect, test } from "vitest";
import { fill } from "./index";
import { en } from "./en";
import { zh } from "./zh";

const names = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort();

test("both languages say everything, with the same values in it", () => {
  expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  for (const [key, text] of Object.entries(en)) {
    const chinese = zh[key as keyof typeof en];
    expect(chinese, key).not.toBe("");
    expect(names(chinese), key).toEqual(names(text));
  }
});

test("Chinese texts are Chinese, unless they hold a symbol or a name only", () => {
  const foreign = Object.entries(zh).filter(([, text]) => !/[\u4e00-\u9fff]/.test(text));
  expect(foreign.map(([key]) => key).sort()).toEqual([
    "dataset.times",
    "picture.position",
    "run.group.unet",
    "run.loss",
    "tagging.knows",
    "train.none",
    "train.timeIs",
    "upload.sending",
    "workbench.cfg",
    "workbench.clipSkip",
    "workbench.kind.cfg",
    "workbench.kind.clip_skip",
    "workbench.of",
    "workbench.stack",
  ]);
});

test("a text with a bar has a singular and a plural", () => {
  expect(fill(en["common.pictures"], { count: 1 })).toBe("1 picture");
  expect(fill(en["common.pictures"], { count: 2 })).toBe("2 pictures");
  expect(fill(zh["common.pictures"], { count: 1 })).toBe("1 张图片");
});
