import type { Schemas } from "@/api/client";

export const STAGES = ["pictures", "crop", "tag", "train", "judge", "publish"] as const;
export type Stage = (typeof STAGES)[number];

interface Known {
  dataset: Pick<Schemas["DatasetDetail"], "pictures" | "without_caption">;
  /** Pictures with a crop box. */
  cropped: number;
  /** Trainings on the dataset. */
  runs: (Pick<Schemas["RunShape"], "id" | "pick"> & { job: Pick<Schemas["JobShape"], "state"> })[];
  /** Trainings that something was published of. */
  published: ReadonlySet<string>;
}

/** Which stages of the way to a LoRA lie behind a dataset. Cropping may be left out: who has tagged is past it. */
export function stagesDone({ dataset, cropped, runs, published }: Known): Set<Stage> {
  const done = new Set<Stage>();
  if (dataset.pictures === 0) return done;
  done.add("pictures");
  if (dataset.without_caption === 0) done.add("tag");
  if (cropped > 0 || done.has("tag")) done.add("crop");
  if (runs.some((run) => run.job.state === "succeeded")) done.add("train");
  if (runs.some((run) => run.pick)) done.add("judge");
  if (runs.some((run) => published.has(run.id))) done.add("publish");
  return done;
}

/** The first stage that isn't done; null at the end. */
export const nextStage = (done: ReadonlySet<Stage>): Stage | null => STAGES.find((one) => !done.has(one)) ?? null;
