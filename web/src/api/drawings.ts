import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type Schemas, api, ask } from "./client";
import { isOpen } from "./runs";

const path = (id: string) => ({ params: { path: { job_id: id } } });

/** All that can be stacked on a base; a page that opens asks anew, since trainings and models come and go. */
export const useAdapters = () =>
  useQuery({
    queryKey: ["adapters"],
    queryFn: () => ask(api.GET("/api/adapters")),
    staleTime: 10_000,
    refetchOnMount: "always",
  });

/** What was drawn before, the newest first. */
export const useDrawings = (limit: number) =>
  useQuery({
    queryKey: ["drawings", limit],
    queryFn: () => ask(api.GET("/api/drawings", { params: { query: { limit } } })),
    placeholderData: keepPreviousData,
  });

/** A drawing; while it is open, its pictures as they come. */
export const useDrawing = (id: string | undefined) =>
  useQuery({
    queryKey: ["drawing", id],
    queryFn: () => ask(api.GET("/api/drawings/{job_id}", path(id ?? ""))),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => (state.data && isOpen(state.data.job) ? 1_000 : false),
  });

/** What a picture was drawn with. */
export const useAbout = (id: string, number: number) =>
  useQuery({
    queryKey: ["drawing", id, "about", number],
    queryFn: () =>
      ask(api.GET("/api/drawings/{job_id}/pictures/{number}/about", { params: { path: { job_id: id, number } } })),
    staleTime: Infinity,
  });

export function useDeleteDrawing() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => ask(api.DELETE("/api/drawings/{job_id}", path(id))),
    onSuccess: (_, id) => {
      client.removeQueries({ queryKey: ["drawing", id] });
      return Promise.all(["drawings", "jobs"].map((key) => client.invalidateQueries({ queryKey: [key] })));
    },
  });
}

/** Where all pictures of a drawing come as one, with labels in a language. */
export const sheetUrl = (drawing: Schemas["DrawingShape"], language: string) =>
  `/api/drawings/${drawing.id}/sheet?language=${language}`;
