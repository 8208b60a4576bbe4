import { expect, test } from "vitest";
import { inFolder, isLarge, keyOf, nextRequest, outcomeOf, parcels, shares } from "./parcels";

const file = (path: string, bytes = 10) => Object.assign(new File([new Uint8Array(bytes)], path), { path });

test("a picture goes with the text beside it, in whatever order they come", () => {
  const [first, second] = parcels([file("a/1.txt"), file("a/1.png"), file("b/1.png"), file("a/.DS_Store")]);
  expect(first).toMatchObject({ name: "a/1.png", bytes: 20 });
  expect(second?.files.map((one) => one.path)).toEqual(["b/1.png"]);
});

test("a zip beside a picture of its name is not its text", () => {
  expect(parcels([file("a.zip"), file("a.png")])).toHaveLength(2);
});

test("few go in one request, a zip alone", () => {
  const waiting = [...Array(30).keys()].map((n) => file(`${n}.png`));
  const of = (files: File[]) => nextRequest(parcels(files).map((parcel) => ({ parcel })));
  expect(of(waiting)).toHaveLength(20);
  expect(of([file("a.zip"), ...waiting])).toHaveLength(1);
  expect(of([file("a.png"), file("b.zip")])).toHaveLength(1);
  expect(of([file("a.png", 30_000_000), file("b.png")])).toHaveLength(1);
  expect(of([file("a.png"), file("b.png", 7_000_000), file("c.png")])).toHaveLength(1);
});

test("what became of each is read off the report", () => {
  const [taken, twin, broken] = parcels([file("Mei/1.png"), file("Mei/2.png"), file("x.exe")]);
  const text = { en: "no", zh: "不" };
  const report = {
    version: 2,
    taken: [{ source: "upload/Mei/1.png", name: "Mei/1.png", width: 1, height: 1, has_caption: false }],
    left_out: [
      { source: "upload/Mei/2.png", why: "duplicate" as const, text },
      { source: "x.exe", why: "type" as const, text },
    ],
    captions: [],
    notices: [],
  };
  expect([taken, twin, broken].map((one) => one && outcomeOf(one, report).state)).toEqual(["done", "known", "failed"]);
});

test("bytes are shared out in the order in which they are sent", () => {
  expect(shares(parcels([file("a.png"), file("b.png"), file("c.png")]), 15)).toEqual([1, 0.5, 0]);
});

test("a file chosen again is known again", () => {
  const at = (path: string, time: number) => keyOf(new File(["x"], path, { lastModified: time }), path);
  expect(at("a.zip", 1)).toBe(at("a.zip", 1));
  expect(at("a.zip", 1)).not.toBe(at("a.zip", 2));
  expect(at("long/".repeat(300), 1).length).toBeLessThan(500);
});

test("large files go in parts; regularization pictures into their folder", () => {
  const [small, large] = parcels([file("a.png"), file("b.zip", 7_000_000)]);
  expect([small, large].map((one) => one && isLarge(one))).toEqual([false, true]);
  expect(small && inFolder(small, "reg/1_girl").files[0]?.path).toBe("reg/1_girl/a.png");
  expect(large && inFolder(large, "reg/1_girl")).toMatchObject({ name: "b.zip", files: [{ path: "reg.zip" }] });
});
