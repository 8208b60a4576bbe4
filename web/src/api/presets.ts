import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type Schemas, api, ask } from "./client";

const KEY = ["presets"];

/** Settings that were saved under a name. */
export const usePresets = () => useQuery({ queryKey: KEY, queryFn: () => ask(api.GET("/api/presets")) });

/** Save settings under a name, in place of what had it. */
export function useSavePreset() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas["PresetShape"]) => ask(api.PUT("/api/presets", { body })),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}

export function useRemovePreset() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => ask(api.DELETE("/api/presets", { params: { query: { name } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}
