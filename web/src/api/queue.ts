import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "./client";

/** Jobs, and whether the queue is paused, from one answer; asked for also by a page that isn't in front. */
export const jobsQuery = {
  queryKey: ["jobs"],
  queryFn: () => ask(api.GET("/api/jobs")),
};

/** Whether the queue is paused as a whole. */
export const usePaused = () => useQuery({ ...jobsQuery, select: (page) => page.paused }).data ?? false;

export function usePause() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (paused: boolean) => ask(api.PUT("/api/queue", { body: { paused } })),
    onSettled: () => client.invalidateQueries({ queryKey: ["jobs"] }),
  });
}
