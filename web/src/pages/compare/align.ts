import type { Schemas } from "@/api/client";

type Matrix = Schemas["PreviewMatrix"];

/** The previews of several runs for one prompt and seed: a row for each place of training, a column for each run. */
export interface Aligned {
  prompt: string;
  seed: number | null;
  rows: { epoch: number | null; step: number | null; pictures: (string | null)[] }[];
}

/** Previews of several runs side by side: what was drawn for the same prompt and seed at the same place of training. */
export function align(matrices: Matrix[]): Aligned[] {
  const groups = new Map<string, Aligned>();
  matrices.forEach((matrix, run) => {
    for (const row of matrix.rows)
      for (const picture of row.pictures) {
        if (!picture) continue;
        const key = `${picture.seed} ${picture.prompt}`;
        const group = groups.get(key) ?? { prompt: picture.prompt, seed: picture.seed, rows: [] };
        groups.set(key, group);
        let place = group.rows.find((one) => one.epoch === row.epoch && one.step === row.step);
        if (!place) {
          place = { epoch: row.epoch, step: row.step, pictures: matrices.map(() => null) };
          group.rows.push(place);
        }
        place.pictures[run] = picture.url;
      }
  });
  const order = (value: number | null, missing: number) => value ?? missing;
  for (const group of groups.values())
    group.rows.sort(
      (a, b) => order(a.epoch, -1) - order(b.epoch, -1) || order(a.step, Infinity) - order(b.step, Infinity),
    );
  return [...groups.values()];
}
