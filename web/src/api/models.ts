import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type Schemas, api, ask } from "./client";
import { sendFiles } from "./sending";

const path = (id: string) => ({ params: { path: { model_id: id } } });

export const useModels = (search: string) =>
  useQuery({
    queryKey: ["models", search],
    queryFn: async () => (await ask(api.GET("/api/models", { params: { query: { search, limit: 1000 } } }))).models,
    placeholderData: keepPreviousData,
  });

export const useModel = (id: string) =>
  useQuery({ queryKey: ["model", id], queryFn: () => ask(api.GET("/api/models/{model_id}", path(id))) });

export const useLicences = () =>
  useQuery({ queryKey: ["licences"], queryFn: () => ask(api.GET("/api/licences")), staleTime: Infinity });

/** What publishing a run begins with. */
export const useModelDraft = (run: string) =>
  useQuery({
    queryKey: ["run", run, "model"],
    queryFn: () => ask(api.GET("/api/runs/{run_id}/model", { params: { path: { run_id: run } } })),
    enabled: run !== "",
  });

export interface Publication {
  order: Schemas["NewModel"];
  /** Pictures of one's own to show. */
  files: File[];
}

/** Publish a run. With uploaded pictures it is listed only once they are there. */
export async function publish({ order, files }: Publication): Promise<Schemas["PicturesTaken"]> {
  const listed = order.listed && files.length === 0;
  const model = await ask(api.POST("/api/models", { body: { ...order, listed } }));
  if (files.length === 0) return { model, left_out: [] };
  const taken = await sendFiles<Schemas["PicturesTaken"]>(`/api/models/${model.id}/pictures`, "files", files);
  if (!order.listed || taken.model.pictures === 0) return taken;
  const body = { listed: true };
  return { ...taken, model: await ask(api.PATCH("/api/models/{model_id}", { ...path(model.id), body })) };
}

/** What changes models; what is known of them is asked for anew. */
export function useModelActions() {
  const client = useQueryClient();
  const onSettled = () =>
    Promise.all(["models", "model", "run", "storage"].map((key) => client.invalidateQueries({ queryKey: [key] })));
  const edit = useMutation({
    mutationFn: ({ id, change }: { id: string; change: Schemas["ModelChange"] }) =>
      ask(api.PATCH("/api/models/{model_id}", { ...path(id), body: change })),
    onSettled,
  });
  const show = useMutation({
    mutationFn: ({ id, files }: { id: string; files: File[] }) =>
      sendFiles<Schemas["PicturesTaken"]>(`/api/models/${id}/pictures`, "files", files),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: (id: string) => ask(api.DELETE("/api/models/{model_id}", path(id))),
    onSettled,
  });
  const bringIn = useMutation({
    mutationFn: ({ file, onShare }: { file: File; onShare: (share: number) => void }) =>
      sendFiles<Schemas["ModelDetail"]>("/api/models/import", "file", [file], onShare),
    onSettled,
  });
  const make = useMutation({ mutationFn: publish, onSettled });
  return { edit, show, remove, bringIn, make };
}
