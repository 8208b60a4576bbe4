import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type Schemas, api, ask } from "./client";

/** What a job has made for whoever asked. */
export const useResults = (job: Schemas["JobShape"] | undefined) =>
  useQuery({
    queryKey: ["results", job?.id, job?.attempts],
    queryFn: () => ask(api.GET("/api/jobs/{job_id}/results", { params: { path: { job_id: job?.id ?? "" } } })),
    enabled: job?.has_results === true,
    staleTime: Infinity,
  });

/** Keep a LoRA that a job has made as a model. */
export function useKeepResult(job: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      ask(api.POST("/api/jobs/{job_id}/results/{name}/model", { params: { path: { job_id: job, name } } })),
    onSettled: () =>
      Promise.all(["models", "adapters", "storage"].map((key) => client.invalidateQueries({ queryKey: [key] }))),
  });
}
