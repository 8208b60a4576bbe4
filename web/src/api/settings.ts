import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type Schemas, api, ask } from "./client";

export const useSettings = () =>
  useQuery({ queryKey: ["settings"], queryFn: () => ask(api.GET("/api/settings")), staleTime: 30_000 });

/** What lies in the folders of the settings. */
export const useFolders = () =>
  useQuery({ queryKey: ["settings", "folders"], queryFn: () => ask(api.GET("/api/settings/folders")) });

export function useSaveSettings() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas["SettingsShape"]) => ask(api.PUT("/api/settings", { body })),
    onSuccess: (settings) => {
      client.setQueryData(["settings"], settings);
      return Promise.all(
        [["settings", "folders"], ["bases"], ["taggers"]].map((queryKey) => client.invalidateQueries({ queryKey })),
      );
    },
    // The page says it beside the field.
    onError: () => undefined,
  });
}

export const useStorage = () =>
  useQuery({ queryKey: ["storage"], queryFn: () => ask(api.GET("/api/storage")), staleTime: 10_000 });

/** What a clean-up would remove. */
export const useCleanPlan = (order: Omit<Schemas["CleanUp"], "dry_run">) =>
  useQuery({
    queryKey: ["storage", "clean", order],
    queryFn: () => ask(api.POST("/api/storage/clean", { body: { ...order, dry_run: true } })),
    enabled: order.kinds.length > 0,
  });

export function useClean() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (order: Omit<Schemas["CleanUp"], "dry_run">) =>
      ask(api.POST("/api/storage/clean", { body: { ...order, dry_run: false } })),
    onSettled: () => client.invalidateQueries({ queryKey: ["storage"] }),
  });
}
