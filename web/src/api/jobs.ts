import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useSpeech } from "@/i18n";
import { type Schemas, api, ask, onceOnly } from "./client";
import { jobsQuery } from "./queue";
import type { operations } from "./schema";

type NewJob = operations["submit_job"]["requestBody"]["content"]["application/json"];

const path = (id: string) => ({ params: { path: { job_id: id } } });

export const useJobs = () =>
  useQuery({
    ...jobsQuery,
    select: jobsOf,
    refetchInterval: ({ state }) => (state.data?.jobs.some((job) => job.ended_at === null) ? 1_500 : 10_000),
    // The title of a tab that isn't in front tells how far it is, too.
    refetchIntervalInBackground: true,
  });
const jobsOf = (page: Schemas["JobPage"]) => page.jobs;

/** The crops and taggings of a dataset that wait or are at work; when one is over, the dataset is asked for anew. */
export function useDatasetJobs(id: string): Schemas["JobShape"][] {
  const client = useQueryClient();
  const jobs = (useJobs().data ?? []).filter((job) => job.dataset_id === id && job.kind !== "train");
  const states = jobs.map((job) => job.state).join();
  useEffect(() => {
    void client.invalidateQueries({ queryKey: ["dataset", id] });
  }, [client, id, states]);
  const open = jobs.filter((job) => job.ended_at === null);
  return open.length > 0 ? open : jobs.slice(0, 1).filter((job) => job.error !== null);
}

const LOG_LENGTH = 200_000;

/** What a job's process has printed, as it is printed; and whether more may come. */
export function useLog(id: string): { text: string; live: boolean } {
  const [log, setLog] = useState({ text: "", live: true });
  useEffect(() => {
    setLog({ text: "", live: true });
    const source = new EventSource(`/api/jobs/${id}/log/events`);
    source.addEventListener("log", (event: MessageEvent<string>) => {
      const { text } = JSON.parse(event.data) as { text: string };
      setLog((now) => ({ ...now, text: (now.text + text).slice(-LOG_LENGTH) }));
    });
    source.addEventListener("over", () => {
      setLog((now) => ({ ...now, live: false }));
      source.close();
    });
    return () => source.close();
  }, [id]);
  return log;
}

/** Hand in a job. A `key` of one's own makes the same job once, however often it is handed in. */
export function useSubmit(key?: (job: NewJob) => string) {
  const client = useQueryClient();
  const { t } = useSpeech();
  return useMutation({
    mutationFn: (body: NewJob) => ask(api.POST("/api/jobs", { body, params: { header: onceOnly(key?.(body)) } })),
    onSuccess: (job) => {
      notifications.show({ message: t("job.sent", { what: t(`job.kind.${job.kind}`) }) });
      return Promise.all([
        client.invalidateQueries({ queryKey: ["jobs"] }),
        client.invalidateQueries({ queryKey: ["runs"] }),
        client.invalidateQueries({ queryKey: ["drawings"] }),
      ]);
    },
  });
}

export function useJobActions() {
  const client = useQueryClient();
  const onSettled = () =>
    Promise.all(["jobs", "runs", "run", "drawing"].map((key) => client.invalidateQueries({ queryKey: [key] })));
  const stop = useMutation({
    mutationFn: (id: string) => ask(api.POST("/api/jobs/{job_id}/stop", path(id))),
    onSettled,
  });
  const cancel = useMutation({
    mutationFn: (id: string) => ask(api.POST("/api/jobs/{job_id}/cancel", path(id))),
    onSettled,
  });
  const retry = useMutation({
    mutationFn: (id: string) => ask(api.POST("/api/jobs/{job_id}/retry", path(id))),
    onSettled,
  });
  const extend = useMutation({
    mutationFn: ({ id, by }: { id: string; by: string }) =>
      ask(api.POST("/api/jobs/{job_id}/resume", { ...path(id), body: { extend: by, accept_changes: false } })),
    onSettled,
  });
  const accept = useMutation({
    mutationFn: (id: string) =>
      ask(api.POST("/api/jobs/{job_id}/resume", { ...path(id), body: { accept_changes: true } })),
    onSettled,
  });
  const move = useMutation({
    mutationFn: ({ id, place }: { id: string; place: number }) =>
      ask(api.POST("/api/jobs/{job_id}/move", { ...path(id), body: { place } })),
    onSettled,
  });
  return { stop, cancel, retry, extend, accept, move };
}
