import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type Schemas, api, ask } from "./client";

export type Tagging = Omit<Schemas["NewTagging"], "kind" | "dataset_id" | "dry_run">;

export const tagFromScores = (id: string, version: number, order: Tagging, dry_run = false) =>
  ask(
    api.POST("/api/datasets/{dataset_id}/tagging", {
      params: { path: { dataset_id: id } },
      body: { ...order, version, dry_run },
    }),
  );

/** What each picture would get, from scores that the tagger gave before; null asks for nothing. */
export const useTaggingTry = (id: string, version: number, order: Tagging | null) =>
  useQuery({
    queryKey: ["dataset", id, "tagging", version, order],
    queryFn: () => tagFromScores(id, version, order as Tagging, true),
    enabled: order !== null,
    placeholderData: keepPreviousData,
  });

/** Tags that the taggers here know, by a part of their name or of their Chinese meaning. */
export const useKnownTags = (find: string) =>
  useQuery({
    queryKey: ["tags", find],
    queryFn: () => ask(api.GET("/api/tags", { params: { query: { find } } })),
    enabled: find.trim() !== "",
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });

/** What the model will see of a picture; known after some seconds. */
export const useSeen = (order: { dataset_id: string; picture: string; base: string }, version: number) =>
  useQuery({
    queryKey: ["seen", order, version],
    queryFn: () => ask(api.POST("/api/recipes/seen", { body: { ...order, count: 12 } })),
    staleTime: Infinity,
  });
