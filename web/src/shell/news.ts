import type { Schemas } from "@/api/client";

type Job = Schemas["JobShape"];

const BRAND = "Danlu 丹炉";

/** What a job is about, as its owner calls it. */
export const subjectOf = (job: Job) => job.run_name ?? job.dataset_name ?? job.title ?? "";

/** What the tab says: how far the job at work is, what it is, and in which state if that isn't simply running. */
export function tabTitle(jobs: Job[], state: (job: Job) => string): string {
  const job = jobs.find((one) => one.ended_at === null && one.state !== "queued");
  if (!job) return BRAND;
  const { progress } = job;
  const share = progress && progress.total > 0 ? `${Math.floor((progress.done / progress.total) * 100)} %` : null;
  const parts = [share, job.state === "running" && share ? null : state(job), subjectOf(job), BRAND];
  return parts.filter(Boolean).join(" · ");
}

/** The jobs that have ended since they were last seen open. */
export function ended(before: Map<string, boolean>, jobs: Job[]): Job[] {
  return jobs.filter((job) => job.ended_at !== null && before.get(job.id) === true);
}
