import type { Schemas } from "@/api/client";

export type Next =
  | { key: "home.next.dataset" }
  | { key: "home.next.tag" | "home.next.train"; name: string; dataset: string }
  | { key: "home.next.watch" | "home.next.pick" | "home.next.resume"; name: string; run: string }
  | { key: "home.next.try"; name: string; run: string; checkpoint: string };

type Dataset = Pick<Schemas["DatasetShape"], "id" | "name" | "pictures" | "without_caption">;
type Run = Pick<Schemas["RunShape"], "id" | "name" | "dataset_id" | "pick"> & {
  job: Pick<Schemas["JobShape"], "state">;
};

const AT_WORK = ["starting", "running", "stopping"];
const BROKEN_OFF = ["failed", "interrupted"];

/** What somebody would do next: the newest dataset's next stage, or what trains. Lists are newest first. */
export function nextSteps(datasets: Dataset[], runs: Run[]): Next[] {
  const steps: Next[] = [];
  const training = runs.find((run) => AT_WORK.includes(run.job.state));
  if (training) steps.push({ key: "home.next.watch", name: training.name, run: training.id });
  const newest = runs[0];
  if (newest && BROKEN_OFF.includes(newest.job.state))
    steps.push({ key: "home.next.resume", name: newest.name, run: newest.id });
  if (newest?.job.state === "succeeded")
    steps.push(
      newest.pick
        ? { key: "home.next.try", name: newest.name, run: newest.id, checkpoint: newest.pick }
        : { key: "home.next.pick", name: newest.name, run: newest.id },
    );
  const dataset = datasets.find((one) => one.pictures > 0);
  if (!dataset) return [...steps, { key: "home.next.dataset" }];
  if (dataset.without_caption > 0) steps.push({ key: "home.next.tag", name: dataset.name, dataset: dataset.id });
  else if (!runs.some((run) => run.dataset_id === dataset.id))
    steps.push({ key: "home.next.train", name: dataset.name, dataset: dataset.id });
  return steps;
}
