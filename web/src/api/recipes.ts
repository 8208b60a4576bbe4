import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { type Schemas, api, ask } from "./client";

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
export const useDraft = (dataset_id: string, base: string, theme: Schemas["DraftOrder"]["theme"]) =>
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

/** How much memory a step takes; known after some seconds. What it doesn't depend on asks for nothing anew. */
export function useMemory(dataset_id: string, recipe: Values | null) {
  const { name: _n, previews: _p, checkpoints: _c, schedule: _s, cache: _l, ...heavy } = recipe ?? {};
  return useQuery({
    queryKey: ["memory", dataset_id, heavy],
    // Who types on asks no more for what was: the request is given up, and no answer comes that nobody wants.
    queryFn: ({ signal }) =>
      ask(api.POST("/api/recipes/memory", { body: { dataset_id, recipe: recipe as Values }, signal })),
    enabled: recipe !== null,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
}

/** Every setting of a recipe. */
export const useRecipeSchema = () =>
  useQuery({ queryKey: ["schema"], queryFn: () => ask(api.GET("/api/recipe/schema")), staleTime: Infinity });

/** What a run was trained by; an empty id asks for nothing. */
export const useRunRecipe = (run_id: string) =>
  useQuery({
    queryKey: ["run", run_id, "recipe"],
    queryFn: () => ask(api.GET("/api/runs/{run_id}/recipe", { params: { path: { run_id } } })),
    enabled: run_id !== "",
    staleTime: 30_000,
  });

/** A recipe's text as values. */
export const useReadRecipe = () =>
  useMutation({
    mutationFn: (body: Schemas["RecipeText"]) => ask(api.POST("/api/recipes/read", { body })),
    meta: { quiet: true },
  });

/** Settings of kohya's as a recipe. */
export const useImportRecipe = () =>
  useMutation({
    mutationFn: (body: Schemas["KohyaText"]) => ask(api.POST("/api/recipes/import", { body })),
    meta: { quiet: true },
  });
