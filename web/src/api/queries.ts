import { notifications } from "@mantine/notifications";
import { MutationCache, QueryClient } from "@tanstack/react-query";
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

/** Mutations tell what went wrong as a notification, unless they are quiet; queries leave it to their page. Refusals aren't asked for again. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      retry: (count, error) => count < 2 && error instanceof Refused && error.problem === null,
    },
  },
  mutationCache: new MutationCache({
    onError: (error, _variables, _result, mutation) =>
      !mutation.meta?.quiet && notifications.show({ color: "red", message: sentence(error), autoClose: 8000 }),
  }),
});
