import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, ask } from "./client";

export type Values = Record<string, unknown>;

export const useBases = () =>
  useQuery({ queryKey: ["bases"], queryFn: () => ask(api.GET("/api/bases")), staleTime: 60_000 });

/** Every size that a base here is trained at. */
export function useSizes(): string[] {
  const bases = useBases();
  return [...new Set((bases.data?.bases ?? []).flatMap((base) => base.sizes))];
}

export const useThemes = () =>
  useQuery({ queryKey: ["themes"], queryFn: () => ask(api.GET("/api/themes")), staleTime: Infinity });

/** The recipe to begin with for a dataset, base and theme. */
export const useDraft = (dataset_id: string, base: string, theme: string) =>
  useQuery({
    queryKey: ["draft", dataset_id, base, theme],
    queryFn: () => ask(api.POST("/api/recipes/draft", { body: { dataset_id, base, theme } })),
    enabled: dataset_id !== "" && base !== "",
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  });

/** What a recipe will do; `recipe` null asks for nothing. */
export const usePlan = (dataset_id: string, recipe: Values | null) =>
  useQuery({
    queryKey: ["plan", dataset_id, recipe],
    queryFn: () => ask(api.POST("/api/recipes/plan", { body: { dataset_id, recipe: recipe as Values } })),
    enabled: recipe !== null,
    placeholderData: keepPreviousData,
  });

export const useTaggers = () =>
  useQuery({ queryKey: ["taggers"], queryFn: () => ask(api.GET("/api/taggers")), staleTime: 60_000 });

/** How much memory a step takes; known after some seconds. */
export const useMemory = (dataset_id: string, recipe: Values | null) =>
  useQuery({
    queryKey: ["memory", dataset_id, recipe],
    queryFn: () => ask(api.POST("/api/recipes/memory", { body: { dataset_id, recipe: recipe as Values } })),
    enabled: recipe !== null,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
