import { expect, test } from "vitest";
import { factsOf, nodeFor, previewPath, promptFor } from "./prompts";

test("a prompt calls the file without its ending, then the trigger words", () => {
  expect(promptFor("梅-Mei.v2.safetensors", 0.8, ["mei", "red hair"])).toBe("<lora:梅-Mei.v2:0.8>, mei, red hair");
  expect(promptFor("a.safetensors", 0.1 + 0.2, [])).toBe("<lora:a:0.3>");
  expect(nodeFor("a.safetensors", 1)).toBe("lora_name: a.safetensors\nstrength_model: 1.00\nstrength_clip: 1.00");
});

test("a preview's address tells its path in the run", () => {
  expect(previewPath("/api/runs/a1/files/previews/003/1.png")).toBe("previews/003/1.png");
  expect(previewPath("/api/runs/a1/files/previews/%E5%9B%BE.png")).toBe("previews/图.png");
});

test("the recipe comes first, setting by setting, and what says nothing is left out", () => {
  const recipe = JSON.stringify({ name: "mei", optimizer: { lr: 0.1, eps: null }, sizes: [1, 2] });
  expect(factsOf({ ss_epoch: "3", ss_seed: "None", danlu_recipe: recipe })).toEqual([
    { key: "name", value: "mei" },
    { key: "optimizer.lr", value: "0.1" },
    { key: "sizes", value: "1; 2" },
    { key: "ss_epoch", value: "3" },
  ]);
  expect(factsOf({ danlu_recipe: "broken" })).toEqual([]);
});
