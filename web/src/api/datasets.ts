import { keepPreviousData, queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { type Schemas, api, ask } from "./client";
import { queries } from "./queries";

type Dataset = Schemas["DatasetDetail"];
type Picture = Schemas["PictureShape"];
type PicturePage = Schemas["PicturePage"];

const path = (id: string) => ({ params: { path: { dataset_id: id } } });

export const useDatasets = () => useQuery({ queryKey: ["datasets"], queryFn: () => ask(api.GET("/api/datasets")) });

const dataset = (id: string) =>
  queryOptions({
    queryKey: ["dataset", id],
    queryFn: () => ask(api.GET("/api/datasets/{dataset_id}", path(id))),
    enabled: id !== "",
  });

export const useDataset = (id: string) => useQuery(dataset(id));

/** A dataset that is looked at: changes made elsewhere are noticed within seconds, and shown. */
export function useWatchedDataset(id: string) {
  const client = useQueryClient();
  const watched = useQuery({ ...dataset(id), refetchInterval: 4_000 });
  const version = watched.data?.version;
  useEffect(() => {
    const shown = client.getQueryData(pictures(id).queryKey)?.version;
    if (version !== undefined && shown !== undefined && version > shown)
      void client.invalidateQueries({ queryKey: ["dataset", id] });
  }, [client, id, version]);
  return watched;
}

const pictures = (id: string) =>
  queryOptions({
    queryKey: ["dataset", id, "pictures"],
    queryFn: () => {
      const query = { limit: 1000 };
      return ask(api.GET("/api/datasets/{dataset_id}/pictures", { params: { ...path(id).params, query } }));
    },
  });

/** Ask for what a dataset's page shows while its code is still on the way. */
export function prefetchDataset(id: string) {
  void queries.prefetchQuery(dataset(id));
  void queries.prefetchQuery(pictures(id));
}

/** All pictures of a dataset; it holds 1,000 at most. */
export const usePictures = (id: string) => useQuery({ ...pictures(id), select: (page) => page.pictures });

export const useTagTable = (id: string) =>
  useQuery({
    queryKey: ["dataset", id, "tags"],
    queryFn: () => ask(api.GET("/api/datasets/{dataset_id}/tags", path(id))),
  });

export const useTriggers = (id: string) =>
  useQuery({
    queryKey: ["dataset", id, "triggers"],
    queryFn: () => ask(api.GET("/api/datasets/{dataset_id}/trigger", path(id))),
  });

export const useHealth = (id: string, base: string | null) =>
  useQuery({
    queryKey: ["dataset", id, "health", base],
    queryFn: () =>
      ask(
        api.GET("/api/datasets/{dataset_id}/health", {
          params: { path: { dataset_id: id }, query: base ? { base } : {} },
        }),
      ),
    staleTime: 60_000,
  });

/** What is to be read before anything is trained on a base; the version asks anew after every change. */
export const useCautions = (id: string, version: number, base: string | null) =>
  useQuery({
    queryKey: ["dataset", id, "cautions", version, base],
    queryFn: () =>
      ask(
        api.GET("/api/datasets/{dataset_id}/cautions", {
          params: { path: { dataset_id: id }, query: base ? { base } : {} },
        }),
      ),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });

/** How many pictures the health report has looked at, while it is waited for. */
export const useHealthProgress = (id: string) =>
  useQuery({
    queryKey: ["dataset", id, "health progress"],
    queryFn: () => ask(api.GET("/api/datasets/{dataset_id}/health/progress", path(id))),
    refetchInterval: 1000,
  });

export const useHistory = (id: string) =>
  useQuery({
    queryKey: ["dataset", id, "history"],
    queryFn: () => ask(api.GET("/api/datasets/{dataset_id}/history", path(id))),
  });

type TagEdit = Omit<Schemas["TagEdit"], "version" | "dry_run">;

export const editTags = (id: string, version: number, edit: TagEdit, dry_run = false) =>
  ask(api.POST("/api/datasets/{dataset_id}/tags/edit", { ...path(id), body: { ...edit, version, dry_run } }));

/** What an edit would change; `edit` null asks for nothing. */
export const useTagPreview = (id: string, version: number, edit: TagEdit | null) =>
  useQuery({
    queryKey: ["dataset", id, "preview", version, edit],
    queryFn: () => editTags(id, version, edit as TagEdit, true),
    enabled: edit !== null,
    placeholderData: keepPreviousData,
  });

export type PictureChange = Omit<Schemas["PictureChange"], "version" | "pictures">;

export const changePictures = (id: string, version: number, pictures: string[], change: PictureChange) =>
  ask(api.PATCH("/api/datasets/{dataset_id}/pictures", { ...path(id), body: { ...change, pictures, version } }));

export const deletePictures = (id: string, version: number, names: string[]) =>
  ask(api.POST("/api/datasets/{dataset_id}/pictures/delete", { ...path(id), body: { version, pictures: names } }));

type ViewChange = Omit<Schemas["ViewChange"], "version">;

export const changeView = (id: string, version: number, view: ViewChange) =>
  ask(api.POST("/api/datasets/{dataset_id}/views", { ...path(id), body: { ...view, version } }));

export const setTrigger = (
  id: string,
  version: number,
  change: Omit<Schemas["TriggerChange"], "version" | "dry_run">,
) => ask(api.POST("/api/datasets/{dataset_id}/trigger", { ...path(id), body: { ...change, version, dry_run: false } }));

export const fixHealth = (
  id: string,
  version: number,
  fix: { base: string | null; checks?: string[]; pictures?: string[] },
) =>
  ask(
    api.POST("/api/datasets/{dataset_id}/health/fix", {
      ...path(id),
      body: { checks: [], pictures: [], ...fix, version, dry_run: false },
    }),
  );

export const undo = (id: string, version: number) =>
  ask(api.POST("/api/datasets/{dataset_id}/undo", { ...path(id), body: { version } }));

export const redo = (id: string, version: number) =>
  ask(api.POST("/api/datasets/{dataset_id}/redo", { ...path(id), body: { version } }));

interface Change {
  /** Sends the change, for the version that the page shows. */
  call: (version: number) => Promise<{ version: number }>;
  /** Pictures that look like this at once, before the answer. */
  names?: string[];
  shown?: Partial<Picture>;
}

/**
 * Changes of a dataset, one after the other, each for the version that the one before left. If somebody else was
 * quicker, the studio refuses, and the page shows how things stand now. The version that counts is that of the oldest
 * thing on the page: captions that are shown and those that a change is made from are the same.
 */
export function useChange(id: string) {
  const client = useQueryClient();
  const scope = `dataset ${id}`;
  const waiting = () => client.isMutating({ predicate: ({ options }) => options.scope?.id === scope });
  return useMutation({
    scope: { id: scope },
    mutationFn: async ({ call }: Change) => {
      const known = client.getQueryData(dataset(id).queryKey) ?? (await client.fetchQuery(dataset(id)));
      const shown = client.getQueryData(pictures(id).queryKey)?.version ?? known.version;
      const { version } = await call(Math.min(known.version, shown));
      client.setQueryData(dataset(id).queryKey, (old?: Dataset) => old && { ...old, version });
      client.setQueryData(pictures(id).queryKey, (old?: PicturePage) => old && { ...old, version });
    },
    onMutate: async ({ names, shown }) => {
      if (!names || !shown) return;
      await client.cancelQueries({ queryKey: pictures(id).queryKey });
      const changed = new Set(names);
      const change = (one: Picture) => (changed.has(one.name) ? { ...one, ...shown } : one);
      client.setQueryData(
        pictures(id).queryKey,
        (old?: PicturePage) => old && { ...old, pictures: old.pictures.map(change) },
      );
    },
    // What the studio says now would take back what is shown of the changes that wait: the last of them asks.
    onSettled: () =>
      waiting() > 1
        ? undefined
        : Promise.all([
            client.invalidateQueries({ queryKey: ["dataset", id] }),
            client.invalidateQueries({ queryKey: ["datasets"] }),
          ]),
  });
}

/** Datasets are made, renamed, deleted. */
export function useDatasetActions() {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: ["datasets"] });
  const create = useMutation({
    mutationFn: (order: Schemas["NewDataset"]) => ask(api.POST("/api/datasets", { body: order })),
    onSuccess,
  });
  const rename = useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) =>
      ask(api.PATCH("/api/datasets/{dataset_id}", { ...path(id), body: { name } })),
    onSuccess: (_, { id }) => Promise.all([onSuccess(), client.invalidateQueries({ queryKey: ["dataset", id] })]),
  });
  const remove = useMutation({
    mutationFn: (id: string) => ask(api.DELETE("/api/datasets/{dataset_id}", path(id))),
    onSuccess,
  });
  return { create, rename, remove };
}

/** What is to be said against a trigger word before it is set. */
export const useTriggerWarnings = (id: string, concept: string, word: string) =>
  useQuery({
    queryKey: ["dataset", id, "trigger-check", concept, word],
    queryFn: () =>
      ask(
        api.GET("/api/datasets/{dataset_id}/trigger/check", {
          params: { path: { dataset_id: id }, query: { word, concept } },
        }),
      ),
    enabled: word !== "" && concept !== "",
    staleTime: Infinity,
  });
