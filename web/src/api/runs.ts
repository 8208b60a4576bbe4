import { queryOptions, useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { type Schemas, api, ask } from "./client";

const path = (id: string) => ({ params: { path: { run_id: id } } });
const POINTS = 600;

const OPEN: Schemas["JobShape"]["state"][] = ["queued", "starting", "running", "stopping"];

/** Whether a job waits or is at work, so that what is known of it changes. */
export const isOpen = (job: Schemas["JobShape"]) => OPEN.includes(job.state);

export const useRuns = () =>
  useQuery({
    queryKey: ["runs"],
    queryFn: () => ask(api.GET("/api/runs")),
    refetchInterval: ({ state }) => (state.data?.some((run) => isOpen(run.job)) ? 4_000 : false),
  });

const runQuery = (id: string) =>
  queryOptions({ queryKey: ["run", id], queryFn: () => ask(api.GET("/api/runs/{run_id}", path(id))) });

export const useRun = (id: string) =>
  useQuery({
    ...runQuery(id),
    refetchInterval: ({ state }) => (state.data && isOpen(state.data.job) ? 4_000 : false),
  });

const curveQuery = (id: string) =>
  queryOptions({
    queryKey: ["run", id, "loss"],
    queryFn: () =>
      ask(api.GET("/api/runs/{run_id}/loss", { params: { path: { run_id: id }, query: { points: POINTS } } })),
  });

const previewQuery = (id: string) =>
  queryOptions({
    queryKey: ["run", id, "previews"],
    queryFn: () => ask(api.GET("/api/runs/{run_id}/previews", path(id))),
  });

const judgementQuery = (id: string) =>
  queryOptions({
    queryKey: ["run", id, "judgement"],
    queryFn: () => ask(api.GET("/api/runs/{run_id}/judgement", path(id))),
  });

export const useCurve = (id: string) => useQuery(curveQuery(id));
export const usePreviews = (id: string) => useQuery(previewQuery(id));
export const useJudgement = (id: string) => useQuery(judgementQuery(id));

/** Several runs with all that can be laid side by side, in the order of `ids`; those that aren't there are left out. */
export function useSideBySide(ids: string[], live: boolean) {
  const refetchInterval = live ? 5_000 : (false as const);
  const runs = useQueries({ queries: ids.map((id) => ({ ...runQuery(id), refetchInterval })) });
  const curves = useQueries({ queries: ids.map((id) => ({ ...curveQuery(id), refetchInterval })) });
  const previews = useQueries({ queries: ids.map((id) => ({ ...previewQuery(id), refetchInterval })) });
  const judgements = useQueries({ queries: ids.map(judgementQuery) });
  const found = ids.flatMap((id, index) => {
    const run = runs[index]?.data;
    const curve = curves[index]?.data;
    const matrix = previews[index]?.data;
    const judgement = judgements[index]?.data;
    return run && curve && matrix && judgement ? [{ id, run, curve, matrix, judgement }] : [];
  });
  return { found, loading: [...runs, ...curves, ...previews, ...judgements].some((one) => one.isLoading) };
}

export const useCheckpoints = (id: string) =>
  useQuery({
    queryKey: ["run", id, "checkpoints"],
    queryFn: async () => (await ask(api.GET("/api/runs/{run_id}/checkpoints", path(id)))).checkpoints,
  });

/** Ask a training to save, or to draw previews, after its step; choose its best file; delete it. */
export function useRunActions(id: string) {
  const client = useQueryClient();
  const pick = useMutation({
    mutationFn: (checkpoint: string | null) =>
      ask(api.PUT("/api/runs/{run_id}/pick", { ...path(id), body: { checkpoint } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["run", id], exact: true }),
  });
  const save = useMutation({ mutationFn: () => ask(api.POST("/api/runs/{run_id}/save", path(id))) });
  const preview = useMutation({ mutationFn: () => ask(api.POST("/api/runs/{run_id}/preview", path(id))) });
  const remove = useMutation({
    mutationFn: () => ask(api.DELETE("/api/runs/{run_id}", path(id))),
    onSuccess: () => client.invalidateQueries({ queryKey: ["runs"] }),
  });
  return { save, preview, pick, remove };
}

/** What an event makes out of date, besides the run itself. */
const STALE: Record<string, string | null> = {
  job: null,
  stage: null,
  started: null,
  step: "loss",
  validation: "loss",
  evaluation: "judgement",
  preview: "previews",
  checkpoint: "checkpoints",
  warning: null,
  ended: "checkpoints",
  over: "checkpoints",
};
const PATIENCE_MS = 1_000;

/** Follow a run while it is open: what its events make out of date is asked for anew, once a second at most. */
export function useLive(id: string, open: boolean) {
  const client = useQueryClient();
  useEffect(() => {
    if (!open) return;
    const source = new EventSource(`/api/runs/${id}/events?from_now=true`);
    const stale = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = () => {
      timer = undefined;
      void client.invalidateQueries({ queryKey: ["run", id], exact: true });
      for (const part of stale) void client.invalidateQueries({ queryKey: ["run", id, part] });
      stale.clear();
    };
    for (const [event, part] of Object.entries(STALE))
      source.addEventListener(event, () => {
        if (part) stale.add(part);
        timer ??= setTimeout(refresh, PATIENCE_MS);
        if (event === "over") source.close();
      });
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [client, id, open]);
}
