import { notifications } from "@mantine/notifications";
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { en } from "@/i18n/en";
import { zh } from "@/i18n/zh";
import { Refused } from "./client";

/** What went wrong, in the page's language. */
export function sentence(error: unknown): string {
  const chinese = document.documentElement.lang.startsWith("zh");
  const words = chinese ? zh : en;
  if (!(error instanceof Refused)) return String(error);
  if (!error.problem) return words["problem.offline"];
  if (error.problem.code === "outdated") return words["problem.changed"];
  return error.problem.text[chinese ? "zh" : "en"];
}

let silent = false;
const listeners = new Set<() => void>();

/** Note whether the studio answers. */
function hear(error: unknown) {
  const now = error instanceof Refused && error.problem === null;
  if (now === silent) return;
  silent = now;
  for (const listener of listeners) listener();
}

/** Whether what was asked last, of the page or by it, stayed without an answer. */
export const useSilence = () =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => silent,
  );

/** Mutations tell what went wrong as a notification, unless they are quiet; queries leave it to their page. Refusals aren't asked for again. */
export const queries = new QueryClient({
  defaultOptions: {
    // A studio on this machine answers without the internet too.
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      staleTime: 2_000,
      retry: (count, error) => count < 2 && error instanceof Refused && error.problem === null,
    },
  },
  queryCache: new QueryCache({ onError: hear, onSuccess: () => hear(null) }),
  mutationCache: new MutationCache({
    onError: (error, _variables, _result, mutation) => {
      hear(error);
      if (!mutation.meta?.quiet) notifications.show({ color: "red", message: sentence(error), autoClose: 8000 });
    },
  }),
});
