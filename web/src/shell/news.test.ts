import { expect, test } from "vitest";
import type { Schemas } from "@/api/client";
import { ended, tabTitle } from "./news";

type Job = Schemas["JobShape"];

const job = (change: Partial<Job>) =>
  ({ id: "1", state: "running", ended_at: null, run_name: "mei", progress: null, ...change }) as Job;
const title = (...jobs: Job[]) => tabTitle(jobs, (one) => one.state);

test("the tab tells how far the job at work is", () => {
  expect(title()).toBe("Danlu 丹炉");
  expect(title(job({ state: "queued" }))).toBe("Danlu 丹炉");
  expect(title(job({ progress: { done: 999, total: 1000 } }))).toBe("99 % · mei · Danlu 丹炉");
  expect(title(job({ state: "starting" }))).toBe("starting · mei · Danlu 丹炉");
  expect(title(job({ state: "stopping", progress: { done: 1, total: 4 } }))).toBe("25 % · stopping · mei · Danlu 丹炉");
});

test("only what was seen open is told to have ended", () => {
  const over = job({ ended_at: 5 });
  expect(ended(new Map(), [over])).toEqual([]);
  expect(ended(new Map([["1", false]]), [over])).toEqual([]);
  expect(ended(new Map([["1", true]]), [over])).toEqual([over]);
  expect(ended(new Map([["1", true]]), [job({})])).toEqual([]);
});
